"""Reads TOML as SkillMeat reads it: version 1.0, by the judgement of the standard library."""

import re
import tomllib

import tomli

# What tomli accepts of TOML 1.1 and tomllib may not: there tomllib has the last word. Each pattern
# begins with the character that is rarest in it, so that a manifest is searched as fast as read.
_NEWER_TOML = (
    re.compile(r"\\[ex]"),  # "\e", "\x41"
    # {\n key = 1 }: a newline in an inline table
    re.compile(r"\{(?:(?<=[=,\[\n].)|(?<=[=,\[\n][ \t].)|(?<=[=,\[\n][ \t]{2}.)|(?<=[ \t]{3}.))"),
    re.compile(r":(?<=(?<![\d:])\d\d:)\d\d(?![\d:])"),  # 07:32, a time without seconds
)


def parse_toml(text: str) -> dict[str, object]:
    """Return the document in *text*.

    Raises `tomli.TOMLDecodeError` or `tomllib.TOMLDecodeError` (both `ValueError`), and
    `RecursionError` for nesting that is too deep.
    """
    document = tomli.loads(text)
    if any(newer.search(text) for newer in _NEWER_TOML):
        tomllib.loads(text)
    return document
