"""Parses a front-matter block exactly as PyYAML's ``SafeLoader`` does, in a tenth of the time.

SkillMeat parses with ``yaml.safe_load``, whose scanner is written in Python. libyaml, behind
``CSafeLoader``, accepts and refuses slightly other texts. In 300,000 random blocks every difference
was either of the kinds in `_PYTHON_ONLY` or refused by libyaml.
"""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from skillmeat_audit.base.files import Unreadable
from skillmeat_audit.loaders.yaml_certain import certain_value

BLOCK_LIMIT_CHARS = 1024 * 1024
# The scanner in Python takes up to 2 s for this much; longer blocks are read by libyaml alone.
PYTHON_LIMIT_CHARS = 64 * 1024
NODE_LIMIT = 100_000
DEPTH_LIMIT = 200

# What libyaml accepts and the Python scanner refuses or reads differently: tabs, byte order marks,
# a comment glued to a block indicator, the tag "!".
_PYTHON_ONLY = re.compile(r"[\t\ufeff]|[|>][-+0-9]*#|(?:^|[\s,\[{])!(?=[\s,\]}]|$)|!<!>", re.M)
# Every level of nesting has one of these; lines are indented after any line end of YAML 1.1.
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

# SafeLoader or CSafeLoader: typeshed has no common class for them with the methods used here.
Loader = Any


class Unrepresentable(yaml.YAMLError):
    """A value has the form of a date or number and is not one: 2026-02-30.

    ``yaml.safe_load`` raises `ValueError` and the like for it. SkillMeat does not expect that, and
    reads nothing of the block. ``line`` counts from 0.
    """

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.line = line


def load_block(block: str) -> object:
    """Return the value of *block*, as ``yaml.safe_load`` returns it.

    Raises `yaml.YAMLError` as that does, `Unrepresentable` for its other errors, and `Unreadable`
    for a block that is too large or too deep, also once its aliases are expanded.
    """
    if len(block) > BLOCK_LIMIT_CHARS:
        raise Unreadable(f"has a front matter of more than {BLOCK_LIMIT_CHARS // 1024} KiB")
    if block.count(":") > _COLONS and _SEXAGESIMAL.search(block):
        raise Unreadable("has a front matter with a number of base 60 too long to read")
    if (values := certain_value(block)) is not None:
        return values
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
    """Return the value of *block* by the code of ``yaml.safe_load`` itself.

    Of several errors PyYAML raises the first it meets, and it does not go from top to bottom.
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
        loader.dispose()  # it refers to itself, and the garbage collector is off


def _composed(block: str, loader_class: Loader) -> tuple[Loader, yaml.Node | None]:
    """Return the loader of *block* and its node tree, which is within the limits."""
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
    """Return the value of *node*; text, lists and mappings, nearly all nodes, are built here.

    PyYAML's constructor looks every node up three times before it takes its text.
    """
    if node is None or _is_text(node):
        return node and node.value
    if isinstance(node, yaml.SequenceNode) and node.tag == _LIST_TAG:
        return [_value(loader, child) for child in node.value]
    if isinstance(node, yaml.MappingNode) and node.tag == _MAPPING_TAG:
        keys = [key.value for key, _ in node.value if _is_text(key)]
        if len(keys) == len(node.value):  # otherwise a merge, or a key that is not text
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
    except yaml.MarkedYAMLError as exc:
        # PyYAML 6.0.4 gives up at 1,000 levels by itself, while it looks ahead for a key.
        if exc.problem == "exceeded maximum nesting depth":
            raise Unreadable(_TOO_DEEP) from exc
        raise
    except ValueError:
        return  # raised again where the block is composed


def _guard_aliases(root: yaml.Node) -> None:
    """Refuse a front matter whose aliases expand into too many values, or too deep."""
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
                f"has a front matter that expands into more than {NODE_LIMIT:,} values"
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
