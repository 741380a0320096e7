"""Reads TOML as SkillMeat reads it: version 1.0, by the judgement of the standard library."""

import re
import tomllib

import tomli

# What tomli accepts of TOML 1.1 and tomllib may refuse: such a text is read by tomllib
# too. Every pattern starts with its rarest character, so that searching costs little.
_NEWER_TOML = (
    # description = "a \e[1mbold\x20word"
    re.compile(r"\\[ex]"),
    # metadata = {   (an inline table, which may now go on in the next line or end with a comma)
    re.compile(r"\{(?:(?<=[=,\[\n].)|(?<=[=,\[\n][ \t].)|(?<=[=,\[\n][ \t]{2}.)|(?<=[ \t]{3}.))"),
    # added = 2026-02-10 07:32   (a time without seconds; not 07:32:00)
    re.compile(r":(?<=(?<![\d:])\d\d:)\d\d(?![\d:])"),
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
