"""Parses a front-matter block exactly as PyYAML's ``SafeLoader`` does, in a tenth of its time.

SkillMeat parses with ``yaml.safe_load``: the scanner in Python. libyaml, behind ``CSafeLoader``,
refuses some of what that takes and takes some of what that refuses. Of 300,000 random blocks all
differences were of the kinds that `_PYTHON_ONLY` names, or were refused by libyaml.
"""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from skillmeat_audit.base.files import Unreadable

BLOCK_LIMIT_CHARS = 1024 * 1024
# The scanner in Python takes 2 s for this much at worst; of more, libyaml's word counts.
PYTHON_LIMIT_CHARS = 64 * 1024
NODE_LIMIT = 100_000
DEPTH_LIMIT = 200

# What libyaml takes and the Python scanner refuses or reads otherwise: tabs, byte order marks, a
# comment glued to a block indicator, the tag "!".
_PYTHON_ONLY = re.compile(r"[\t\ufeff]|[|>][-+0-9]*#|(?:^|[\s,\[{])!(?=[\s,\]}]|$)|!<!>", re.M)
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
_TOO_DEEP = f"has a front matter nested more than {DEPTH_LIMIT} levels deep"

# What PyYAML raises, beside its own errors, for values that it cannot represent.
_UNEXPECTED = (ValueError, TypeError, ArithmeticError, LookupError, AttributeError)

# SafeLoader or CSafeLoader: typeshed gives them no common class with what is used here.
Loader = Any


class Unrepresentable(yaml.YAMLError):
    """A value has a form that YAML takes for a date or number, and is none: 2026-02-30.

    ``yaml.safe_load`` raises `ValueError` and the like for it, which SkillMeat does not expect: it
    then reads nothing of the block. ``line`` counts from 0.
    """

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.line = line


def load_block(block: str) -> object:
    """Return what ``yaml.safe_load`` makes of *block*.

    Raises `yaml.YAMLError` as that does, `Unrepresentable` for its other errors, and `Unreadable`
    where no parser should read it: its size, depth, or what its aliases unfold into.
    """
    if len(block) > BLOCK_LIMIT_CHARS:
        raise Unreadable(f"has a front matter of more than {BLOCK_LIMIT_CHARS // 1024} KiB")
    if block.count(":") > _COLONS and _SEXAGESIMAL.search(block):
        raise Unreadable("has a front matter with a number of base 60 too long to read")
    is_short = len(block) <= PYTHON_LIMIT_CHARS
    if is_short and (_PYTHON_ONLY.search(block) or _asks_in_flow(block)):
        return _load_in_python(block)
    try:
        return _value(*_composed(block, yaml.CSafeLoader))
    except yaml.YAMLError:
        if not is_short:
            raise
    # libyaml refuses escaped surrogates ("\ud83c\udfa7") and a few things more.
    return _load_in_python(block)


def _asks_in_flow(block: str) -> bool:
    """Tell whether a ``?`` may stand in a flow list or mapping: [why?] is an error to PyYAML."""
    return "?" in block and ("[" in block or "{" in block)


def _load_in_python(block: str) -> object:
    """Return what ``yaml.safe_load`` makes of *block*, by its own code, in its own order.

    Of several errors in one block the first counts, and PyYAML does not go from top to bottom.
    """
    loader, node = _composed(block, yaml.SafeLoader)
    try:
        return loader.construct_document(node) if node else None
    except _UNEXPECTED as exc:
        try:
            _value(*_composed(block, yaml.SafeLoader))
        except yaml.YAMLError as located:
            raise Unrepresentable(str(exc), getattr(located, "line", 0)) from exc
        raise Unrepresentable(str(exc), 0) from exc
    except RecursionError as exc:
        raise Unreadable(_TOO_DEEP) from exc
    finally:
        loader.dispose()  # it refers to itself, and children read with garbage collection off


def _composed(block: str, loader_class: Loader) -> tuple[Loader, yaml.Node | None]:
    """Return the node tree of *block*, guarded, and the loader that can construct its values."""
    _guard_depth(block, loader_class)
    try:
        loader = loader_class(block)
    except UnicodeEncodeError as exc:
        raise Unreadable(f"has a front matter that is not Unicode: {exc.reason}") from exc
    try:
        node = loader.get_single_node()
    except _UNEXPECTED as exc:  # chr() of an escape beyond Unicode, in the scanner
        raise Unrepresentable(str(exc), getattr(loader, "line", 0)) from exc
    if node is not None and "*" in block:
        _guard_aliases(node)
    return loader, node


def _value(loader: Loader, node: yaml.Node | None) -> object:
    """Return what *node* stands for; text, lists and mappings, that is nearly all, take no detour.

    PyYAML's constructor looks every node up three times over before it takes its text.
    """
    if node is None or _is_text(node):
        return node and node.value
    if isinstance(node, yaml.SequenceNode) and node.tag == _LIST_TAG:
        return [_value(loader, child) for child in node.value]
    if isinstance(node, yaml.MappingNode) and node.tag == _MAPPING_TAG:
        keys = [key.value for key, _ in node.value if _is_text(key)]
        if len(keys) == len(node.value):  # else a merge, or a key that is no text
            values = (_value(loader, value) for _, value in node.value)
            return dict(zip(keys, values, strict=True))
    try:
        return loader.construct_object(node, deep=True)
    except _UNEXPECTED as exc:
        raise Unrepresentable(str(exc), node.start_mark.line) from exc


def _is_text(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == _TEXT_TAG


def _guard_depth(block: str, loader_class: Loader) -> None:
    """Refuse nesting that would overflow the stack of the parser, in C or in Python."""
    if sum(map(block.count, _OPENERS)) <= DEPTH_LIMIT:
        return
    depth = 0
    try:
        for event in yaml.parse(block, Loader=loader_class):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(
                event, yaml.CollectionEndEvent
            )
            if depth > DEPTH_LIMIT:
                raise Unreadable(_TOO_DEEP)
    except Unreadable:
        raise
    except ValueError:
        return  # it is met again where the block is composed


def _guard_aliases(root: yaml.Node) -> None:
    """Refuse a front matter whose aliases unfold into too many values, or too deep."""
    weighed: dict[int, tuple[int, int] | None] = {}  # weight, depth; None while being weighed

    def weigh(node: yaml.Node) -> tuple[int, int]:
        if id(node) in weighed:
            if (weight_and_depth := weighed[id(node)]) is None:
                raise Unreadable("has a front matter that contains itself")
            return weight_and_depth
        weighed[id(node)] = None
        below = [weigh(child) for child in _children(node)]
        weight = 1 + sum(weight for weight, _ in below)
        depth = 1 + max((depth for _, depth in below), default=0)
        if weight > NODE_LIMIT:
            raise Unreadable(
                f"has a front matter that unfolds into more than {NODE_LIMIT:,} values"
            )
        if depth > DEPTH_LIMIT:
            raise Unreadable(_TOO_DEEP)
        weighed[id(node)] = weight, depth
        return weight, depth

    weigh(root)


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for pair in node.value:
            yield from pair
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value
