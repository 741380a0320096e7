"""Replays SkillMeat's import paths and the repair options over scratch homes, and audits each."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from skillmeat_audit.api.audit import audit
from skillmeat_audit.api.values import Audit
from skillmeat_audit.base.arrow import is_in
from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.base.text import printable
from skillmeat_audit.diff.comparison import Comparison, compare
from skillmeat_audit.loaders.extraction import extract
from skillmeat_audit.loaders.snapshot import load_snapshot, with_progress
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.findings import CELL_STATUSES
from skillmeat_audit.model.replays import REPLAYED, REPLAYS
from skillmeat_audit.repair.backup import back_up_database
from skillmeat_audit.replay.paths import ImportPath, import_paths, refresh_all
from skillmeat_audit.replay.scratch import scratch_home
from skillmeat_audit.replay.source import BUNDLED_SOURCE, Fields, SourceArtifact, scan_source
from skillmeat_audit.reports.notebook.replay import replay_html
from skillmeat_audit.reports.terminal.replay import replay_text
from skillmeat_audit.schema.shape import ERAS, Era

_WIDTH = 110

Record = dict[str, object]


@dataclass(frozen=True)
class Replay:
    """What each path left and what it cost; shows itself in a notebook.

    ``paths`` is ``REPLAYS``, one row per path and era; ``artifacts`` is ``REPLAYED``, one row per
    path, era and artifact.
    """

    paths: pd.DataFrame = field(repr=False)
    artifacts: pd.DataFrame = field(repr=False)

    def __repr__(self) -> str:
        lines = [line.plain for line in replay_text(self.paths, self.artifacts, _WIDTH)]
        return "\n".join([*lines, "see .paths and .artifacts"])

    def _repr_html_(self) -> str:
        return replay_html(self.paths)


def replay_imports(
    source: Path | None = None,
    *,
    eras: Sequence[Era] = ERAS,
    source_indexed: bool = True,
    timed: bool = True,
    keep: Path | None = None,
) -> Replay:
    """Replay SkillMeat's import paths and the repair options over the same import.

    Everything happens in temporary homes; of the user's files only *source* is read.

    Parameters
    ----------
    source : Path, optional
        Folder of artifacts to import; by default a small bundled one.
    eras : sequence of str
        The keys of the caches to replay on.
    source_indexed : bool
        SkillMeat's setting for a source: without it the catalogue has no descriptions.
    timed : bool
        Whether to measure seconds, which differ from run to run.
    keep : Path, optional
        New folder that receives the homes, as ``<era>/<path>/.skillmeat``.

    Returns
    -------
    Replay
        What each path left, and how many statements, commits and reads it took.

    Raises
    ------
    UsageError
        If *source* holds no artifact, or *keep* cannot be made.

    Examples
    --------
    >>> import skillmeat_audit as sma
    >>> replay = sma.replay_imports(eras=["artifact_id"], timed=False)
    >>> replay.paths.set_index("path").loc[["batch-import", "refresh"], "descriptions"].to_dict()
    {'batch-import': 0, 'refresh': 4}
    """
    source = BUNDLED_SOURCE if source is None else source
    entries = scan_source(source, _fields, indexed=source_indexed)
    if keep is not None:
        _make_folder(keep)
    path_records, row_records = [], []
    for era in eras:
        stage = _Stage(era, source, entries, keep)
        paths = [path for path in import_paths(_fields) if era in path.eras]
        for path in with_progress(paths, None, f"keyed by {era}"):
            path_record, rows = _replay_path(path, stage)
            path_records.append(path_record if timed else path_record | {"seconds": None})
            row_records += rows
    return Replay(REPLAYS.from_records(path_records), REPLAYED.from_records(row_records))


@dataclass(frozen=True)
class _Stage:
    """What the paths of an era are replayed on."""

    era: Era
    source: Path
    entries: Sequence[SourceArtifact]
    keep: Path | None


def _replay_path(path: ImportPath, stage: _Stage) -> tuple[Record, list[Record]]:
    """Return the record of ``REPLAYS`` and those of ``REPLAYED`` of one path."""
    with tempfile.TemporaryDirectory(prefix="skillmeat-replay-") as folder:
        home = Path(folder) / ".skillmeat"
        with scratch_home(home, stage.era, stage.source, stage.entries) as scratch:
            # What has to exist before the path runs does not count as its cost.
            entries = path.before(scratch, stage.entries)
            with scratch.costs.counting():
                path.write(scratch, entries)
            audited = audit(home, progress=False)
            if stage.keep is not None:
                # Before the refresh: the copy shows what the path itself left.
                _copy_home(home, stage.keep / stage.era / path.name / ".skillmeat")
            # The refresh shows which of the values last: it copies the manifest over the rows.
            refresh_all(scratch, stage.entries)
            refreshed = compare(load_snapshot(home, progress=False))
    identity = {"era": stage.era, "path": path.name, "title": path.title, "does": path.does}
    after_refresh = {f"kept_{name}": n for name, n in _right_rows(refreshed).items()}
    figures = scratch.costs.figures() | _right_rows(audited.comparison) | after_refresh
    record = identity | {"artifacts": len(stage.entries)} | figures | _verdict(audited)
    return record, [identity | row for row in _rows(audited)]


def _right_rows(comparison: Comparison) -> Record:
    """Return how many rows have the description and the source that they should have."""
    wrong = comparison.cells["column"].value_counts()
    rows = len(comparison.snapshot.rows)
    return {
        "descriptions": rows - int(wrong.get("description", 0)),
        "sources": rows - int(wrong.get("source", 0)),
    }


def _verdict(audited: Audit) -> Record:
    """Return what the audit says in words: wrong cells, their rules, and who wrote the rows."""
    findings, writers = audited.findings, audited.writers
    wrong = findings[findings["column"].notna() & is_in(findings["status"], CELL_STATUSES)]
    counts = Counter(zip(writers["writer"], writers["writer_confidence"], strict=True))
    attributed = [f"{name} ×{count} ({sure})" for (name, sure), count in sorted(counts.items())]
    codes = sorted(set(wrong["rule"]))
    return {"wrong_cells": len(wrong), "writer": ", ".join(attributed), "rules": " ".join(codes)}


def _rows(audited: Audit) -> list[Record]:
    columns = ["artifact_id", "description", "source", "origin", "origin_source"]
    writers = audited.writers[["writer", "writer_confidence"]]
    return records(pd.concat([audited.rows[columns], writers], axis=1))


def _fields(text: str) -> Fields:
    values: Mapping[str, object] = extract(text)
    return {name: None if value is None else str(value) for name, value in values.items()}


def _copy_home(home: Path, target: Path) -> None:
    """Copy a scratch home whose cache is still connected to: that one through SQLite alone."""
    shutil.copytree(home, target, ignore=shutil.ignore_patterns("cache.db*"))
    back_up_database(home / "cache" / "cache.db", target / "cache" / "cache.db")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True)
    except OSError as exc:
        raise UsageError(
            f"cannot keep the homes in {printable(folder)}: {exc.strerror or exc}; "
            "name a folder that does not exist yet"
        ) from exc
