"""Rules of the house that no other tool checks; each failure lists every offender."""

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).parent.parent
PACKAGE = "skillmeat_audit"

# Pronouns and participles: as the name of a function or a class they name everything.
VAGUE = "said|told|found|known|own|gone|place|there|kept|asked|made"
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


def imported_modules(module, tree):
    """Return the modules of the package that *module* imports, at the top or in a function."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names |= {
                inner if (inner := f"{node.module}.{alias.name}") in modules() else node.module
                for alias in node.names
            }
    return {name for name in names & modules().keys() if name != module}


def circles(graph):
    """Return the sets of nodes that reach one another in *graph*, each sorted."""
    reached = {}
    for start in graph:
        seen, left = set(), [start]
        while left:
            for after in graph[left.pop()] - seen:
                seen.add(after)
                left.append(after)
        reached[start] = seen
    found = {
        tuple(sorted({start} | {other for other in reached[start] if start in reached[other]}))
        for start in graph
        if start in reached[start]
    }
    return sorted(found)


def assert_none(offenders):
    """Fail with every offender on a line of its own: pytest would cut a long list."""
    assert not offenders, f"{len(offenders)} offenders:\n" + "\n".join(sorted(offenders))


def test_no_two_classes_share_a_name():
    modules_by_name = defaultdict(list)
    for module, node in definitions(ast.ClassDef):
        modules_by_name[node.name].append(module)

    assert_none(
        [f"{name}: {', '.join(each)}" for name, each in modules_by_name.items() if len(each) > 1]
    )


def test_circles_are_detected_wherever_they_are():
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a", "d"}}

    assert circles(graph) == [("b", "c"), ("d",)]


def test_no_files_import_one_another_in_a_circle():
    graph = {module: imported_modules(module, tree) for module, tree in modules().items()}

    assert sum(map(len, graph.values())) > 300
    assert_none([" <-> ".join(circle) for circle in circles(graph)])


def test_no_function_and_no_class_has_a_name_that_fits_everything():
    vague = re.compile(rf"_?({VAGUE})")
    named = definitions(*FUNCTIONS, ast.ClassDef)

    assert_none([f"{module}.{node.name}" for module, node in named if vague.fullmatch(node.name)])


def test_no_module_is_longer_than_300_lines():
    lengths = {
        path.relative_to(PROJECT): len(path.read_text(encoding="utf-8").splitlines())
        for path in (PROJECT / PACKAGE).rglob("*.py")
    }

    assert_none([f"{path}: {lines}" for path, lines in lengths.items() if lines > 300])


def longer_than(lines):
    return [
        f"{module}.{node.name}: {length(node)}"
        for module, node in definitions(*FUNCTIONS)
        if length(node) > lines
    ]


def test_no_function_is_longer_than_45_lines():
    assert_none(longer_than(45))


def test_at_most_two_percent_of_functions_are_longer_than_25_lines():
    long, count = longer_than(25), len([*definitions(*FUNCTIONS)])

    assert_none(long if len(long) > count / 50 else [])


def documents():
    """Yield the texts that are read by people who have this repository only."""
    yield from (PROJECT / PACKAGE).rglob("*.py")
    yield from (PROJECT / "notebooks").glob("*.ipynb")
    yield from (PROJECT / "docs").rglob("*.md")
    yield from PROJECT.glob("*.md")


def test_nothing_cites_a_section_that_is_not_in_the_repository():
    assert_none(
        [
            f"{path.relative_to(PROJECT)}:{number}: {line.strip()}"
            for path in documents()
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
            if "§" in line
        ]
    )
