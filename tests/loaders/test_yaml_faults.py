"""Front matters that are not valid YAML: line, cause, what is read of them, what to type."""

import pytest

from skillmeat_audit.loaders import yaml_blocks
from skillmeat_audit.loaders.extraction import extract
from skillmeat_audit.loaders.yaml_blocks import load_block
from skillmeat_audit.loaders.yaml_corrections import in_quotes


def reason(block, body="Body.\n"):
    return extract(f"---\n{block}\n---\n{body}")["reason"]


def test_a_fault_names_line_cause_what_is_read_and_what_to_type():
    block = "name: builds\ndescription: Use when: the build fails\nauthor: Jo\ntags: [ci]"

    assert reason(block) == (
        "line 3: the value holds a colon before a space or the end, which YAML reads as "
        "another key; SkillMeat still reads name, description and drops author, tags; "
        'quote the value: description: "Use when: the build fails"'
    )


@pytest.mark.parametrize(
    ("block", "line", "cause", "typed"),
    [
        ("a: b\nc: [x] [y]", 3, "is a list to YAML", 'c: "[x] [y]"'),
        ("c: [x, y\nd: e", 2, "is a list to YAML", "c: [x, y]"),
        ("c: {{ x }}", 2, "is a mapping to YAML", 'c: "{{ x }}"'),
        ("globs:\n  - *.md\n  - b", 3, "is a reference to YAML", '  - "*.md"'),
        ("c: @me", 2, "cannot begin with @", 'c: "@me"'),
        ("c: `x`", 2, "cannot begin with `", 'c: "`x`"'),
        ("c: %x", 2, "cannot begin with %", 'c: "%x"'),
        ("c: !x y", 2, "a tag to YAML", 'c: "!x y"'),
        ("c: > text", 2, "text follows the block indicator", 'c: "> text"'),
        ('c: "a" b', 2, "text follows the closing quotation mark", "c: '\"a\" b'"),
        ("c: 'it's'", 2, "text follows the closing quotation mark", 'c: "it\'s"'),
        ('c: "a\nb: c', 2, "the quotation mark is not closed", 'c: "a"'),
        ('c: "C:\\docs"', 2, "a backslash between double quotes", "c: 'C:\\docs'"),
        ("c: ends:", 2, "the value holds a colon", 'c: "ends:"'),
        ("c: Use it\n  when: it fails\nd: e", 2, "holds a colon", 'c: "Use it when: it fails"'),
        ("c: Use when:\n  - one: two", 2, "holds a colon", 'c: "Use when: - one: two"'),
        ("c: 2026-02-30", 2, "looks like a date or number", 'c: "2026-02-30"'),
        ('c: "\\U00110000"', 2, "that Unicode does not define", "c: '\\U00110000'"),
        ("c: a\x01b", 2, r"a control character (\x01)", "c: ab"),
        ("c:\ta: b", 2, "a tab stands where YAML allows spaces", 'c: "a: b"'),
        ("name: x\n\tdescription: y", 3, "a tab, where YAML allows spaces", "description: y"),
        ("a:\n\t- x", 3, "a tab, where YAML allows spaces only, indents", "  - x"),
        (" name: x\ndescription: y", 2, "white space stands before a key", "name: x"),
        ("name:x\ndescription: y", 2, "no space follows the colon", "name: x"),
        ("name: x\nplain\nb: c", 3, "`plain` is neither key: value nor indented", "  plain"),
        ("c: |\nplain\nb: c", 3, "`plain` is neither key: value nor indented", "  plain"),
    ],
)
def test_every_fault_is_explained_in_plain_words_with_the_line_to_type(block, line, cause, typed):
    said = reason(block)

    assert said.startswith(f"line {line}: ")
    assert cause in said
    assert said.endswith(f": {typed}")


@pytest.mark.parametrize(
    ("block", "reading"),
    [
        ("description: |\n  D\nnote: a: b", "still reads description as | and drops note"),
        ("tools: [Read]\nmodel: x\nc: a: b", "still reads tools as [Read], model and drops c"),
        ("allowed-tools: Read\nc: a: b", "still reads tools and drops c"),
        ("author: Jo\nc: a: b", "SkillMeat reads none of it"),
        ("name: x\nversion: 2026-02-30", "SkillMeat reads none of it"),
    ],
)
def test_fields_that_skillmeat_still_reads_are_named(block, reading):
    assert reading in reason(block)


@pytest.mark.parametrize(
    ("text", "line", "fault"),
    [
        ("---\nname: x\n\n# Title\n", 1, "is not closed: no line --- ends it"),
        ("---\nname: x\n---# Title\n", 3, "is not closed by `---# Title`"),
        ("---\nname: x\n--- # Title\n", 3, "is not closed by `--- # Title`"),
        ("---\nname: x\n ---\nText\n", 3, "is not closed by `---`"),
        ("---\nname: x\n...\nText\n", 3, "is not closed by `...`"),
        ("---\nname: x\n----\nText\n", 3, "is not closed by `----`"),
        ("---\nname: x\n---# Title\nText\n---\nMore\n", 3, "is not closed by `---# Title`"),
        ("---\nname: x\n\n# Title\n\nText\n---\nMore\n", 4, "is not closed by `# Title`"),
        ("--- # Title\nname: x\n---\n", 1, "is not opened by `--- # Title`"),
        ("---name: x\n---\n", 1, "is not opened by `---name: x`"),
        ("\n\ufeff---\nname: x\n", 2, "is not closed"),
    ],
)
def test_a_fence_that_is_not_closed_is_reported(text, line, fault):
    said = extract(text)["reason"]

    assert said.startswith(f"line {line}: the front matter {fault}")


@pytest.mark.parametrize(
    "text",
    [
        "---\n\nProse below a rule.\n",
        "---\nNote: prose below a rule.\n",
        "# Title\n---\n",
        "---",
        "------\n\nText\n",
        "---\nname: x\n---\n",
        "---\n\n# tools\ntools: Read\n---\n",
    ],
)
def test_text_without_front_matter_or_with_a_valid_one_has_no_fault(text):
    assert extract(text)["reason"] is None


def test_a_comment_above_the_fault_is_not_taken_for_a_heading():
    assert reason("name: x\n\n# what it does\ndescription: a: b").startswith("line 5: the value")


def test_lines_are_counted_from_the_top_of_the_file():
    assert extract("\n\n---\na: b\nc: d: e\n---\n")["reason"].startswith("line 5: ")


def test_of_a_long_line_to_type_both_ends_are_shown():
    said = reason(f"description: Use when: {'x' * 1000} end")

    assert 'description: "Use when: xxx' in said
    assert said.endswith('xxx end"')
    assert len(said) < 600


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        ("a: b", '"a: b"'),
        ('say "x": y', "'say \"x\": y'"),
        ("it's: y", '"it\'s: y"'),
        ('it\'s "x": y', '"it\'s \\"x\\": y"'),
        ("'one' or 'two'", "\"'one' or 'two'\""),
        ("C:\\x: it's", "'C:\\x: it''s'"),
        ('"a" or "b"', '\'"a" or "b"\''),
    ],
)
def test_a_quoted_value_is_what_was_typed(value, quoted):
    assert in_quotes(value) == quoted
    assert load_block(f"k: {quoted}") == {"k": value}


@pytest.mark.parametrize(
    ("block", "value"),
    [
        ('k: "\\ud83c\\udfa7"', "\ud83c\udfa7"),
        ('k: "\\udfa7"', "\udfa7"),
        ("%FOO\n---\nk: x", "x"),
        ("k: >\n   \tx", "\tx"),
        ("k: ! 1", 1),
    ],
)
def test_text_that_libyaml_reads_differently_is_read_as_pyyaml_reads_it(block, value):
    assert load_block(block) == {"k": value}


@pytest.mark.parametrize("block", ["k: x\t: y", "k: >#x\n  y", "k: |\t\n  x", "k: x\n\ufeff"])
def test_text_that_only_libyaml_accepts_is_a_fault(block):
    assert reason(f"description: D\n{block}") is not None


def test_escaped_pairs_of_surrogates_are_the_character_they_mean():
    found = extract('---\ndescription: "\\ud83c\\udfa7 \\ud83c"\nlicense: MIT\n---\n')

    assert (found["description"], found["license"], found["reason"]) == (
        "\U0001f3a7 ?",
        "MIT",
        None,
    )


def test_a_block_too_long_for_the_slow_scanner_is_read_by_libyaml(monkeypatch):
    monkeypatch.setattr(yaml_blocks, "PYTHON_LIMIT_CHARS", 10)

    assert reason('k: "\\ud83c\\udfa7"').startswith("line 2: an escape names half a")


def test_a_merge_conflict_is_called_that():
    block = "<<<<<<< HEAD\ndescription: a\n=======\ndescription: b\n>>>>>>> x"

    assert reason(block).startswith("line 2: a merge conflict is not resolved: `<<<<<<< HEAD`")


@pytest.mark.parametrize(
    "text", ["Name: x\nDescription: y", '"name": x\n', " name: x\n", "# c\nname: x\n# T\n"]
)
def test_a_front_matter_that_is_not_closed_is_known_by_any_form_of_its_first_key(text):
    assert "the front matter is not closed" in extract(f"---\n{text}")["reason"]


@pytest.mark.parametrize("text", ["Prose follows: here\n", "# Title\n\nProse: here\n", "Note: x\n"])
def test_prose_below_a_rule_opens_no_front_matter(text):
    assert extract(f"---\n{text}")["reason"] is None
