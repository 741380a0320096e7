"""The contracts of the DataFrames that pass between rooms: names, dtypes, order, what a row is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy.typing as npt
import pandas as pd

from skillmeat_audit.base.arrow import to_objects
from skillmeat_audit.model.fields import COLUMNS

Column = Sequence[object] | pd.Series | npt.NDArray[Any]

TEXT, NUMBER, REAL, FLAG = "string", "Int64", "Float64", "boolean"


@dataclass(frozen=True)
class Table:
    """A contract: required columns with their nullable dtypes, in order.

    Nulls are ``<NA>``: the layer has no value. All text is ``string`` (backed by pyarrow), times
    included: they stay as SkillMeat stores them.
    """

    name: str
    columns: Mapping[str, str]

    def conform(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return *frame* with exactly this contract's columns and dtypes, and a fresh index.

        A column that *frame* lacks is the caller's error (`KeyError`), never filled in silently.
        """
        return self.build({name: frame[name] for name in self.columns})

    def build(self, values: Mapping[str, Column]) -> pd.DataFrame:
        """Return a frame of this contract from columns of values; ``None`` becomes ``<NA>``."""
        arrays = {
            name: pd.array(cast("Any", values[name]), dtype=cast("Any", kind))
            for name, kind in self.columns.items()
        }
        return pd.DataFrame(arrays, copy=False)

    def from_records(self, rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
        """Return a frame of this contract, one row per record; keys a record lacks are ``<NA>``."""
        return self.build({name: [row.get(name) for row in rows] for name in self.columns})

    def empty(self) -> pd.DataFrame:
        """Return a frame of this contract without rows."""
        return self.from_records([])


KEY = ("collection_id", "artifact_id")
_CELLS = dict.fromkeys(COLUMNS, TEXT)

# One row per [[artifacts]] entry of every readable manifest, by file collection, then position.
# ``artifact_id`` is "type:name", ``stem`` the same without a suffix SkillMeat ignores.
# List columns are JSON text in the manifest's order.
MANIFEST = Table("manifest", {
    "entry": NUMBER, "file_collection": TEXT, "position": NUMBER, "artifact_id": TEXT, "stem": TEXT,
    "name": TEXT, "type": TEXT, "path": TEXT, "added": TEXT, "import_id": TEXT, "linked": FLAG,
    **_CELLS,
})  # fmt: skip

# One row per manifest entry, in the same order. ``state`` tells what was found at the entry's path:
# read, absent (files are there, nothing to read in them), missing (of a skill: SKILL.md is),
# outside, unreadable; ``reason`` says why, for the last three, and why the front matter of a file
# that was read is not valid YAML.
FRONTMATTER = Table("frontmatter", {
    "entry": NUMBER, "state": TEXT, "reason": TEXT, "file": TEXT, "modified_at": TEXT,
    "fenced": FLAG, "name": TEXT, **_CELLS,
})  # fmt: skip

# One row per row of collection_artifacts, by key. Without an artifacts row, ``artifact_id`` is what
# the row itself holds and ``has_artifact`` is False. ``held_…`` is what the artifacts row says.
ROWS = Table("rows", {
    "collection_id": TEXT, "artifact_id": TEXT, "stem": TEXT, "artifact_uuid": TEXT,
    "has_artifact": FLAG, "added_at": TEXT, "synced_at": TEXT, "deployments_json": TEXT,
    "artifact_content_hash": TEXT, "held_description": TEXT, "held_source": TEXT, **_CELLS,
})  # fmt: skip

# One row per collection of the cache, by id.
COLLECTIONS = Table("collections", {"id": TEXT, "name": TEXT, "collection_type": TEXT})

# One row per marketplace catalogue entry, by type, name, upstream_url. ``artifact_id`` is
# "type:name".
CATALOG = Table("catalog", {
    "artifact_id": TEXT, "source_id": TEXT, "artifact_type": TEXT, "name": TEXT, "path": TEXT,
    "upstream_url": TEXT, "description": TEXT, "status": TEXT, "import_id": TEXT,
    "import_date": TEXT, "confidence_score": TEXT,
})  # fmt: skip

# One row per registered marketplace source, by id.
SOURCES = Table("sources", {"id": TEXT, "repo_url": TEXT, "owner": TEXT, "repo_name": TEXT})

# One row per thing a loader could not use. ``kind``: manifest, settings, schema, integrity,
# undeclared.
PROBLEMS = Table("problems", {"kind": TEXT, "artifact_id": TEXT, "place": TEXT, "detail": TEXT})

# One row per candidate: a manifest entry (``entry``) that may speak for a cache row (``row``, its
# position in ROWS), the preferred one first.
CANDIDATES = Table("candidates", {"row": NUMBER, "entry": NUMBER, "rank": NUMBER})

# One row per disagreeing cell, in row order, then column order.
CELLS = Table("cells", {
    "row": NUMBER, "collection_id": TEXT, "artifact_id": TEXT, "column": TEXT, "status": TEXT,
    "expected": TEXT, "actual": TEXT, "evidence": TEXT, "disposition": TEXT, "detail": TEXT,
})  # fmt: skip

# One row per cell that a repair of this project wrote, ``synced_at`` among them, whatever became of
# it since; ``entry`` numbers the written rows. ``written_at`` is the time that the run stamped on
# the row; ``before`` and ``after`` are what the cell held, <NA> for NULL. ``committed`` is False of
# a run that was interrupted.
REPAIRED = Table("repaired", {
    "entry": NUMBER, "run": TEXT, "committed": FLAG, "op": TEXT, "collection_id": TEXT,
    "artifact_id": TEXT, "written_at": TEXT, "column": TEXT, "before": TEXT, "after": TEXT,
})  # fmt: skip

# One row per cache row, in the order of ROWS: which code path last wrote its values. ``run`` is the
# run of a repair of this project, <NA> for other writers.
WRITERS = Table("writers", {
    "collection_id": TEXT, "artifact_id": TEXT, "writer": TEXT, "writer_confidence": TEXT,
    "explanation": TEXT, "run": TEXT,
})  # fmt: skip

# One row per cache row, in the order of ROWS: what SkillMeat's pages show of it. ``tier`` is where
# the texts come from: row (it is synced), manifest, or reconstructed (from the artifacts table);
# ``obstacle`` says why the source, which is never empty, is not ``clickable``.
PAGES = Table("pages", {
    "collection_id": TEXT, "artifact_id": TEXT, "tier": TEXT, "description": TEXT, "source": TEXT,
    "origin": TEXT, "origin_source": TEXT, "clickable": FLAG, "obstacle": TEXT,
})  # fmt: skip

# One row per disagreement, by collection, artifact, rule, column.
FINDINGS = Table("findings", {
    "rule": TEXT, "severity": TEXT, "collection_id": TEXT, "artifact_id": TEXT, "column": TEXT,
    "status": TEXT, "expected": TEXT, "actual": TEXT, "evidence": TEXT, "disposition": TEXT,
    "writer": TEXT, "writer_confidence": TEXT, "detail": TEXT,
})  # fmt: skip


# One row per cell of a plan (per row for deletes, whose column is <NA>), in the plan's order.
CHANGES = Table("changes", {
    "op": TEXT, "collection_id": TEXT, "artifact_id": TEXT, "column": TEXT, "before": TEXT,
    "after": TEXT, "disposition": TEXT, "rules": TEXT,
})  # fmt: skip

# One row per change of a run, in the plan's order. ``outcome``: applied or skipped.
OUTCOMES = Table("outcomes", {
    "op": TEXT, "collection_id": TEXT, "artifact_id": TEXT, "outcome": TEXT, "reason": TEXT,
})  # fmt: skip


# One row per path and era, in the order of the replay: what it left of ``artifacts`` rows, and what
# writing them cost in all. ``descriptions`` and ``sources`` count the rows that hold what they
# should, ``kept_…`` those that still do after SkillMeat's next refresh; ``rules`` are the codes of
# the wrong cells; ``seconds`` is <NA> where time was not asked for.
REPLAYS = Table("replays", {
    "era": TEXT, "path": TEXT, "title": TEXT, "does": TEXT, "artifacts": NUMBER,
    "descriptions": NUMBER, "sources": NUMBER, "wrong_cells": NUMBER, "statements": NUMBER,
    "commits": NUMBER, "reads": NUMBER, "seconds": REAL, "kept_descriptions": NUMBER,
    "kept_sources": NUMBER, "writer": TEXT, "rules": TEXT,
})  # fmt: skip

# One row per path, era and artifact: the row that the path left, and who is held to have written
# it.
REPLAYED = Table("replayed", {
    "era": TEXT, "path": TEXT, "artifact_id": TEXT, "description": TEXT, "source": TEXT,
    "origin": TEXT, "origin_source": TEXT, "writer": TEXT, "writer_confidence": TEXT,
})  # fmt: skip


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of *frame* as dicts, nulls as ``None``: the one door out of pandas."""
    columns = [to_objects(frame[name]) for name in frame.columns]
    names = [str(name) for name in frame.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
