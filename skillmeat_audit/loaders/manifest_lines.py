"""Finds the lines of entries and keys in the text of a manifest, for messages about it."""

import re
from functools import cached_property

# [[artifacts]]
_HEADER = re.compile(r"^[ \t]*\[\[[ \t]*artifacts[ \t]*\]\]", re.MULTILINE)
# name = "alpha"
_NAME = re.compile(r'\s*name\s*=\s*"([^"]*)"')
# Expected '=' after a key (at line 7, column 3)
_LINE = re.compile(r"line (\d+)")


def syntax_context(text: str, exc: BaseException) -> str:
    """Return the entry and the key at the line of a TOML error, as far as *text* shows them."""
    match = _LINE.search(str(exc))
    line = getattr(exc, "lineno", None) or (int(match[1]) if match else None)
    if not line:
        return ""
    before = text.split("\n")[:line]
    # A message about TOML names the line; people look for the entry.
    number = len(_HEADER.findall("\n".join(before)))
    name = next((match[1] for text in reversed(before) if (match := _NAME.match(text))), None)
    key = before[-1].partition("=")[0].strip() if before and "=" in before[-1] else None
    entry = f", entry {number}" + (f" ({name})" if name else "") if number else ""
    return entry + (f", key {key}" if key else "")


class EntryLines:
    """The lines of entries and keys in a manifest's text; computed only for a problem."""

    def __init__(self, text: str, count: int) -> None:
        self._text, self._count = text, count

    def line_of(self, position: int, key: str) -> int | str:
        """Return the line of *key* in an entry, else the entry's first line.

        ``?`` if the text has another number of headers: entries written inline, or a header in a
        text of several lines.
        """
        if len(self._headers) != self._count:
            return "?"
        start, end = self._headers[position], [*self._headers, None][position + 1]
        table, _, last_key = f"artifacts.{key}".rpartition(".")
        current_table = ""
        for number, line in enumerate(self._lines[start:end], start + 1):
            # [artifacts.metadata]  # a comment
            if line.lstrip().startswith("["):
                current_table = line.partition("#")[0].strip(" \t\r[]")
            elif current_table == table and line.partition("=")[0].strip() == last_key:
                return number
        return start + 1

    @cached_property
    def _lines(self) -> list[str]:
        return self._text.split("\n")

    @cached_property
    def _headers(self) -> list[int]:
        return [number for number, line in enumerate(self._lines) if _HEADER.match(line)]
