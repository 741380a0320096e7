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
# What people mean to close a front matter with: ---# Title, ----, ..., an indented ---.
_ENDING = re.compile(r"\s*(?:---|\.\.\.\s*$|[\u2013\u2014]+\s*$)")
_CONFLICT = re.compile(r"<{7} |={7}$|>{7} ")
_HEADING = re.compile(r"#{1,6} +\S")
_TYPE_FENCE = "type --- alone on a line of its own"
_SHOWN_CHARS = 300
_TOOL_KEYS = ("allowed-tools", "allowedtools")


def explain_unclosed(text: str) -> str | None:
    """Return why a *text* that opens with ``---`` has no front matter; None if it opens none.

    A horizontal rule with prose below it opens none: the next line has to be ``key: value``.
    """
    content = text.removeprefix("\ufeff").lstrip().removeprefix("\ufeff")
    opening, *lines = content.split("\n")
    first = 1 + text.count("\n", 0, len(text) - len(content))
    after_dashes = opening.lstrip("-").strip()
    keys = _OPENS.match(after_dashes) or _OPENS.match(next(filter(str.strip, lines), ""))
    below = (line for line in lines if line.strip() and line[0] != "#")
    keys = keys or _KNOWN_KEY.match(next(below, ""))
    if not opening.startswith("---") or not keys:
        return None
    effect = "SkillMeat reads none of it"
    if after_dashes or opening.strip() != "---":
        fault = f"the front matter is not opened by {quote_value(opening)}"
        return f"line {first}: {fault}; {_TYPE_FENCE}; {effect}"
    for number, line in enumerate(lines, first + 1):
        if _ENDING.match(line):
            fault = f"the front matter is not closed by {quote_value(line)}"
            return f"line {number}: {fault}; {_TYPE_FENCE}; {effect}"
    fault = "the front matter is not closed: no line --- ends it"
    return f"line {first}: {fault}; type --- on a line of its own below its last key; {effect}"


def explain_fault(
    block: str, error: yaml.YAMLError, first_line: int, saved: Mapping[str, str]
) -> str:
    """Return why *block* is not YAML, given the *error* of PyYAML.

    *first_line* is the number of its first line in the file, *saved* what SkillMeat reads of it.
    """
    lines = block.split("\n")
    at = min(line_at(error, block), len(lines) - 1)
    marks = [number for number, line in enumerate(lines) if _CONFLICT.match(line)]
    if len(marks) > 1:
        fault = f"a merge conflict is not resolved: {quote_value(lines[marks[0]])}"
        return f"line {first_line + marks[0]}: {fault}; resolve it; {_parsed_fields(block, saved)}"
    if (ending := _missed_ending(lines, at)) is not None:
        fault = f"the front matter is not closed by {quote_value(lines[ending])}"
        effect = _parsed_fields(block, saved)
        return f"line {first_line + ending}: {fault}; {_TYPE_FENCE}; {effect}"
    correction = next(corrections(block, at, error), None)
    start = correction.start if correction else at
    cause = correction.cause if correction else cause_at(lines[at], error)
    parts = [f"line {first_line + start}: {cause}", _parsed_fields(block, saved)]
    if correction:
        parts.append(f"{correction.advice}: {_shortened_line(correction.text)}")
    else:
        parts.append(f"correct {quote_value(lines[at])}: put text with special signs into quotes")
    return "; ".join(parts)


def _missed_ending(lines: list[str], at: int) -> int | None:
    """Return the line, at or above line *at*, where the front matter was meant to end.

    The ``---`` that closed the block is then a horizontal rule in the body. None if there is none.
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


def _parsed_fields(block: str, saved: Mapping[str, str]) -> str:
    """Return which fields SkillMeat reads of a broken *block*, and which it drops."""
    read = [
        f"{key} as {printable(value)}" if is_accident(value) else key
        for key, value in saved.items()
        if value
    ]
    keys = dict.fromkeys(_KEY.findall(block))
    dropped = [key for key in keys if key.lower() not in (*saved, *(_TOOL_KEYS if saved else ()))]
    if not read:
        return "SkillMeat reads none of it"
    drops = f" and drops {', '.join(dropped[:12])}" if dropped else ""
    return f"SkillMeat still reads {', '.join(read)}{drops}"


def _shortened_line(text: str) -> str:
    """Return a line to be typed; of a long one the beginning and the end, which has the quotes."""
    is_long = len(text) > _SHOWN_CHARS
    return printable(f"{text[: _SHOWN_CHARS - 60]} … {text[-50:]}" if is_long else text)
