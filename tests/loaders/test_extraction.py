"""Extraction: the fields SkillMeat takes out of a Markdown file, and that no text breaks it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillmeat_audit.loaders import yaml_blocks
from skillmeat_audit.loaders.extraction import Unreadable, extract
from skillmeat_audit.model.fields import TOOLS

modest = settings(max_examples=150, deadline=None)


def fenced(block, body="Body line.\n"):
    return f"---\n{block}\n---\n{body}"


def field(block, key="description", **options):
    return extract(fenced(block), **options)[key]


def listed(block, key):
    found = field(block, key)
    return None if found is None else json.loads(found)


def test_every_field_is_extracted_as_written():
    block = """\
name: lock-audit
description: Checks lock files.
author: Jane
license: MIT
version: "1.10"
tags: [ops, security]
tools: Read, Bash
model: opus"""

    assert extract(fenced(block)) == {
        "fenced": True,
        "reason": None,
        "name": "lock-audit",
        "description": "Checks lock files.",
        "author": "Jane",
        "license": "MIT",
        "version": "1.10",
        "tags_json": '["ops", "security"]',
        "tools_json": '["Read", "Bash"]',
    }


@pytest.mark.parametrize(
    "text", ["", "\n \n", "# Only a title\n", "---\n---\n", "---\n\n---\n", "---"]
)
def test_an_empty_text_has_no_fields(text):
    found = extract(text)

    assert {key for key, value in found.items() if value} <= {"fenced"}


@pytest.mark.parametrize(
    "text",
    [
        "---\ndescription: D\n---",
        "---\ndescription: D\n---   \nBody",
        "--- \t\ndescription: D\n---\n",
        "\ufeff---\ndescription: D\n---\n",
        "\n  \n---\ndescription: D\n---\n",
    ],
)
def test_fences_that_skillmeat_accepts_are_accepted(text):
    found = extract(text)

    assert (found["fenced"], found["description"]) == (True, "D")


@pytest.mark.parametrize(
    "text",
    ["----\ndescription: D\n---\n", "---\ndescription: D\n...\n", "x\n---\ndescription: D\n---\n"],
)
def test_text_without_a_fence_is_body(text):
    found = extract(text)

    assert not found["fenced"]
    assert found["description"] != "D"


@pytest.mark.parametrize(
    ("block", "description"),
    [
        ("description: >\n  one\n  two", "one two"),
        ("description: |\n  one\n  two\nname: x", "one\ntwo\n"),
        ("description: >-\n  one\n\n  two", "one\ntwo"),
        ("description: 'it''s'", "it's"),
        ('description: "a\\tb"', "a\tb"),
        ("description: 5", "5"),
        ("description: no", "False"),
        ("description: 2024-01-02", "2024-01-02"),
        ("description: " + "x" * 3000, "x" * 3000),
        ("? description\n: D", "D"),
    ],
)
def test_a_description_is_text_as_yaml_reads_it(block, description):
    assert field(block) == description


@pytest.mark.parametrize(
    "accident",
    ["", "null", "~", "None", "[a, b]", "{a: b}", "'---'", "'[x]'", "'  '", "!!set {a, b}"],
)
def test_an_accident_is_not_a_description(accident):
    assert field(f"description: {accident}") is None


@pytest.mark.parametrize(
    ("written", "version"),
    [
        ("1.10", "1.1"),
        ("'1.10'", "1.10"),
        ("2024-01-02", "2024-01-02"),
        ("1.2.3", "1.2.3"),
        ("010", "8"),
        ("0", "0"),
    ],
)
def test_a_version_is_text_as_yaml_reads_it(written, version):
    assert field(f"version: {written}", "version") == version


def test_a_version_nested_in_metadata_is_not_the_version():
    found = extract(fenced("metadata:\n  version: 1\n  author: Jane"))

    assert found["version"] is found["author"] is None


@pytest.mark.parametrize(
    ("text", "description"),
    [
        ("# Title\n\nFirst line.\nSecond.\n", "First line."),
        ("x" * 300, "x" * 200),
        (fenced("name: x", "## Head\n  First.  \n"), "First."),
        (fenced("description: ''"), "Body line."),
        (fenced("- a\n- b"), "Body line."),
        ("\ufeff---\nname: x\n---\nBody", None),
        ("---\nname: x\n...\nBody", None),
        ("None\nSecond.", None),
    ],
)
def test_the_first_line_of_the_body_replaces_a_missing_description(text, description):
    assert extract(text)["description"] == description


def test_the_body_replaces_a_description_only_if_allowed():
    assert field("name: x", body=False) is None


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ("[a, 7, '']", ["a", "7"]),
        ("a, b,, c", ["a", "b", "c"]),
        ("\n  - a\n  - b", ["a", "b"]),
        ("[ü]", ["ü"]),
        ("5", None),
        ("[]", None),
        ("{a: b}", None),
    ],
)
def test_tags_are_a_list_or_text_split_on_commas(tags, found):
    assert listed(f"tags: {tags}", "tags_json") == found


@pytest.mark.parametrize(
    ("tools", "found"),
    [
        ("Read, Bash", ["Read", "Bash"]),
        (
            "[read, web-fetch, WEB_SEARCH, multi_edit]",
            ["Read", "WebFetch", "WebSearch", "MultiEdit"],
        ),
        ("Read Bash", None),
        ("Bash(git:*), mcp__x__y, Grep", ["Grep"]),
        ("[null, 5, Task]", ["Task"]),
        ("5", None),
        ("{Read: 1}", None),
    ],
)
def test_tools_are_the_names_skillmeat_knows_split_on_commas(tools, found):
    assert listed(f"tools: {tools}", "tools_json") == found


@pytest.mark.parametrize("key", ["tools", "allowed-tools", "allowedTools"])
def test_tools_are_read_from_any_of_three_keys(key):
    assert listed(f"{key}: {', '.join(TOOLS)}", "tools_json") == list(TOOLS)


def test_the_first_tools_key_with_a_value_counts():
    assert listed("allowedTools: Task\nallowed-tools: Bash\ntools: []", "tools_json") == ["Bash"]


BROKEN = """\
name: 'x'
description: Use when: it breaks
# tools: Glob
Allowed-Tools: Read, Bash
author: Jane
license: MIT
version: 1.0
tags: [a]"""


def test_broken_yaml_is_read_line_by_line():
    found = extract(fenced(BROKEN))

    assert found.pop("reason").startswith("line 3: ")
    assert found == dict.fromkeys(found) | {
        "fenced": True,
        "name": "x",
        "description": "Use when: it breaks",
        "tools_json": '["Read", "Bash"]',
    }


@pytest.mark.parametrize(
    "broken",
    [
        "a: b: c",
        "a: *nowhere",
        "a: [",
        "? [a]\n: b",
        "? {a: b}\n: c",
        "a: '",
        "a: !!python/object:os.system x",
        "a: !!binary é",
        "a: =",
        "<<: 3",
        "a: \x01",
        "\ta: b",
    ],
)
def test_a_broken_block_still_has_its_description(broken):
    assert field(f"description: D\n{broken}") == "D"


@pytest.mark.parametrize(
    "value",
    [
        "0x" + "f" * 5000,
        "1:" + "59:" * 500 + "59.5",
        "\ud800",
    ],
)
@pytest.mark.parametrize("block", ["version: {}", "tags: [{}]", "tools: [{}]"])
def test_a_value_that_cannot_be_shown_is_unreadable(block, value):
    with pytest.raises(Unreadable, match="has a front matter"):
        extract(fenced(block.format(value)))


@pytest.mark.parametrize(
    "value",
    [
        "2026-02-30",
        "0x_",
        "9" * 5000,
        "!!int ''",
        "!!int x",
        "!!float ''",
        "!!bool maybe",
        "!!timestamp soon",
        '"\\U00110000"',
    ],
)
@pytest.mark.parametrize("block", ["version: {}", "tags: [{}]", "tools: [{}]"])
def test_of_a_block_with_a_value_yaml_cannot_represent_only_the_body_is_read(block, value):
    found = extract(fenced(f"name: x\n{block.format(value)}\ndescription: D"))

    assert found.pop("reason").startswith("line 3: ")
    assert found == dict.fromkeys(found) | {"fenced": True, "description": "Body line."}


def bomb(line, levels=12):
    return "\n".join(
        [f"a0: &a0 {line.format('x')}"]
        + [f"a{n}: &a{n} {line.format(f'*a{n - 1}')}" for n in range(1, levels)]
    )


@pytest.mark.parametrize(
    "block",
    [
        bomb("[{0}, {0}, {0}, {0}, {0}, {0}, {0}, {0}]"),
        bomb("{{p: {0}, q: {0}, r: {0}, s: {0}}}"),
        "m0: &m0 {x: 1}\n"
        + "\n".join(f"m{n}: &m{n} {{<<: [*m{n - 1}, *m{n - 1}]}}" for n in range(1, 40)),
        "m0: &m0 {x: 1}\n"
        + "\n".join(f"m{n}: &m{n} {{<<: *m{n - 1}}}" for n in range(1, 3000))
        + "\n<<: *m2999",
    ],
)
def test_aliases_that_expand_into_too_many_values_are_refused(block):
    with pytest.raises(Unreadable, match=r"expands into more than 100,000 values|levels deep"):
        extract(fenced(block))


@pytest.mark.parametrize("block", ["a: &a [*a]", "a: &a\n  b: *a", "a: &a\n  <<: *a", "&a {b: *a}"])
def test_a_front_matter_that_contains_itself_is_refused(block):
    with pytest.raises(Unreadable, match="contains itself"):
        extract(fenced(block))


def test_a_few_aliases_are_accepted():
    block = "base: &base {description: D, author: Jane}\n<<: *base\ntags: &t [a]\nother: *t"
    found = extract(fenced(block))

    assert (found["description"], found["author"], found["tags_json"]) == ("D", "Jane", '["a"]')


DEEP = 100_000


@pytest.mark.parametrize(
    "block",
    [
        "a: " + "[" * DEEP,
        "a: " + "[" * DEEP + "]" * DEEP,
        "a: " + "{a: " * DEEP + "}" * DEEP,
        "a: " + "[{a: " * DEEP,
        "- " * DEEP + "a",
        "? " * DEEP + "a",
        *(brk.join(" " * n + "a:" for n in range(1300)) + " 1" for brk in "\n\r\x85\u2028\u2029"),
    ],
    ids=range(11),
)
def test_deep_nesting_is_refused_without_a_crash(block):
    with pytest.raises(Unreadable, match="nested more than 200 levels deep"):
        extract(fenced(f"x: &x y\nz: *x\n{block}" if block[0] == "a" else block))


def test_ordinary_nesting_is_accepted():
    block = "\n".join(f"k{n}:\n  - {{a: [b, {{c: d}}]}}" for n in range(500))

    assert field(f"description: D\n{block}") == "D"


def test_a_front_matter_over_the_size_limit_is_refused(monkeypatch):
    monkeypatch.setattr(yaml_blocks, "BLOCK_LIMIT_CHARS", 10)

    assert field("name: abcd", "name") == "abcd"
    with pytest.raises(Unreadable, match="more than 0 KiB"):
        field("name: abcde")


def test_a_lone_surrogate_is_replaced():
    assert extract("a\ud800b")["description"] == "a?b"


PIECES = st.sampled_from([
    "---\n", "\n---\n", "description: ", "tools: ", "tags: ", "version: ", "- ", "[", "]", "{", "}",
    ", ", ": ", "&a ", "*a", "<<: ", "!!int ", "!!set ", "!!timestamp ", "!!str ", "0x", "1:3",
    "? ", "| ", "\n  ",
    "'", '"', "\\", "#", "\ufeff", "\u2028", "\x85", "\t", "2026-13-45", "=", "~", "%", "\ud800",
])  # fmt: skip
TEXTS = st.text() | st.lists(PIECES | st.text(max_size=5)).map("".join)


@modest
@given(text=TEXTS | TEXTS.map(fenced))
def test_no_text_breaks_the_extraction(text):
    try:
        found = extract(text)
    except Unreadable:
        return

    assert {type(value) for value in found.values()} <= {str, type(None), bool}
    assert all(value.encode() for value in found.values() if isinstance(value, str))


def test_a_long_number_of_base_60_is_refused_at_once():
    with pytest.raises(Unreadable, match="base 60"):
        extract("---\nversion: 1" + ":59" * 100_000 + "\n---\n")


def test_a_time_of_day_is_not_refused_as_a_number():
    assert extract("---\nversion: 1:30:00\n---\n")["version"] == "5400"


def test_nesting_through_aliases_is_refused():
    rungs = "\n".join(f"k{n}: &a{n} [*a{n - 1}]" for n in range(1, 5000))

    with pytest.raises(Unreadable, match="levels deep"):
        extract(f"---\nk0: &a0 [x]\n{rungs}\ntags: [*a4999]\n---\n")


@pytest.mark.parametrize(
    ("text", "description", "author"),
    [
        ("---\n\n---\ndescription: d\nauthor: a\n---\nbody\n", "d", "a"),
        ("---\v\ndescription: d\nauthor: a\n---\nbody\n", "d", "a"),
        ("---\u00a0\ndescription: d\n---\u2028\n", "d", None),
        ("---\ndescription: d\n---\n\n---\nauthor: a\n---\n", "d", None),
        ("---\n\n---\nBody text\n", "Body text", None),
    ],
)
def test_a_second_extraction_fills_what_the_first_left_empty(text, description, author):
    found = extract(text)

    assert (found["description"], found["author"]) == (description, author)
    assert found["reason"] is None
