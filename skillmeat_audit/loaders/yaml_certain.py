"""Reads the plain majority of front matters, where it is certain of what PyYAML would return.

PyYAML takes a third of an audit's time. This scanner knows a small part of YAML 1.1: mappings with
plain keys, lists of scalars, one-line scalars with or without quotes, plain text over several
lines or before a comment, and block scalars. For any line that it is not certain of it gives up,
and PyYAML reads the whole block. It is compared with ``yaml.safe_load`` on random blocks
(``make fuzz``).
"""

import re
from collections.abc import Callable, Sequence
from datetime import date

Value = object
_LIMIT_CHARS = 64 * 1024
_DEPTH_LIMIT = 8

# Tabs, other line ends of YAML 1.1, byte order marks, and what PyYAML refuses as not printable.
# (Sets of few code points, here and below: Python takes 3 ms to compile one of nearly all.)
_UNUSUAL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_FIELD = re.compile(r"( *)([A-Za-z_][A-Za-z0-9_-]{0,63}):(?: +(.*))?")  # name: value
_ITEM = re.compile(r"( *)- +(.+)")  # - value
_HEADER = re.compile(r"([|>])(-?)")  # >- before a block scalar
# No indicator, and no first character of a number, a null, "<<" or "=". (Words are looked up.)
_PLAIN_START = re.compile(r"[A-Za-z_/($;]|[^\x00-\xa0]")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\["\\/nt])*)"')
_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "t": "\t"}
_SINGLE = re.compile(r"'((?:[^']|'')*)'")
_FLOW_ITEM = re.compile(r"[A-Za-z](?:(?:[A-Za-z0-9_./()* -]|:(?=[A-Za-z0-9*]))*[A-Za-z0-9_)*])?")
_NUMBERS: tuple[tuple[re.Pattern[str], Callable[[str], Value]], ...] = (
    (re.compile(r"0|[1-9][0-9]{0,17}"), int),
    (re.compile(r"[0-9]{1,9}\.[0-9]{1,9}"), float),
    (re.compile(r"[0-9]+\.[0-9]+\.[0-9]+"), str),  # a version
    (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), date.fromisoformat),
)
_MEANINGS = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}
_WORDS: dict[str, Value] = {
    form: meaning
    for word, meaning in (*_MEANINGS.items(), ("null", None))
    for form in (word, word.title(), word.upper())
}


class _Uncertain(Exception):
    """The block has a line that is not among the forms read here."""


def certain_value(block: str) -> dict[str, Value] | None:
    """Return the mapping in *block* as ``yaml.safe_load`` returns it, None if it is uncertain."""
    if len(block) > _LIMIT_CHARS or _UNUSUAL.search(block):
        return None
    lines = block.split("\n")
    try:
        values, end = _mapping(lines, _next(lines, 0), 0, _DEPTH_LIMIT)
    except (_Uncertain, ValueError):  # 2026-02-30
        return None
    return values if end == len(lines) else None


def _mapping(
    lines: Sequence[str], at: int, indent: int, depth: int
) -> tuple[dict[str, Value], int]:
    """Return the mapping whose keys begin at column *indent*, and the line after it."""
    values: dict[str, Value] = {}
    while at < len(lines) and (field := _FIELD.fullmatch(lines[at])) and field.end(1) == indent:
        key, text = field.group(2, 3)
        if key in _WORDS or not depth:
            raise _Uncertain
        if text and (text := text.rstrip(" ")):
            values[key], at = _scalar_at(lines, at + 1, indent, text)
        else:
            values[key], at = _nested(lines, _next(lines, at + 1), indent, depth)
        at = _next(lines, at)
    if not values or (at < len(lines) and _indent(lines[at]) >= indent):
        raise _Uncertain
    return values, at


def _next(lines: Sequence[str], at: int) -> int:
    """Return the first line from *at* on that is neither empty nor a comment at its start."""
    while at < len(lines) and (not lines[at] or lines[at][0] == "#"):
        at += 1
    return at


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _nested(lines: Sequence[str], at: int, indent: int, depth: int) -> tuple[Value, int]:
    """Return the list or mapping below a key at column *indent*, None if there is neither."""
    if at < len(lines):
        column = _indent(lines[at])
        if column >= indent and _ITEM.fullmatch(lines[at]):
            return _list(lines, at, column)
        if column > indent:
            return _mapping(lines, at, column, depth - 1)
    return None, at


def _list(lines: Sequence[str], at: int, indent: int) -> tuple[list[Value], int]:
    items: list[Value] = []
    while at < len(lines) and (item := _ITEM.fullmatch(lines[at])) and item.end(1) == indent:
        items.append(_scalar(item[2].rstrip(" ")))
        at = _next(lines, at + 1)
    if at < len(lines) and _indent(lines[at]) > indent:
        raise _Uncertain
    return items, at


def _scalar_at(lines: Sequence[str], at: int, indent: int, text: str) -> tuple[Value, int]:
    """Return the scalar that begins with *text* and may go on in the lines from *at* on."""
    if text[0] in "|>" and (header := _HEADER.fullmatch(text)):
        return _block_scalar(lines, at, indent, *header.groups())
    if at == len(lines) or lines[at][:1] != " " or _indent(lines[at]) <= indent:
        return _scalar(text), at
    parts = [text]
    while at < len(lines) and (column := _indent(lines[at])) > indent:
        parts.append(lines[at][column:].rstrip(" "))
        at += 1
    if not all(map(_is_plain, parts)):
        raise _Uncertain
    return " ".join(parts), at


def _block_scalar(
    lines: Sequence[str], at: int, indent: int, style: str, chomping: str
) -> tuple[str, int]:
    """Return the block scalar whose first line is at *at*; the line above it is its header."""
    column = _indent(lines[at]) if at < len(lines) else 0
    if column <= indent or not lines[at].strip(" "):
        raise _Uncertain
    content = []
    while at < len(lines) and (not lines[at] or lines[at].startswith(" " * column)):
        content.append(lines[at][column:])
        at += 1
    text = "\n".join(content).rstrip("\n")
    if not text or any(not line.strip(" ") for line in text.split("\n") if line):
        raise _Uncertain
    if style == ">":
        if "\n " in text:
            raise _Uncertain
        text = re.sub(r"(?<!\n)\n(?!\n)", " ", text)
        text = re.sub(r"\n(\n+)", r"\1", text)
    has_end = not chomping and (at < len(lines) or not content[-1])  # the block's own end is none
    return text + "\n" if has_end else text, at


def _is_plain(text: str) -> bool:
    """Tell whether *text* is all of a line of a plain scalar, which is then text."""
    return bool(_PLAIN_START.match(text)) and not (": " in text or " #" in text or text[-1] == ":")


def _scalar(text: str) -> Value:
    """Return the value of a scalar or a flow list that *text* is the whole of."""
    if _is_plain(text):
        return _WORDS.get(text, text)
    if " #" in text and _is_plain(plain := text[: text.index(" #")].rstrip(" ")):
        return _WORDS.get(plain, plain)  # a comment follows
    match text[:1]:
        case '"' if quoted := _DOUBLE.fullmatch(text):
            return _ESCAPE.sub(lambda each: _ESCAPES.get(each[1], each[1]), quoted[1])
        case "'" if quoted := _SINGLE.fullmatch(text):
            return quoted[1].replace("''", "'")
        case "[" if text[-1] == "]":
            items = text[1:-1].strip(" ")
            return [_flow_item(item.strip(" ")) for item in items.split(",")] if items else []
    for form, convert in _NUMBERS:
        if form.fullmatch(text):
            return convert(text)
    raise _Uncertain


def _flow_item(text: str) -> Value:
    if _FLOW_ITEM.fullmatch(text):
        return _WORDS.get(text, text)
    if "," not in text and (_DOUBLE.fullmatch(text) or _SINGLE.fullmatch(text)):
        return _scalar(text)
    raise _Uncertain
