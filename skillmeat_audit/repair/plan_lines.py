"""Finds the line of a plan's file that an error is about, for people who edit it."""

import json
import re
from collections.abc import Iterator

Steps = tuple[str | int, ...]

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_BYTE = re.compile(r"\(byte (\d+)\)")  # JSON is malformed: invalid character (byte 30)
# Expected `str`, got `int` - at `$.changes[3].cells[...].after`, or: changes[3] (skill:beta): …
_PATH = re.compile(r"(?:\$\.|\b)((?:changes|manifests)\[\d+\](?:\.\w+(?:\[\d+\])?)*)|\$\.(\w+)")
_STEP = re.compile(r"(\w+)(?:\[(\d+)\])?")


def fault_line(content: bytes, message: str) -> int | None:
    """Return the line of *content* that the *message* of an error is about, None if unknown."""
    if match := _BYTE.search(message):
        return content.count(b"\n", 0, int(match[1])) + 1
    text = content.decode("utf-8", "replace")
    if "truncated" in message:
        return text.rstrip().count("\n") + 1
    match = _PATH.search(message)
    if match is None:
        return None
    steps = _steps(match[1] or match[2])
    offsets = (offset for found_steps, offset in _values(text) if found_steps == steps)
    offset = next(offsets, None)
    return None if offset is None else text.count("\n", 0, offset) + 1


def _steps(path: str) -> Steps:
    """Return ``changes[3].cells`` as its steps."""
    steps: list[str | int] = []
    for name, index in _STEP.findall(path):
        steps += [name] if index == "" else [name, int(index)]
    return tuple(steps)


def _values(text: str) -> Iterator[tuple[Steps, int]]:
    """Yield the steps to every value of the JSON *text*, and where it begins."""
    path: list[str | int] = []
    is_key = False
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token in ("]", "}"):
            path.pop()
            is_key = False
        elif token == ",":
            last = path[-1]
            is_key = isinstance(last, str)
            path[-1] = last + 1 if isinstance(last, int) else last
        elif is_key:
            path[-1], is_key = json.loads(token), False
        elif token != ":":
            yield tuple(path), match.start()
            if token in ("{", "["):
                path.append("" if token == "{" else 0)
                is_key = token == "{"
