import os
import random
from datetime import date

import pytest
import yaml

from skillmeat_audit.loaders import yaml_blocks
from skillmeat_audit.loaders.yaml_certain import certain_value

ROUNDS = int(os.environ.get("SKILLMEAT_AUDIT_FUZZ", "3000"))
SEED = int(os.environ.get("SKILLMEAT_AUDIT_FUZZ_SEED", "1"))

CERTAIN = {
    "name: alpha": {"name": "alpha"},
    "a: b: c\n": None,
    "description: Reads: nothing": None,
    "description: Reads a:b, (c) and d#e": {"description": "Reads a:b, (c) and d#e"},
    "description: Reads # a comment: of it": {"description": "Reads"},
    "description: Reads # a comment\n  and more": None,
    "description: Reads: it # a comment": None,
    "description: # a comment": None,
    "a: yes # a comment\nb:\n- No # a comment": {"a": True, "b": [False]},
    "description: Reads all\n  of the lines\n  there are\nname: a": {
        "description": "Reads all of the lines there are", "name": "a",
    },
    "description: >-\n  Folds\n  lines\n\n  and parts\nname: a": {
        "description": "Folds lines\nand parts", "name": "a",
    },
    "description: |\n  Keeps\n    lines\nname: a": {"description": "Keeps\n  lines\n", "name": "a"},
    "description: |\n  Ends here": {"description": "Ends here"},
    "description: |\n  Ends here\n": {"description": "Ends here\n"},
    "description: >\n  Folds\n    not": None,
    "description: |\n \n  Keeps": None,
    "a: 'it''s'\nb: \"say \\\"hi\\\"\"": {"a": "it's", "b": 'say "hi"'},
    'a: "\\u00e9"': None,
    "a: 1\nb: 1.10\nc: 1.2.3\nd: 010": None,
    "a: 1\nb: 1.10\nc: 1.2.3": {"a": 1, "b": 1.1, "c": "1.2.3"},
    "a: yes\nb: No\nc: null\nd:\ne: None": {
        "a": True, "b": False, "c": None, "d": None, "e": "None",
    },
    "a: 2026-02-28": {"a": date(2026, 2, 28)},
    "a: 2026-02-30": None,
    "tags: [a, 'b', \"c\"]\ntools: []": {"tags": ["a", "b", "c"], "tools": []},
    "tools: [Bash(git:*), Read]": {"tools": ["Bash(git:*)", "Read"]},
    "tools: [a: b]": None,
    "tools: [a:]": None,
    "tags:\n- a\n- yes\n\nname: a": {"tags": ["a", True], "name": "a"},
    "# a comment\ntags:\n  - a\n  - 描述\nmeta:\n  level: 2\n  of:\n    x: y": {
        "tags": ["a", "描述"], "meta": {"level": 2, "of": {"x": "y"}},
    },
    "a: b\n  c: d": None,
    "a: &x b": None,
    "a: *x": None,
    "<<: a": None,
    "yes: a": None,
    "a:\tb": None,
    "a: b\x85c: d": None,
    "- a": None,
    "a:\n  -   \n": None,
    "": None,
    'm: {"a": {"b": ["c", 1, true, null], "d":"e"}, "f": "\\u2728 \\n\\"" }\nn: x': {
        "m": {"a": {"b": ["c", 1, True, None], "d": "e"}, "f": '\u2728 \n"'}, "n": "x",
    },
    "m: {}": {"m": {}},
    'm: {"a": "\\ud83c\\udfa7"}': None,
    'm: {"a": 1.0}': None,
    'm: {"a": 1 "b": 2}': None,
    'm: {"a": {"b": 1}': None,
    "m: {a: 1}": None,
    "m: " + '{"a": ' * 30 + "1" + "}" * 30: None,
    "description: a\n\n  b": None,
    "tags:\n- a\n- b # c\n- d": {"tags": ["a", "b", "d"]},
    "tags:\n- a\n - b": None,
    "tags:\n - a\n- b": None,
}  # fmt: skip

# Lines of real front matters, and such as are near the borders of the grammar.
_LINES = (
    "name: alpha", "description: Use when x, y (or z).", "description: >-", "description: |",
    "description: >", "description: |-", "text: |+", "text: >2", "tags:", "tags: [a, b]", "a: []",
    "tags: ['a', \"b\"]", "tags: [a, 1, yes]", "- a", "- yes", "- 'b'", "- 1.0", "-",
    "- c: d", "- - e",
    "  - a", "  - b c", "    - d", "metadata:", "  level: 3", "  on: off", "    deep: er", "  ",
    "version: 1.10", "version: \"1.0\"", "version: 1.2.3", "version: 010", "date: 2026-02-01",
    "at: 2026-02-01 10:00:00", "time: 1:30:00", "n: 1_000", "n: 0x1F", "n: 1e3", "n: .5", "n: -1",
    "x: yes", "x: No", "x: null", "x: ~", "x: y", "x:", "x: NULL", "on: x", "  Folded text here",
    "  more: of it", "   deeper text", "  # indented comment", "# comment", "", "", "plain text",
    "quoted: \"a\\nb\"", "quoted: \"a\\tb\\\"c\\\\\"", "quoted: 'it''s: #1'", "quoted: \"open",
    "  closed\"", "quoted: 'a' # b", "url: https://example.org/a#b", "glob: *.md", "at: @me",
    "amp: a & b", "amp: &a b", "ref: *a", "<<: *a", "bang: !x", "tag: !!str 1", "pct: 100%",
    "描述: 中文", "description: 中文：说明。", "emoji: 🎧 音", "text: a \u3000b", "? x", ": y",
    "tools: Read, Bash(git:*)", "tools: [Bash(*), Read]", "{a: b}", "flow: {a: b}", "---", "...",
    "key with space: x", "trailing: x  ", "colon: a:", "colon: a: b", "hash: a#b", "hash: a #b",
    "- a # b", "  - c  # d: e", "word: no #", "hash: # a", "hash: a # b # c",
)  # fmt: skip
_ENTRIES = (
    "name: alpha", "description: Use when x, y (or z).", "description: >-\n  Folds\n  lines",
    "description: >\n  Folds\n\n  parts\n\n\n", "text: |\n  Keeps\n    lines\n  of it",
    "text: |-\n    Strips\n    ends\n", "text: First\n  second line\n   third", "tags:\n- a\n- 'b'",
    "tags:\n  - a b\n\n  - yes\n  - 1.0", "metadata:\n  level: 3\n  tags:\n  - a\n  of:\n    x: y",
    "metadata:\n  text: >-\n    Folds\n    here\n  none:\n  last: 'it''s'", "tags: [a, 'b', \"c\"]",
    "empty:", "f: [Bash(a:*), b:c]", "n: 12", "v: 1.10", "v: 1.2.3", "d: 2026-02-01", "b: Yes",
    "b: OFF", "x: null", "l: []",
    "q: \"say \\\"hi\\\" \\\\ \"", "描述: 中文：说明。", "t: 中文 text", "# comment",
    "u: https://e.org/a#b ", 'm: {"a": {"b": ["c", 1], "d":"\\u2728"}, "e": true }', "m: {}",
)  # fmt: skip
_CHARACTERS = " \n:#-'\"[]{},&*!|>%@`?.~_0123aeéy中\t\\\xa0\x85\u2028\ufeff"


def random_block(chance):
    """Return valid entries, with a few unlikely lines, and some characters changed."""
    parts = [chance.choice(_ENTRIES) for _ in range(chance.randrange(1, 7))]
    for _ in range(chance.choice((0, 0, 1, 1, 3))):
        line = "  " * chance.choice((0, 0, 0, 1, 2)) + chance.choice(_LINES)
        parts.insert(chance.randrange(len(parts) + 1), line)
    block = "\n".join(parts)
    for _ in range(chance.choice((0, 0, 1, 3))):
        at = chance.randrange(len(block) + 1)
        block = block[:at] + chance.choice(_CHARACTERS) + block[at + chance.randrange(2) :]
    return block


@pytest.mark.parametrize("block", CERTAIN)
def test_what_is_certain_is_what_pyyaml_returns(block):
    value = certain_value(block)

    assert value == CERTAIN[block]
    if value is not None:
        assert repr(value) == repr(yaml.safe_load(block))


def test_random_blocks_are_read_as_pyyaml_reads_them_or_left_to_it():
    chance, answered = random.Random(SEED), 0
    for _ in range(ROUNDS):
        block = random_block(chance)
        value = certain_value(block)
        if value is None:
            continue
        answered += 1
        assert repr(value) == repr(yaml.safe_load(block)), block

    assert answered > ROUNDS / 5


def test_what_is_uncertain_is_left_to_pyyaml(monkeypatch):
    monkeypatch.setattr(yaml_blocks, "certain_value", lambda block: None)
    by_pyyaml = {block: _load(block) for block in CERTAIN}
    monkeypatch.undo()

    assert {block: _load(block) for block in CERTAIN} == by_pyyaml


def _load(block):
    try:
        return repr(yaml_blocks.load_block(block))
    except yaml.YAMLError as exc:
        return type(exc), str(exc)
