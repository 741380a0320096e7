"""The unified diff of two versions of a long text that consists of many similar blocks.

difflib compares whole texts: in a manifest of 10,000 entries, whose lines repeat in every entry, it
does not end within minutes. Block by block it takes a second.
"""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise

Lines = Sequence[str]
Step = tuple[str, int, int, int, int]  # as in SequenceMatcher.get_opcodes
_CONTEXT_LINES = 3


def block_diff(before: Lines, after: Lines, name: str, block_start: str) -> Iterator[str]:
    """Yield the unified diff of two texts, in lines without ends; nothing where they are equal.

    Blocks begin with a line that starts with *block_start*.
    """
    matcher = _Blocks(before, after, block_start)
    groups = list(matcher.get_grouped_opcodes(_CONTEXT_LINES)) if before != after else []
    if groups:
        yield from (f"--- {name}", f"+++ {name}")
    for group in groups:
        (_, i, _, j, _), (_, _, i_end, _, j_end) = group[0], group[-1]
        old, new = _range(i, i_end), _range(j, j_end)
        yield f"@@ -{old} +{new} @@"
        for step, i1, i2, j1, j2 in group:
            if step == "equal":
                yield from (f" {line}" for line in before[i1:i2])
                continue
            yield from (f"-{line}" for line in before[i1:i2])
            yield from (f"+{line}" for line in after[j1:j2])


def _range(start: int, stop: int) -> str:
    length = stop - start
    if length == 1:
        return f"{start + 1}"
    return f"{start + 1 if length else start},{length}"


class _Blocks(SequenceMatcher[str]):
    """Compares lines within pairs of blocks; blocks that are added or removed as a whole."""

    def __init__(self, before: Lines, after: Lines, block_start: str) -> None:
        super().__init__(None, [], [], autojunk=False)
        self._blocks = [_split(lines, block_start) for lines in (before, after)]

    def get_opcodes(self) -> list[Step]:  # type: ignore[override]
        """Return the steps from the one text to the other, line by line."""
        old, new = self._blocks
        steps: list[Step] = []
        i = j = 0
        for one, other in _pairs(old, new):
            for tag, i1, i2, j1, j2 in SequenceMatcher(None, one, other, False).get_opcodes():
                _append(steps, (tag, i + i1, i + i2, j + j1, j + j2))
            i, j = i + len(one), j + len(other)
        return steps


def _append(steps: list[Step], step: Step) -> None:
    """Append *step*, or lengthen the last one: unchanged blocks side by side are one step."""
    if steps and steps[-1][0] == step[0] == "equal":
        step = ("equal", steps[-1][1], step[2], steps[-1][3], step[4])
        steps.pop()
    steps.append(step)


def _split(lines: Lines, block_start: str) -> list[tuple[str, ...]]:
    starts = [n for n, line in enumerate(lines) if line.startswith(block_start)]
    bounds = sorted({0, *starts, len(lines)})
    return [tuple(lines[i:j]) for i, j in pairwise(bounds)]


def _pairs(
    old: list[tuple[str, ...]], new: list[tuple[str, ...]]
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Yield the blocks that belong together; an empty one where a block has no partner."""
    if len(old) == len(new):
        yield from zip(old, new, strict=True)
        return
    for _, i1, i2, j1, j2 in SequenceMatcher(None, old, new, False).get_opcodes():
        common = min(i2 - i1, j2 - j1)
        yield from zip(old[i1 : i1 + common], new[j1 : j1 + common], strict=True)
        yield from ((block, ()) for block in old[i1 + common : i2])
        yield from (((), block) for block in new[j1 + common : j2])
