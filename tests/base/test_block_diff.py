"""The diff of a manifest, block by block."""

import difflib
import time

import pytest

from skillmeat_audit.base.block_diff import block_diff

HEAD = ["# mine", ""]


def block(name, *lines):
    return ["[[artifacts]]", f'name = "{name}"', 'type = "skill"', *lines, ""]


def text(*blocks):
    return HEAD + [line for lines in blocks for line in lines]


CASES = {
    "equal": (text(block("a")), text(block("a"))),
    "a line more": (text(block("a"), block("b")), text(block("a"), block("b", "x = 1"))),
    "a line less": (text(block("a", "x = 1")), text(block("a"))),
    "a block less": (text(block("a"), block("a"), block("b")), text(block("a"), block("b"))),
    "a block more": (text(block("b")), text(block("a"), block("b"))),
    "no block": (["x = 1"], ["x = 2"]),
    "from nothing": ([], text(block("a"))),
}


def applied(before, diff):
    """Return what *diff* makes of *before*, as patch does."""
    lines, position = [], 0
    for line in diff[2:]:
        if line.startswith("@@"):
            start = int(line.split()[1].lstrip("-").split(",")[0])
            length = line.split()[1].partition(",")[2]
            start = start if length == "0" else start - 1
            lines += before[position:start]
            position = start
        elif line[0] == "+":
            lines.append(line[1:])
        else:
            assert before[position] == line[1:]
            lines += [] if line[0] == "-" else [line[1:]]
            position += 1
    return lines + before[position:]


@pytest.mark.parametrize("case", CASES)
def test_the_diff_leads_from_the_one_text_to_the_other(case):
    before, after = CASES[case]

    diff = list(block_diff(before, after, "x.toml", "[[artifacts]]"))

    assert applied(before, diff) == after
    assert bool(diff) == (before != after)


@pytest.mark.parametrize("case", ["a line more", "a line less", "no block", "from nothing"])
def test_a_small_diff_is_that_of_difflib(case):
    before, after = CASES[case]

    diff = list(block_diff(before, after, "x", "[[artifacts]]"))

    assert diff == list(difflib.unified_diff(before, after, "x", "x", lineterm=""))


def test_the_time_grows_with_the_number_of_blocks():
    def seconds(count):
        before = text(*(block(n) for n in range(count)))
        after = text(*(block(n, "x = 1") for n in range(count)))
        started = time.process_time()
        assert applied(before, list(block_diff(before, after, "x", "[[artifacts]]"))) == after
        return time.process_time() - started

    assert seconds(4_000) < 20 * max(seconds(400), 0.005)
