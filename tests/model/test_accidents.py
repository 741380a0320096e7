"""Accidents of an extraction: told from every text that somebody may have written."""

import pandas as pd
import pytest

from skillmeat_audit.diff.compare import map_bool
from skillmeat_audit.model.accidents import ACCIDENT_HINT, is_accident

ACCIDENTS = (
    "None", "null", "~", "---", "***", "===", "* * *", "\ufeff---", "—", '"', "'",
    ">", "|", "|-", ">-", ">+", "|2-", "> # folded", "```", "```python", "~~~sh", "$(pwd)",
    "$(git log | head)", "${HOME}", "$ARGUMENTS", "!`git status`", "`pwd`", "| Parameter | Type |",
    "|---|---|", "<!-- a comment -->", "<!-- not closed", "-->", '<p align="center">', "<br/>",
    "name: go", "description: Sets up Go", "allowed-tools: Read", "argument-hint:",
    "['a', 'b']", "[1, None]", "{'a': 1}", "{'a': ['b']}", "[datetime.date(2024, 1, 1), 'x']",
    '["it\'s"]', "{'a'}", "[a, b]", "[x]", "[]", "{}", "{a: b}", "{{ description }}",
    "undefined", "[object Object]", "\u200b", "[//]: # (hidden)", ":::note", "@README.md",
    "@docs/guide.md", 'import X from "y"', "import X from 'y';",
    "![a badge](x.svg)", "[![a badge](x.svg)](https://x.example)",
)  # fmt: skip
WRITTEN = (
    "Does it.", "[beta] Formats code [experimental]", "[DEPRECATED - use other instead]",
    "> 3 files are merged", "Name: a thing", "{x} to {y}", "`foo` runs bar", "`a` and `b`",
    "$5 a month", "$(pwd) is shown by it", "None of these", "null values are found", "--- is drawn",
    "<b>Bold</b> text", "<jane@example.org>", "Use when: x", "```x``` inline", "![x](y) with text",
    "5", "é", "漢字", "\U0001f3a7", "name of x", "- a list item", "# head", '"Quoted" text',
    "[a link](url)", "name: x\nand more", "<!-- c --> Text", "```\ncode\n``` runs", "| a\nb",
    "undefined behaviour", "@team tool", "@README.md says how", "import data from a file",
    "\u200bDoes it", "import X from 'y' on demand", "[see: the docs]", "it's", "[one] or [two]",
)  # fmt: skip


@pytest.mark.parametrize("text", ACCIDENTS)
def test_products_of_a_failed_extraction_are_accidents(text):
    assert is_accident(f" {text} \n")


@pytest.mark.parametrize("text", WRITTEN)
def test_texts_that_a_person_may_have_written_are_not_accidents(text):
    assert not is_accident(text)


def test_the_hint_matches_every_accident():
    texts = pd.Series([*ACCIDENTS, *WRITTEN], dtype="string")

    assert map_bool(texts, is_accident, ACCIDENT_HINT).tolist() == [*map(is_accident, texts)]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 50_000,
        "'" * 50_000,
        "<a>" * 20_000 + "x",
        "[a," * 20_000,
        "![](" * 20_000,
        "<!--" + "-" * 50_000 + "x",
        "['a'" + " 'a'" * 20_000 + "x",
        "{" * 50_000 + "x",
    ],
    ids=range(8),
)
def test_no_text_takes_more_than_linear_time(text):
    assert is_accident(text) in (True, False)
