"""Takes the fields out of an artifact's Markdown the way SkillMeat's metadata extraction does.

On top of PyYAML, which SkillMeat parses with (YAML 1.1: ``1.10`` is 1.1, ``no`` is False), its own
habits count: every value becomes text, a broken block is read line by line, an absent description
is the first line of the body. Accidents of that (``None``, ``['a', 'b']``) are kept out of sight of
the diff: they are nobody's word.
"""

import json
import re
from collections.abc import Iterator, Mapping

import yaml

from skillmeat_audit.loaders.files import Unreadable
from skillmeat_audit.model.fields import TOOLS
from skillmeat_audit.model.text import is_accident

Fields = dict[str, object]

BLOCK_LIMIT_CHARS = 1024 * 1024
NODE_LIMIT = 100_000
DEPTH_LIMIT = 200
_BODY_LIMIT_CHARS = 200

_BLOCK = re.compile(r"\ufeff?---[ \t]*\n(.*?)\n---[ \t]*(?:\n|$)", re.DOTALL)
# What every level of nesting takes one of; lines are indented after any line end of YAML 1.1.
_OPENERS = ("[", "{", "- ", "? ", ": ", "\n ", "\r ", "\x85 ", "\u2028 ", "\u2029 ")
# YAML 1.1 reads 1:30:00 as a number, in quadratic time.
_COLONS = 29
_SEXAGESIMAL = re.compile(r"\d(?::[0-5]?\d){30}")
_TEXT_TAG, _LIST_TAG, _MAPPING_TAG = (
    yaml.resolver.BaseResolver.DEFAULT_SCALAR_TAG,
    yaml.resolver.BaseResolver.DEFAULT_SEQUENCE_TAG,
    yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG,
)
_TOOL_KEYS = ("tools", "allowed-tools", "allowedTools")
_TOOL_NAMES = {name.lower(): name for name in TOOLS}
_TOOL_NAMES |= {
    re.sub(r"(?<=[a-z])(?=[A-Z])", mark, name).lower(): name for name in TOOLS for mark in "-_"
}


def extract(text: str, *, body: bool = True) -> Fields:
    r"""Return the front-matter fields of a Markdown *text* with ``\n`` line ends.

    Keys: ``fenced``, ``name`` and the cached columns the front matter may know, list columns as
    JSON text; a field that is absent, empty or an extraction accident is None. With *body*, the
    first line of the body that is no heading stands in for a missing description, cut to 200
    characters, as SkillMeat does. Raises `Unreadable`.
    """
    match = _BLOCK.match(text) or _BLOCK.match(text.lstrip())
    block = match[1] if match else None
    said = {} if block is None else _parse(block)
    fields: Fields = {
        key: _plain(said.get(key)) for key in ("name", "author", "license", "version")
    }
    description = _plain(said.get("description"))
    if body and said.get("description", "") == "":
        description = _first_line(text)
    return fields | {
        "fenced": block is not None,
        "description": description,
        "tags_json": _json(_tags(said.get("tags"))),
        "tools_json": _json(_tools(next((said[key] for key in _TOOL_KEYS if said.get(key)), None))),
    }


def _parse(block: str) -> Mapping[object, object]:
    """Return the mapping in a front-matter *block*; what can be saved of it where YAML fails."""
    if len(block) > BLOCK_LIMIT_CHARS:
        raise Unreadable(f"has a front matter of more than {BLOCK_LIMIT_CHARS // 1024} KiB")
    if block.count(":") > _COLONS and _SEXAGESIMAL.search(block):
        raise Unreadable("has a front matter with a number of base 60 too long to read")
    try:
        _guard_depth(block)
        loader = yaml.CSafeLoader(block)
        try:
            node = loader.get_single_node()
            if node is None:
                return {}
            if "*" in block:
                _guard_aliases(node)
            document = _value(loader, node)
        finally:
            loader.dispose()
    except yaml.YAMLError:
        return dict(_by_line(block))
    except (ValueError, TypeError, ArithmeticError, LookupError, AttributeError) as exc:
        if isinstance(exc, Unreadable):
            raise
        raise Unreadable(f"has a front matter YAML cannot represent: {exc}") from exc
    return document if isinstance(document, Mapping) else {}


def _value(loader: yaml.CSafeLoader, node: yaml.Node) -> object:
    """Return what *node* stands for; text, lists and mappings, that is nearly all, take no detour.

    PyYAML's constructor looks every node up three times over before it takes its text.
    """
    if _is_text(node):
        return node.value
    if isinstance(node, yaml.SequenceNode) and node.tag == _LIST_TAG:
        return [_value(loader, child) for child in node.value]
    if isinstance(node, yaml.MappingNode) and node.tag == _MAPPING_TAG:
        keys = [key.value for key, _ in node.value if _is_text(key)]
        if len(keys) == len(node.value):  # else a merge, or a key that is no text
            values = (_value(loader, value) for _, value in node.value)
            return dict(zip(keys, values, strict=True))
    return loader.construct_object(node, deep=True)


def _is_text(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == _TEXT_TAG


def _guard_depth(block: str) -> None:
    """Refuse nesting that would overflow the C stack of the parser."""
    if sum(map(block.count, _OPENERS)) <= DEPTH_LIMIT:
        return
    depth = 0
    for event in yaml.parse(block, Loader=yaml.CLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(
            event, yaml.CollectionEndEvent
        )
        if depth > DEPTH_LIMIT:
            raise Unreadable(f"has a front matter nested more than {DEPTH_LIMIT} levels deep")


def _guard_aliases(root: yaml.Node) -> None:
    """Refuse a front matter whose aliases unfold into too many values, or too deep."""
    known: dict[int, tuple[int, int] | None] = {}  # weight and depth; None while being weighed

    def weigh(node: yaml.Node) -> tuple[int, int]:
        if id(node) in known:
            if (found := known[id(node)]) is None:
                raise Unreadable("has a front matter that contains itself")
            return found
        known[id(node)] = None
        below = [weigh(child) for child in _children(node)]
        weight = 1 + sum(weight for weight, _ in below)
        depth = 1 + max((depth for _, depth in below), default=0)
        if weight > NODE_LIMIT:
            raise Unreadable(
                f"has a front matter that unfolds into more than {NODE_LIMIT:,} values"
            )
        if depth > DEPTH_LIMIT:
            raise Unreadable(f"has a front matter nested more than {DEPTH_LIMIT} levels deep")
        known[id(node)] = weight, depth
        return weight, depth

    weigh(root)


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for pair in node.value:
            yield from pair
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


def _by_line(block: str) -> Iterator[tuple[str, str]]:
    """Yield what SkillMeat saves of broken YAML: name, description and tools, line by line."""
    for line in block.split("\n"):
        key, colon, value = line.strip().partition(":")
        key, value = key.strip().lower(), value.strip()
        if len(value) > 1 and value[0] in "\"'" and value[-1] == value[0]:
            value = value[1:-1]
        if colon and not key.startswith("#") and key in ("name", "description"):
            yield key, value
        elif colon and key in ("tools", "allowed-tools", "allowedtools"):
            yield "tools", value


def _plain(value: object) -> str | None:
    """Return the text of a scalar; None where it is absent, empty, or no scalar at all."""
    if value is None or isinstance(value, (Mapping, list, set, tuple)):
        return None
    text = _text(value)
    return text if text.strip() and not is_accident(text) else None


def _text(value: object) -> str:
    try:
        text = str(value)
    except ValueError as exc:
        raise Unreadable(f"has a front matter with a number too long to show: {exc}") from exc
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _first_line(text: str) -> str | None:
    lines = text.split("\n")
    if lines[0].startswith("---"):
        closing = next((n for n, line in enumerate(lines[1:], 1) if line.strip() == "---"), 0)
        lines = lines[closing + 1 :] if closing else lines
    body = (line.strip() for line in lines)
    first = next((line for line in body if line and not line.startswith("#")), None)
    return None if first is None else _plain(first[:_BODY_LIMIT_CHARS])


def _tags(value: object) -> list[str]:
    if isinstance(value, str):
        return [tag.strip() for tag in value.split(",") if tag.strip()]
    return [_text(tag) for tag in value if tag] if isinstance(value, list) else []


def _tools(value: object) -> list[str]:
    """Return the tools SkillMeat knows among those *value* names; it splits text on commas only."""
    named = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    known = (_TOOL_NAMES.get(_text(tool).strip().lower()) for tool in named if tool is not None)
    return [tool for tool in known if tool is not None]


def _json(items: list[str]) -> str | None:
    return json.dumps([_text(item) for item in items]) if items else None
