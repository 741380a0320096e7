"""Every cell of the cache is spoilt; SkillMeat's own refreshes then say what belongs there."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from conformance.app import DEFAULT
from conformance.life import ACCIDENTS, AUTHORS_WORD, PART, TEAM, Life

from skillmeat_audit.model.fields import COLUMNS, LIST_COLUMNS

pytest.importorskip("skillmeat", reason="run by `make conformance`, in an environment of its own")

SPOILT = {name: '["spoilt"]' if name in LIST_COLUMNS else "spoilt" for name in COLUMNS}
BLANK = dict.fromkeys(COLUMNS)


@dataclass(frozen=True)
class Refresher:
    """One of SkillMeat's refreshes, with what it does not write, by the number of the reason.

    ``unreached`` names rows, by collection and artifact; ``silent`` names columns.
    """

    name: str
    deed: Callable[[Life], object]
    unreached: dict[tuple[str, str], str]
    silent: dict[str, str]

    def leaves(self, key: tuple[str, str], column: str) -> str | None:
        """Return the number of the reason why it does not write a cell, None where it does."""
        return self.unreached.get(key) or self.silent.get(column)


def refresh_each(life: Life) -> None:
    """Refresh the rows of the default collection one by one, as an edit of each would."""
    from skillmeat.api.dependencies import app_state
    from skillmeat.api.services.artifact_cache_service import refresh_single_artifact_cache
    from skillmeat.cache.models import get_session

    for collection, artifact in life.app.rows():
        if collection == DEFAULT:
            session = get_session()
            refresh_single_artifact_cache(session, app_state.artifact_manager, artifact)
            session.commit()
            session.close()


_TEAM_ROWS = {(TEAM, name): "49" for name in ("agent:code-critic", "skill:mine", "skill:1password")}
REFRESHERS = (
    Refresher(
        "refresh-cache",
        lambda life: life.app.ask("POST", "/user-collections/refresh-cache"),
        # Of two rows of one artifact it writes the older one, whose collection it does not ask.
        {key: number for key, number in _TEAM_ROWS.items() if key[1] != "skill:1password"}
        | {
            (DEFAULT, "skill:1password"): "32",
            (DEFAULT, "skill:other"): "32",
            (DEFAULT, PART): "41",
        },
        {},
    ),
    Refresher(
        "startup",
        lambda life: life.app.restart(),
        _TEAM_ROWS | {(DEFAULT, PART): "41"},
        {"version": "32", "origin_source": "32"},
    ),
    Refresher(
        "one by one",
        refresh_each,
        _TEAM_ROWS
        | {(DEFAULT, PART): "41", (DEFAULT, "skill:other"): "11"}
        | {(DEFAULT, name): "39" for name in ("skill:review", "command:review")},
        {},
    ),
)


def spoil(life, values):
    """Put *values* into every row."""
    columns = ", ".join(f"{name} = ?" for name in values)
    life.app.execute(f"UPDATE collection_artifacts SET {columns}", *values.values())


def comparable(column, value):
    """Return *value* with nothing in it told apart that SkillMeat shows alike."""
    if column in LIST_COLUMNS and value is not None:
        return sorted(json.loads(value)) or None
    return value


def claims(life):
    """Return what the audit expects of every cell it finds wrong."""
    return {
        cell: comparable(cell[1], finding["expected"])
        for cell, finding in life.findings().items()
        if finding["status"] is not None and cell[1] in COLUMNS
    }


def cells(life):
    """Return what the rows hold."""
    rows = life.app.rows().items()
    return {
        (life.name(key), column): comparable(column, row[column])
        for key, row in rows
        for column in COLUMNS
    }


by_refresher = pytest.mark.parametrize("refresher", REFRESHERS, ids=lambda each: each.name)


@by_refresher
@pytest.mark.parametrize("damage", [SPOILT, BLANK], ids=["spoilt", "blank"])
def test_what_is_expected_is_what_skillmeat_writes(life, refresher, damage, tally):
    spoil(life, damage)
    expected = claims(life)
    refresher.deed(life)
    written = {cell: value for cell, value in cells(life).items() if not refresher.leaves(*cell)}

    differences = {
        (key[1], column)
        for (key, column), value in written.items()
        if expected.get((key, column)) != value
    }
    reached = {(key[1], column) for key, column in written}
    assert differences == (AUTHORS_WORD.keys() | ACCIDENTS) & reached
    tally["cells that SkillMeat's refreshes wrote as we expect"] += len(written) - len(differences)
    tally["cells it blanks where the author's front matter knows better (7.44)"] += len(
        differences - ACCIDENTS
    )
    tally["accidents that it writes from a manifest (7.43)"] += len(differences & ACCIDENTS)


@by_refresher
def test_a_refresh_leaves_what_the_notes_say_it_leaves(life, refresher, tally):
    spoil(life, SPOILT)
    refresher.deed(life)
    found = cells(life)

    left = {cell for cell, value in found.items() if value == comparable(cell[1], SPOILT[cell[1]])}
    assert left == {cell for cell in found if refresher.leaves(*cell)}
    for cell in left:
        tally[f"cells it leaves as they are (7.{refresher.leaves(*cell)})"] += 1


def test_every_spoilt_cell_of_a_known_artifact_is_found(life):
    spoil(life, SPOILT)

    unclaimed = cells(life).keys() - claims(life).keys()
    assert {key for key, _ in unclaimed} == {(DEFAULT, PART)}
