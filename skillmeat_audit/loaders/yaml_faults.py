"""Explains why a front matter is not valid YAML: the line, the cause, what is read of it."""

import re
from collections.abc import Mapping

import yaml

from skillmeat_audit.base.text import printable
from skillmeat_audit.loaders.yaml_corrections import cause_at, corrections, line_at, quote_value
from skillmeat_audit.model.accidents import FRONT_MATTER_KEYS, is_accident

_OPENS = re.compile(r"[a-z][\w-]*[ \t]*:(?:\s|$)")  # prose begins with a capital: "Note: …"
# A key of SkillMeat's opens a front matter in any form: Name:, "name":, indented, below a comment.
_KNOWN_KEY = re.compile(
    rf"""[ \t]*["']?(?:{FRONT_MATTER_KEYS})["']?[ \t]*:(?:\s|$)""", re.IGNORECASE
)
_KEY = re.compile(r"^([A-Za-z][\w-]*)[ \t]*:(?:\s|$)", re.MULTILINE)
# What somebody meant to close a front matter with: ---# Title, ----, ..., an indented ---.
_ENDING = re.compile(r"\s*(?:---|\.\.\.\s*$|[\u2013\u2014]+\s*$)")
_CONFLICT = re.compile(r"<<<<<<< |=======$|>>>>>>> ")
_HEADING = re.compile(r"#{1,6} +\S")
_ALONE = "type --- alone on a line of its own"
_SHOWN_CHARS = 300
_TOOL_KEYS = ("allowed-tools", "allowedtools")


def explain_unclosed(text: str) -> str | None:
    """Return why a *text* that opens with ``---`` has no front matter; None where it opens none.

    A rule with prose below it opens none: the next line has to be ``key: value``.
    """
    content = text.removeprefix("\ufeff").lstrip().removeprefix("\ufeff")
    opening, *lines = content.split("\n")
    first = 1 + text.count("\n", 0, len(text) - len(content))
    glued = opening.lstrip("-").strip()
    keys = _OPENS.match(glued) or _OPENS.match(next(filter(str.strip, lines), ""))
    written = (line for line in lines if line.strip() and line[0] != "#")
    keys = keys or _KNOWN_KEY.match(next(written, ""))
    if not opening.startswith("---") or not keys:
        return None
    told = "SkillMeat reads none of it"
    if glued or opening.strip() != "---":
        fault = f"the front matter is not opened by {quote_value(opening)}"
        return f"line {first}: {fault}; {_ALONE}; {told}"
    for number, line in enumerate(lines, first + 1):
        if _ENDING.match(line):
            fault = f"the front matter is not closed by {quote_value(line)}"
            return f"line {number}: {fault}; {_ALONE}; {told}"
    fault = "the front matter is not closed: no line --- ends it"
    return f"line {first}: {fault}; type --- on a line of its own below its last key; {told}"


def explain_fault(
    block: str, error: yaml.YAMLError, first_line: int, kept: Mapping[str, str]
) -> str:
    """Return why *block* is not YAML, given the *error* of PyYAML.

    *first_line* is the number of its first line in the file; *kept* is what SkillMeat reads of it.
    """
    lines = block.split("\n")
    at = min(line_at(error, block), len(lines) - 1)
    marks = [number for number, line in enumerate(lines) if _CONFLICT.match(line)]
    if len(marks) > 1:
        cause = f"a merge conflict was left in it by {quote_value(lines[marks[0]])}"
        return f"line {first_line + marks[0]}: {cause}; resolve it; {_reading(block, kept)}"
    if (ending := _missed_ending(lines, at)) is not None:
        cause = f"line {first_line + ending}: the front matter is not closed"
        return f"{cause} by {quote_value(lines[ending])}; {_ALONE}; {_reading(block, kept)}"
    correction = next(corrections(block, at, error), None)
    start = correction.start if correction else at
    cause = correction.cause if correction else cause_at(lines[at], error)
    parts = [f"line {first_line + start}: {cause}", _reading(block, kept)]
    if correction:
        parts.append(f"{correction.advice}: {_shown(correction.text)}")
    else:
        parts.append(f"correct {quote_value(lines[at])}: put text with special signs into quotes")
    return "; ".join(parts)


def _missed_ending(lines: list[str], at: int) -> int | None:
    """Return the line, not below line *at*, where the front matter was meant to end or the body is.

    The --- that did close the block is then a rule in the body.
    """
    ending, below = None, ""
    for number in range(len(lines) - 1, -1, -1):
        line = lines[number]
        if line.strip() and line[0] != "#":
            below = line
        is_comment = number == 0 or lines[number - 1].strip() or _KEY.match(below)
        is_ending = _ENDING.match(line) and not line[0].isspace()
        if number <= at and (is_ending or (_HEADING.match(line) and not is_comment)):
            ending = number
    return ending


def _reading(block: str, kept: Mapping[str, str]) -> str:
    """Return what SkillMeat takes from a broken *block*, and what it drops."""
    read = [
        f"{key} as {printable(value)}" if is_accident(value) else key
        for key, value in kept.items()
        if value
    ]
    keys = dict.fromkeys(_KEY.findall(block))
    dropped = [key for key in keys if key.lower() not in (*kept, *(_TOOL_KEYS if kept else ()))]
    told = f"SkillMeat still reads {', '.join(read)}" if read else "SkillMeat reads none of it"
    return f"{told} and drops {', '.join(dropped[:12])}" if read and dropped else told


def _shown(text: str) -> str:
    """Return a line to be typed; of a long one its beginning and its end, where its quotes are."""
    middle = len(text) > _SHOWN_CHARS
    return printable(f"{text[: _SHOWN_CHARS - 60]} … {text[-50:]}" if middle else text)
