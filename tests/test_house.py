"""Rules of the house that no other tool checks; each failure lists every offender."""

import ast
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).parent.parent
PACKAGE = "skillmeat_audit"

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def modules():
    """Return the syntax tree of every module of the package, by its name."""
    trees = {}
    for path in sorted((PROJECT / PACKAGE).rglob("*.py")):
        parts = path.relative_to(PROJECT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        trees[name] = ast.parse(path.read_text(encoding="utf-8"), str(path))
    assert len(trees) > 100
    return trees


def definitions(*kinds):
    """Yield module and node of every definition of the *kinds*."""
    for module, tree in modules().items():
        yield from ((module, node) for node in ast.walk(tree) if isinstance(node, kinds))


def length(node):
    """Return how many lines a function has without its docstring, its signature included."""
    lines = node.end_lineno - node.lineno + 1
    first = node.body[0]
    if ast.get_docstring(node) is not None:
        lines -= first.end_lineno - first.lineno + 1
    return lines


def assert_none(offenders):
    """Fail with every offender on a line of its own: pytest would cut a long list."""
    assert not offenders, f"{len(offenders)} offenders:\n" + "\n".join(sorted(offenders))


def longer_than(lines):
    return [
        f"{module}.{node.name}: {length(node)}"
        for module, node in definitions(*FUNCTIONS)
        if length(node) > lines
    ]


def test_at_most_two_percent_of_functions_are_longer_than_25_lines():
    long, count = longer_than(25), len([*definitions(*FUNCTIONS)])

    assert_none(long if len(long) > count / 50 else [])
