"""Finds a correction for the line of a front matter that is not valid YAML.

A correction is offered only if the corrected block parses past that line.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

import yaml

from skillmeat_audit.base.files import Unreadable
from skillmeat_audit.base.text import printable, shortened
from skillmeat_audit.loaders.yaml_blocks import Unrepresentable, load_block
from skillmeat_audit.model.accidents import FRONT_MATTER_KEYS

# ``key: value``, perhaps as an item of a list; ``- value``; ``key:value``.
_PAIR = re.compile(r"(?P<head>\s*(?:- +)*+[^\s:#'\"\[{][^:#]*:)\s+(?P<value>\S.*)")
_ITEM = re.compile(r"(?P<head>\s*-)\s+(?P<value>\S.*)")
_GLUED = re.compile(r"(?P<head>\s*[A-Za-z][\w-]*:)(?P<value>[^\s:/].*)")
_KNOWN = re.compile(rf"(?:{FRONT_MATTER_KEYS}):(?:\s|$)")
# Errors that PyYAML reports below the line that causes them: the context is that line.
_LATE = ("scanning a quoted scalar", "scanning a simple key", "parsing a flow")
_CORRECTED_CHARS = 16 * 1024  # every candidate is parsed
_LINES_LIMIT = 50  # of a value that a correction joins
_STARTS = {
    "[": "a value that begins with [ is a list to YAML, and text follows or the ] is missing",
    "{": "a value that begins with { is a mapping to YAML, and is incomplete",
    "*": "a value that begins with * is a reference to YAML, to an anchor that does not exist",
    "&": "a value that begins with & is an anchor to YAML",
    "!": "a value that begins with ! is a tag to YAML, an unknown one",
    "|": "text follows the block indicator | in the same line",
    ">": "text follows the block indicator > in the same line",
    '"': "text follows the closing quotation mark",
    "'": "text follows the closing quotation mark",
    **{sign: f"a value cannot begin with {sign}" for sign in "@`%"},
}
_COLON = "the value holds a colon before a space or the end, which YAML reads as another key"
_PROBLEMS = {
    "'\\t'": "a tab stands where YAML allows spaces only",
    "unknown escape": "a backslash between double quotes begins an escape that YAML does not know",
    "escape sequence": "a backslash between double quotes begins an escape without its digits",
    "escape code": "an escape names half a character, or one that Unicode does not define",
    "quoted scalar": "the quotation mark is not closed",
    "another document": "a second document begins",
}


class Correction(NamedTuple):
    """What replaces the lines from ``start`` up to ``end`` (excluded), counted from 0."""

    start: int
    end: int
    cause: str
    text: str
    advice: str


def corrections(block: str, at: int, error: yaml.YAMLError) -> Iterator[Correction]:
    """Yield the corrections of line *at* of *block* that work, the most likely first."""
    lines = block.split("\n")
    if len(block) > _CORRECTED_CHARS:
        return
    for correction in _candidates(lines, at, error):
        text = [*lines[: correction.start], correction.text, *lines[correction.end :]]
        end = _value_end(text, correction.start)
        corrected = "\n".join(text)
        try:
            load_block(corrected)
        except Unreadable:
            continue
        except yaml.YAMLError as later:
            if correction.start <= line_at(later, corrected) < end:
                continue
        yield correction


def _candidates(lines: list[str], at: int, error: yaml.YAMLError) -> Iterator[Correction]:
    line = lines[at]
    if isinstance(error, yaml.reader.ReaderError):
        text = line.replace(chr(error.character), "")
        yield Correction(at, at + 1, cause_at(line, error), text, "remove it")
        return
    if line.startswith(("---", "...")):
        return
    yield from _spacings(lines, at)
    yield from _quotings(lines, at, error)
    if line.strip():
        cause = f"{quote_value(line)} is neither key: value nor indented"
        yield Correction(at, at + 1, cause, f"  {line}", "indent what belongs to the line above")


def _spacings(lines: list[str], at: int) -> Iterator[Correction]:
    """Yield corrections of a wrong indentation, a tab or a missing space near line *at*."""
    line, first = lines[at], next((n for n, text in enumerate(lines) if text.strip()), 0)
    for number in dict.fromkeys((at, max(at - 1, 0), first)):
        text = lines[number]
        indent = text[: len(text) - len(text.lstrip())]
        cause = "a tab, where YAML allows spaces only," if "\t" in indent else "white space"
        if indent and _KNOWN.match(text.strip()) and not (number == at and _is_nested(lines, at)):
            cause += " stands before a key that belongs to no line above it"
            yield Correction(number, number + 1, cause, text.lstrip(), "begin the line with it")
        elif "\t" in indent and text.strip():
            spaced = indent.replace("\t", "  ") + text.lstrip()
            yield Correction(number, number + 1, f"{cause} indents", spaced, "use spaces")
        if match := _GLUED.fullmatch(text):
            spaced = f"{match['head']} {match['value']}"
            cause = "no space follows the colon"
            yield Correction(number, number + 1, cause, spaced, "type a space after it")
    if not line[:1].isspace() and line.strip() and not _pair(line) and at:
        cause = f"{quote_value(line)} is neither key: value nor indented"
        yield Correction(at, at + 1, cause, f"  {line}", "indent what belongs to the line above")


def _is_nested(lines: list[str], at: int) -> bool:
    """Return whether line *at* may be a part of a mapping that the line above it opens."""
    return at > 0 and lines[at - 1].rstrip().endswith(":")


def _pair(line: str) -> re.Match[str] | None:
    return _PAIR.fullmatch(line) or _ITEM.fullmatch(line)


def _quotings(lines: list[str], at: int, error: yaml.YAMLError) -> Iterator[Correction]:
    """Yield the value that line *at* belongs to, in quotes, or closed if it is a list."""
    for start in dict.fromkeys((_opening(lines, at), at)):
        match = _pair(lines[start])
        if not match:
            continue
        head, value, cause = match["head"], match["value"].strip(), cause_at(lines[at], error)
        if (closing := {"[": "]", "{": "}"}.get(value[0])) and closing not in value:
            text = f"{head} {value}{closing}"
            yield Correction(start, start + 1, cause, text, f"close it with {closing}")
        ends = (at + 1, _value_end(lines, start)) if start < at else (start + 1,)
        for end in dict.fromkeys((*ends, _value_end(lines, start))):
            further = (line.strip() for line in lines[start + 1 : end])
            whole = " ".join([value, *filter(None, further)])
            advice = "quote the value" + (", in one line" if end > start + 1 else "")
            yield Correction(start, end, cause, f"{head} {in_quotes(whole)}", advice)


def _opening(lines: list[str], at: int) -> int:
    """Return the line whose value line *at* continues, *at* itself if it continues none."""
    depth = _depth(lines[at])
    above = range(at - 1, max(at - _LINES_LIMIT, -1), -1)
    start = next((n for n in above if lines[n].strip() and _depth(lines[n]) < depth), at)
    return start if _pair(lines[start]) else at


def _value_end(lines: list[str], start: int) -> int:
    """Return the line after those that continue the value of line *start*."""
    end = start + 1
    while end < len(lines) and lines[end].strip() and _depth(lines[end]) > _depth(lines[start]):
        end += 1
    return end


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def in_quotes(value: str) -> str:
    """Return *value*, as typed, as a quoted YAML scalar, without quotes that enclosed it."""
    mark, inner = value[0], value[1:]
    if mark in "\"'":
        marks = inner.replace("\\" + mark, "").count(mark)
        if marks == 0:  # "never closed
            value = inner
        elif inner.endswith(mark) and (marks == 1 or (mark == "'" and marks % 2 == 0)):
            value = inner[:-1]  # "C:\\docs", 'it's': not 'one' or 'two'
    if "\\" in value or ('"' in value and "'" not in value):
        return "'" + value.replace("'", "''") + "'"
    return '"' + value.replace('"', '\\"') + '"'


def cause_at(line: str, error: yaml.YAMLError) -> str:
    """Return in plain words why YAML refuses *line*."""
    match = _pair(line)
    value = match["value"].strip() if match else line.strip()
    start = value[:1]
    if isinstance(error, Unrepresentable):
        plain = f"{quote_value(value)} looks like a date or number to YAML, and is not one"
        return "an escape names a character that Unicode does not define" if start == '"' else plain
    if isinstance(error, yaml.reader.ReaderError):
        return f"a control character ({printable(chr(error.character))}) that YAML does not allow"
    problem = str(getattr(error, "problem", error))
    for sign, cause in _PROBLEMS.items():
        if sign in f"{getattr(error, 'context', '')}; {problem}":
            return cause
    if "mapping values are not allowed" in problem and start not in tuple("[{\"'"):
        return _COLON
    return _STARTS.get(start, printable(problem))


def quote_value(line: str) -> str:
    """Return a *line* of a file as a message shows it: one line, not long, in back quotes."""
    return "`" + printable(shortened(line.strip(), 60)) + "`"


def line_at(error: yaml.YAMLError, block: str) -> int:
    """Return the line of *block*, counted from 0, that caused *error*."""
    if isinstance(error, Unrepresentable):
        return error.line
    if isinstance(error, yaml.reader.ReaderError):
        return block.count("\n", 0, error.position)
    context = str(getattr(error, "context", ""))
    mark = getattr(error, "problem_mark", None)
    if getattr(error, "context_mark", None) and any(late in context for late in _LATE):
        mark = error.context_mark  # type: ignore[attr-defined]
    return mark.line if mark else 0
