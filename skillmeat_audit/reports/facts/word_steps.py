"""Compares two texts word by word."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

_WORDS = re.compile(r"\s+|[^\s\w]|\w+")  # "Reads files." is "Reads", " ", "files", "."


def word_steps(before: str, after: str) -> Iterator[tuple[bool, str, str]]:
    """Yield the parts of two texts in order: whether both are equal, and each text's words."""
    one, other = _WORDS.findall(before), _WORDS.findall(after)
    # autojunk would ignore words that are frequent in texts of more than 200 words.
    for step, i, j, k, m in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        yield step == "equal", "".join(one[i:j]), "".join(other[k:m])
