"""Regular expressions that read what others wrote take time in proportion to it."""

import re
import time

import pytest

from skillmeat_audit.loaders import extraction, yaml_blocks, yaml_corrections, yaml_faults
from skillmeat_audit.model import accidents
from skillmeat_audit.ui.cli import crash

LENGTH = 10_000
# Quadratic time would be thousands of times that of one pass over the text.
TIMES_ONE_PASS = 1_000
UNITS = (
    "~",
    "`",
    "-",
    "<a ",
    "<!--",
    "![",
    ",a",
    "{",
    "'a'",
    "\\",
    "a:",
    "- ",
    " ",
    "\n",
    "1.",
    "1:",
)
# The package matches these at the start of a line only; a search would be quadratic.
ANCHORED = ("_KNOWN_KEY", "_PAIR", "_ITEM", "_GLUED", "_ENDING")
PATTERNS = {
    f"{module.__name__}.{name}": value
    for module in (accidents, crash, extraction, yaml_blocks, yaml_corrections, yaml_faults)
    for name, value in vars(module).items()
    if isinstance(value, re.Pattern)
}


def seconds(call, text):
    begun = time.perf_counter()
    call(text)
    return time.perf_counter() - begun


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_takes_linear_time(name):
    pattern = PATTERNS[name]
    calls = [pattern.match, pattern.fullmatch]
    calls += [] if name.endswith(ANCHORED) else [pattern.search]
    for unit in UNITS:
        text = unit * (LENGTH // len(unit)) + "\nx"
        limit = TIMES_ONE_PASS * max(seconds(re.compile("[^\1]*").fullmatch, text), 1e-5)
        for call in calls:
            assert min(seconds(call, text) for _ in range(2)) < limit, (unit, call.__name__)
