"""Takes the fields out of an artifact's Markdown the way SkillMeat's metadata extraction does.

SkillMeat parses with PyYAML (YAML 1.1: ``1.10`` is 1.1, ``no`` is False), and besides turns every
value into text, reads a broken block line by line, and takes the first line of the body for a
missing description. What that produces by accident (``None``, ``['a', 'b']``) counts as no value
here: no author wrote it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import yaml

from skillmeat_audit.base.files import Unreadable
from skillmeat_audit.loaders.json_lists import json_list
from skillmeat_audit.loaders.yaml_blocks import Unrepresentable, load_block
from skillmeat_audit.loaders.yaml_faults import explain_fault, explain_unclosed
from skillmeat_audit.model.accidents import is_accident
from skillmeat_audit.model.fields import TOOLS

Fields = dict[str, object]

_BODY_LIMIT_CHARS = 200

# ---⏎name: alpha⏎---   Line by line: a lazy .*? over the whole takes eight times as long.
_BLOCK = re.compile(r"\ufeff?---[ \t]*\n(.*(?:\n(?!---[ \t]*(?:\n|\Z)).*)*+)\n---[ \t]*(?:\n|\Z)")
_TOOL_KEYS = ("tools", "allowed-tools", "allowedTools")
_TOOL_NAMES = {name.lower(): name for name in TOOLS}
_TOOL_NAMES |= {
    re.sub(r"(?<=[a-z])(?=[A-Z])", mark, name).lower(): name for name in TOOLS for mark in "-_"
}


# SkillMeat's second extraction fills what the first left empty; its \s spans lines.
_SECOND_OPENING = re.compile(r"---\s*\n")
_SECOND_CLOSING = re.compile(r"\n---\s*\n")
_FILLED_KEYS = ("description", "author", "license", "version", "tags")


class FrontMatter(NamedTuple):
    """The values of a front matter; ``fault`` says why some or all of it cannot be read.

    ``block`` is the text between its fences.
    """

    fenced: bool
    values: Mapping[Any, object]
    fault: str | None = None
    block: str = ""


def extract(text: str, *, body: bool = True) -> Fields:
    r"""Return the front-matter fields of a Markdown *text* with ``\n`` line ends.

    Keys: ``fenced``, ``reason`` (why the front matter is not valid YAML), ``name`` and the cached
    columns that a front matter may hold, list columns as JSON text; a field that is absent,
    empty or an extraction accident is None. With *body*, the first line of the body that is not a
    heading stands in for a missing description, cut to 200 characters, as SkillMeat does. Raises
    `Unreadable`.
    """
    front = _filled(_front_matter(text), text)
    values = front.values
    description = values.get("description", "")
    is_first_line = body and description == ""
    return {
        "fenced": front.fenced,
        "reason": front.fault,
        "name": _scalar_text(values.get("name")),
        "description": _first_line(text) if is_first_line else _description(description),
        "tags_json": json_list(_tags(values.get("tags"))),
        "author": _scalar_text(values.get("author")),
        "license": _scalar_text(values.get("license")),
        "tools_json": json_list(_tools(next(filter(None, map(values.get, _TOOL_KEYS)), None))),
        "version": _scalar_text(values.get("version")),
    }


def _front_matter(text: str) -> FrontMatter:
    """Return the front matter of *text*; if it is not YAML, what SkillMeat still reads."""
    stripped = text.lstrip()
    block = _block(text, stripped)
    if block is None:
        return FrontMatter(False, {}, explain_unclosed(text))
    try:
        document = load_block(block)
    except yaml.YAMLError as exc:
        saved = {} if isinstance(exc, Unrepresentable) else dict(_fields_line_by_line(block))
        first_line = 2 + (text.count("\n", 0, len(text) - len(stripped)))
        return FrontMatter(True, saved, explain_fault(block, exc, first_line, saved), block)
    return FrontMatter(True, document if isinstance(document, Mapping) else {}, block=block)


def _block(text: str, stripped: str) -> str | None:
    """Return what stands between the fences of *text*, or of *stripped*, None without fences."""
    end = text.find("\n---", 4) if text.startswith("---\n") else -1
    if end > 0 and text.startswith("\n", end + 4):
        return text[4:end]  # nearly all; the expression knows blanks, and other lines with dashes
    match = _BLOCK.match(text) or _BLOCK.match(stripped)
    return match and match[1]


def _filled(front: FrontMatter, text: str) -> FrontMatter:
    """Return *front* with what SkillMeat's second extraction adds to it, if anything."""
    whole = front.block
    if text.startswith("---\n") and whole and not whole[0].isspace() and "\n---" not in whole:
        return front  # nearly all: the second reads the same lines
    opening = _SECOND_OPENING.match(text)
    closing = opening and _SECOND_CLOSING.search(text, opening.end())
    if not opening or not closing:
        return front
    block = text[opening.end() : closing.start()]
    if front.fenced and whole.endswith(block) and not whole[: len(whole) - len(block)].strip():
        return front  # the same document: nothing is left to be filled
    try:
        document = load_block(block)
    except yaml.YAMLError:
        return front
    if not isinstance(document, Mapping) or not document:
        return front
    empty = [key for key in _FILLED_KEYS if front.values.get(key, "") in ("", [])]
    added = {key: document[key] for key in empty if key in document}
    is_read = front.fenced and front.values
    return FrontMatter(True, {**front.values, **added}, front.fault if is_read else None)


def _fields_line_by_line(block: str) -> Iterator[tuple[str, str]]:
    """Yield the fields that SkillMeat reads of broken YAML: name, description, tools, model."""
    for line in block.split("\n"):
        key, colon, value = line.strip().partition(":")
        key, value = key.strip().lower(), value.strip()
        if len(value) > 1 and value[0] in "\"'" and value[-1] == value[0]:
            value = value[1:-1]
        if colon and not key.startswith("#") and key in ("name", "description", "model"):
            yield key, value
        elif colon and key in ("tools", "allowed-tools", "allowedtools"):
            yield "tools", value


def _scalar_text(value: object) -> str | None:
    """Return the text of a scalar; None if it is absent, empty, or not a scalar."""
    if value is None or isinstance(value, (dict, list, set, tuple)):
        return None
    text = _text(value)
    return text if text.strip() and text != "None" else None


def _description(value: object) -> str | None:
    text = _scalar_text(value)
    return None if text is None or is_accident(text) else text


def _text(value: object) -> str:
    if isinstance(value, str) and value.isascii():  # nearly all
        return value
    try:
        text = str(value)
    except ValueError as exc:
        raise Unreadable(f"has a front matter with a number too long to show: {exc}") from exc
    if text.isascii():
        return text
    # "\\ud83c\\udfa7", as JSON escapes emoji, are two code units to PyYAML: join them to the one
    # character they mean. SkillMeat fails where it writes them.
    joined = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    return joined.encode("utf-8", "replace").decode("utf-8")


def _first_line(text: str) -> str | None:
    lines = text.split("\n")
    if lines[0].startswith("---"):
        closing = next((n for n, line in enumerate(lines[1:], 1) if line.strip() == "---"), 0)
        lines = lines[closing + 1 :] if closing else lines
    body = (line.strip() for line in lines)
    first = next((line for line in body if line and not line.startswith("#")), None)
    return None if first is None else _description(_text(first[:_BODY_LIMIT_CHARS]))


def _tags(value: object) -> list[str]:
    if isinstance(value, str):
        return [tag.strip() for tag in _text(value).split(",") if tag.strip()]
    return [_text(tag) for tag in value if tag] if isinstance(value, list) else []


def _tools(value: object) -> list[str]:
    """Return the tools in *value* that SkillMeat knows; it splits text at commas only."""
    names = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    tools = (_TOOL_NAMES.get(_text(name).strip().lower()) for name in names if name is not None)
    return [tool for tool in tools if tool is not None]
