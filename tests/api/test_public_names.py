"""The public names: documented, with examples that run."""

import doctest
import inspect

import pytest

import skillmeat_audit as sma

WIDGETS = {"explore", "repair_panel"}
FUNCTIONS = {"apply", "audit", "fleet", "replay_imports", "sample"}
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def examples(value, name):
    return doctest.DocTestFinder(recurse=False).find(value, name, globs={})


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow if name == "replay_imports" else ())
        for name in ("skillmeat_audit", *sma.__all__)
    ],
)
def test_the_examples_of_a_public_name_run(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    printed = []

    for example in examples(getattr(sma, name, sma), name):
        doctest.DocTestRunner(optionflags=FLAGS).run(example, out=printed.append)

    assert "".join(printed) == ""


@pytest.mark.parametrize("name", sorted({*sma.__all__} - WIDGETS - {"AuditError"}))
def test_a_public_name_is_documented_with_parameters_and_examples(name):
    page = inspect.getdoc(getattr(sma, name))
    sections = ["Parameters", "Examples"]
    sections += ["Returns", "Raises"] if name in FUNCTIONS else []

    assert [each for each in sections if f"\n{each}\n{'-' * len(each)}\n" not in page] == []
    assert "+SKIP" not in page
