"""Reads TOML as SkillMeat reads it: version 1.0, by the judgement of the standard library."""

import re
import tomllib
from collections.abc import Iterator
from itertools import pairwise

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

# Few enough that what was parsed is still in the processor's cache when it is used.
_TABLES_PER_PART = 100


def parse_toml(text: str) -> dict[str, object]:
    """Return the document in *text*.

    Raises `tomli.TOMLDecodeError` or `tomllib.TOMLDecodeError` (both `ValueError`), and
    `RecursionError` for nesting that is too deep.
    """
    document = tomli.loads(text)
    if _may_be_newer(text):
        tomllib.loads(text)
    return document


def parse_in_parts(text: str, array: str) -> Iterator[dict[str, object]]:
    """Yield the document in *text* in parts, each with some of the tables of the *array*.

    The parts have no other key in common: joined, they are what `parse_toml` returns. A large
    document takes twenty times the memory of its text. Raises `ValueError` or `RecursionError`
    where the document, or a part of it, cannot be parsed; then `parse_toml` says why, if it cannot.
    """
    # A part that can be parsed ends where a line of the document ends, and not in a value. Each
    # part but the first begins with a header of the array, which closes all tables before it. A
    # header within a text would not: so there must be no text of several lines.
    starts = [header.end() for header in re.finditer(rf"\n(?=\[\[{array}\]\]\n)", text)]
    if len(starts) <= _TABLES_PER_PART or '"""' in text or "'''" in text or _may_be_newer(text):
        yield parse_toml(text)
        return
    keys: set[str] = set()
    for start, end in pairwise([0, *starts[_TABLES_PER_PART::_TABLES_PER_PART], len(text)]):
        part = tomli.loads(text[start:end])
        others = part.keys() - {array}
        if not keys.isdisjoint(others):
            raise ValueError("a table is defined in several parts of the document")
        keys |= others
        yield part


def _may_be_newer(text: str) -> bool:
    return any(newer.search(text) for newer in _NEWER_TOML)
