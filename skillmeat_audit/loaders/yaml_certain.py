"""Reads the plain majority of front matters, where it is certain of what PyYAML would return.

PyYAML takes a third of an audit's time. This scanner knows a small part of YAML 1.1: mappings with
plain keys, lists of scalars, one-line scalars with or without quotes, plain text over several
lines or before a comment, block scalars, and mappings on one line that are JSON as well. For any
line that it is not certain of it gives up, and PyYAML reads the whole block. It is compared with
``yaml.safe_load`` on random blocks (``make fuzz``).
"""

import json
import re
from collections.abc import Callable
from datetime import date
from typing import cast

Value = object
_LIMIT_CHARS = 64 * 1024
_DEPTH_LIMIT = 8

# Tabs, other line ends of YAML 1.1, byte order marks, and what PyYAML refuses as not printable.
# (Sets of few code points, here and below: Python takes 3 ms to compile one of nearly all.)
_UNUSUAL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
# No indicator, and no first character of a number, a null, "<<" or "=". (Words are looked up.)
_PLAIN_START = r"[^\x00-#%-')-.0-:<-@\[-^`{-\xa0]"  # [A-Za-z_/($;], and all after \xa0
# All of a line of a plain scalar, which is then text: no ": ", no " #", and no ":" at its end.
_PLAIN = rf"{_PLAIN_START}[^\n:#]*+(?:(?::(?=[^ \n])|(?<! )#)[^\n:#]*+)*+"
_ENTRY = re.compile(
    rf"( *)([A-Za-z_][A-Za-z0-9_-]{{0,63}}):(?: +(?:({_PLAIN})(?=\n)|(.*)))?\n"  # name: value
)
_ITEM = re.compile(r"( *)- +(.+)\n")  # - value
_PLAIN_ITEMS = re.compile(rf"( *)- +{_PLAIN}(?=\n)(?:\n\1- +{_PLAIN}(?=\n))*+")
_PLAIN_TEXT = re.compile(_PLAIN)
_HEADER = re.compile(r"([|>])(-?)")  # >- before a block scalar
_BLANK_LINE = re.compile(r"\n +(?:\n|\Z)")
_LINE_END, _LINE_ENDS = re.compile(r"(?<!\n)\n(?!\n)"), re.compile(r"\n(\n+)")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\["\\/nt])*)"')
_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "t": "\t"}
_SINGLE = re.compile(r"'((?:[^']|'')*)'")
_FLOW_ITEM = re.compile(r"[A-Za-z](?:(?:[A-Za-z0-9_./()* -]|:(?=[A-Za-z0-9*]))*[A-Za-z0-9_)*])?")
_WORD_LIST = re.compile(r"\[ *[A-Za-z][A-Za-z0-9_-]*(?:, *[A-Za-z][A-Za-z0-9_-]*)*\]")
# A mapping that JSON and YAML read alike: without fractions, and without surrogates (\ud83c).
_JSON = re.compile(
    r'\{(?:[\[\]{}:, ]|"(?:[^"\\]|\\["\\/nt]|\\u(?![dD][89a-fA-F])[0-9a-fA-F]{4})*+"'
    r"|0|[1-9][0-9]{0,17}|true|false|null)*+"
)
_JSON_LIMIT_CHARS, _JSON_DEPTH_LIMIT = 1000, 20  # PyYAML takes no longer key than 1024
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
    text = block + "\n"  # so that every line has an end
    try:
        values, end = _mapping(text, _next(text, 0), 0, _DEPTH_LIMIT)
    except (_Uncertain, ValueError):  # 2026-02-30
        return None
    return values if end == len(text) else None


# Below, *at* is where a line begins in *text*.


def _mapping(text: str, at: int, indent: int, depth: int) -> tuple[dict[str, Value], int]:
    """Return the mapping whose keys begin at column *indent*, and where the next line begins."""
    values: dict[str, Value] = {}
    deeper = " " * (indent + 1)
    while (entry := _ENTRY.match(text, at)) and entry.end(1) == at + indent:
        key, plain, other = entry.group(2, 3, 4)
        if key in _WORDS or not depth:
            raise _Uncertain
        at = entry.end()
        scalar = (plain or other or "").rstrip(" ")
        if not scalar:
            values[key], at = _nested(text, _next(text, at), indent, depth)
        elif text.startswith(deeper, at):
            values[key], at = _long_scalar(text, at, indent, scalar)
        else:
            values[key] = _WORDS.get(scalar, scalar) if plain else _scalar(scalar)
        at = _next(text, at)
    if not values or (at < len(text) and _indent(text, at) >= indent):
        raise _Uncertain
    return values, at


def _next(text: str, at: int) -> int:
    """Return the first line from *at* on that is neither empty nor a comment at its start."""
    while text.startswith(("\n", "#"), at):
        at = text.index("\n", at) + 1
    return at


def _indent(text: str, at: int) -> int:
    end = at
    while text.startswith(" ", end):
        end += 1
    return end - at


def _nested(text: str, at: int, indent: int, depth: int) -> tuple[Value, int]:
    """Return the list or mapping below a key at column *indent*, None if there is neither."""
    column = _indent(text, at)
    if column >= indent and text.startswith("- ", at + column):
        return _list(text, at, column)
    return _mapping(text, at, column, depth - 1) if column > indent else (None, at)


def _list(text: str, at: int, indent: int) -> tuple[list[Value], int]:
    items: list[Value] = []
    if run := _PLAIN_ITEMS.match(text, at):  # all items of nearly all lists
        texts = run[0][indent + 1 :].split("\n" + " " * indent + "-")
        items += [_WORDS.get(item, item) for item in (each.strip(" ") for each in texts)]
        at = _next(text, run.end() + 1)
    while (item := _ITEM.match(text, at)) and item.end(1) == at + indent:
        items.append(_scalar(item[2].rstrip(" ")))
        at = _next(text, item.end())
    if not items or _indent(text, at) > indent:
        raise _Uncertain
    return items, at


def _long_scalar(text: str, at: int, indent: int, first: str) -> tuple[Value, int]:
    """Return the scalar that begins with *first* and goes on in the lines from *at* on."""
    if first[0] in "|>" and (header := _HEADER.fullmatch(first)):
        return _block_scalar(text, at, indent, *header.groups())
    parts = [first]
    while (column := _indent(text, at)) > indent:
        end = text.index("\n", at)
        parts.append(text[at + column : end].rstrip(" "))
        at = end + 1
    if not all(map(_PLAIN_TEXT.fullmatch, parts)):
        raise _Uncertain
    return " ".join(parts), at


def _block_scalar(text: str, at: int, indent: int, style: str, chomping: str) -> tuple[str, int]:
    """Return the block scalar whose first line is at *at*; the line above it is its header."""
    column = _indent(text, at)
    if column <= indent or text[at + column] == "\n":
        raise _Uncertain
    margin, content = " " * column, []
    while text.startswith(margin, at) or text.startswith("\n", at):
        end = text.index("\n", at)
        content.append(text[at + column : end])
        at = end + 1
    scalar = "\n".join(content).rstrip("\n")
    if not scalar or _BLANK_LINE.search(scalar):
        raise _Uncertain
    if style == ">":
        if "\n " in scalar:
            raise _Uncertain
        scalar = _LINE_END.sub(" ", scalar) if "\n\n" in scalar else scalar.replace("\n", " ")
        scalar = _LINE_ENDS.sub(r"\1", scalar)
    has_end = not chomping and (at < len(text) or not content[-1])  # the block's own end is none
    return scalar + "\n" if has_end else scalar, at


def _scalar(text: str) -> Value:
    """Return the value of a scalar or a flow collection that *text* is the whole of."""
    if read := _READERS.get(text[:1]):
        return read(text)
    plain = text[: text.index(" #")].rstrip(" ") if " #" in text else text  # a comment follows
    if _PLAIN_TEXT.fullmatch(plain):
        return _WORDS.get(plain, plain)
    for form, convert in _NUMBERS:
        if form.fullmatch(text):
            return convert(text)
    raise _Uncertain


def _double_quoted(text: str) -> Value:
    if not (quoted := _DOUBLE.fullmatch(text)):
        raise _Uncertain
    if "\\" not in text:
        return quoted[1]
    return _ESCAPE.sub(lambda each: _ESCAPES.get(each[1], each[1]), quoted[1])


def _single_quoted(text: str) -> Value:
    if not (quoted := _SINGLE.fullmatch(text)):
        raise _Uncertain
    return quoted[1].replace("''", "'")


def _flow_list(text: str) -> Value:
    if _WORD_LIST.fullmatch(text):
        return [_WORDS.get(word, word) for word in text[1:-1].replace(" ", "").split(",")]
    if text[-1] != "]":
        raise _Uncertain
    items = text[1:-1].strip(" ")
    return [_flow_item(item.strip(" ")) for item in items.split(",")] if items else []


def _flow_item(text: str) -> Value:
    if _FLOW_ITEM.fullmatch(text):
        return _WORDS.get(text, text)
    if "," not in text and (_DOUBLE.fullmatch(text) or _SINGLE.fullmatch(text)):
        return _scalar(text)
    raise _Uncertain


def _json_mapping(text: str) -> Value:
    depth = text.count("{") + text.count("[")  # at most
    if len(text) > _JSON_LIMIT_CHARS or depth > _JSON_DEPTH_LIMIT or not _JSON.fullmatch(text):
        raise _Uncertain
    return cast("Value", json.loads(text))


_READERS: dict[str, Callable[[str], Value]] = {
    '"': _double_quoted,
    "'": _single_quoted,
    "[": _flow_list,
    "{": _json_mapping,
}
