"""Keeps what every run found, and says what changed: new, fixed, persisting."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd
import sqlalchemy as sa

from skillmeat_audit.history.database import (
    FINDING_ROWS,
    RUN_ROWS,
    read_transaction,
    write_transaction,
)
from skillmeat_audit.model.tables import NUMBER, Table, is_in, records
from skillmeat_audit.model.trend import FIXED, REPORTED, RUNS, Delta, short_digest

_TREND_RUNS = 60

# Findings of earlier runs as they are kept: each was there from ``first_run`` to ``last_run``.
EARLIER_FINDINGS = Table("known", {**FIXED.columns, "first_run": NUMBER, "last_run": NUMBER})


@dataclass(frozen=True)
class Series:
    """Runs that can be compared: of one home, on one database, with one scope (as text)."""

    home: str
    database: str | None
    scope: str = ""

    @property
    def key(self) -> str:
        """What tells it from others."""
        return short_digest([self.home, self.database, self.scope])


@dataclass(frozen=True)
class HistoryLocation:
    """Where the runs of a series are kept, and how many of them."""

    url: str = field(repr=False)
    series: Series
    retention: int


@dataclass(frozen=True)
class RecordedRun:
    """A run that was kept: its number, its findings (``REPORTED``) with what is known of each.

    ``changes`` is None without an earlier run that was delivered; ``trend`` is ``RUNS``.
    """

    run: int
    findings: pd.DataFrame
    changes: Delta | None
    trend: pd.DataFrame


def record_run(
    place: HistoryLocation,
    at: str,
    facts: Mapping[str, object],
    findings: pd.DataFrame,
    hidden: Collection[str] = (),
) -> RecordedRun:
    """Keep a run made *at* a time, with its *facts* and *findings*; return what changed.

    It is compared with the latest run that was delivered, so that nothing new is missed where a
    report got lost. *facts* are values of ``RUNS`` and ``tool_version``; *hidden* are fingerprints
    of findings that are left out on request: they are not fixed. Raises `StateError`.
    """
    with write_transaction(place.url) as connection:
        latest, delivered = _latest(connection, place.series)
        known = _known(connection, place.series, (latest, delivered))
        run = _insert_run(connection, place.series, at, {"outcome": "checked", **facts})
        changes = _changes(connection, delivered, known, (findings["fingerprint"], hidden))
        told = _told(findings, known, at, (latest, delivered))
        _keep(connection, place.series, told, known, (run, latest))
        if changes is not None:
            counts = {"new": changes.new, "fixed": len(changes.fixed)}
            _set(connection, run, {**counts, "persisting": changes.persisting})
        oldest = _forget(connection, place, "checked")
        forgotten = (FINDING_ROWS.c.series == place.series.key) & (FINDING_ROWS.c.last_run < oldest)
        connection.execute(sa.delete(FINDING_ROWS).where(forgotten))
        return RecordedRun(run, told, changes, _runs(connection, place.series).tail(_TREND_RUNS))


def record_failed_run(place: HistoryLocation, at: str, reason: str, version: str) -> int:
    """Keep a run that could not check the home; return its number. Raises `StateError`."""
    facts = {"outcome": "failed", "failure": reason, "tool_version": version}
    with write_transaction(place.url) as connection:
        run = _insert_run(connection, place.series, at, facts)
        _forget(connection, place, "failed")
        return run


def mark_delivered(place: HistoryLocation, run: int) -> None:
    """Say that the report of *run* arrived everywhere; raise `StateError`."""
    with write_transaction(place.url) as connection:
        _set(connection, run, {"delivered": True})


def load_runs(url: str, home: str) -> pd.DataFrame:
    """Return the runs on *home*, whatever their scope, as ``RUNS``; raise `StateError`."""
    with read_transaction(url) as connection:
        return RUNS.empty() if connection is None else _frame(connection, RUN_ROWS.c.home == home)


def _runs(connection: sa.Connection, series: Series) -> pd.DataFrame:
    return _frame(connection, RUN_ROWS.c.series == series.key)


def _frame(connection: sa.Connection, wanted: sa.ColumnElement[bool]) -> pd.DataFrame:
    query = sa.select(RUN_ROWS).where(wanted).order_by(RUN_ROWS.c.run)
    return RUNS.from_records([dict(row._mapping) for row in connection.execute(query)])


def _latest(connection: sa.Connection, series: Series) -> tuple[int | None, int | None]:
    """Return the latest run that checked the home, and the latest of those that was delivered."""
    checked = (RUN_ROWS.c.series == series.key) & (RUN_ROWS.c.outcome == "checked")
    query = sa.select(sa.func.max(RUN_ROWS.c.run)).where(checked)
    latest = connection.scalar(query)
    return latest, connection.scalar(query.where(RUN_ROWS.c.delivered.is_(True)))


def _known(connection: sa.Connection, series: Series, runs: Collection[int | None]) -> pd.DataFrame:
    """Return the findings that one of *runs* had, as ``KNOWN``."""
    there = [
        (FINDING_ROWS.c.first_run <= run) & (FINDING_ROWS.c.last_run >= run)
        for run in runs if run is not None
    ]  # fmt: skip
    query = sa.select(*(FINDING_ROWS.c[name] for name in EARLIER_FINDINGS.columns)).where(
        FINDING_ROWS.c.series == series.key, sa.or_(sa.false(), *there)
    )
    rows = connection.execute(query).all()
    return EARLIER_FINDINGS.build({
        name: [row[place] for row in rows] for place, name in enumerate(EARLIER_FINDINGS.columns)
    })  # fmt: skip


def _insert_run(
    connection: sa.Connection, series: Series, at: str, facts: Mapping[str, object]
) -> int:
    named = {"series": series.key, "home": series.home, "scope": series.scope}
    values = {**named, "at": at, "delivered": False, **facts}
    done = connection.execute(sa.insert(RUN_ROWS).values(values))
    return int(done.inserted_primary_key[0])  # type: ignore[index]


def _had(known: pd.DataFrame, run: int | None) -> pd.DataFrame:
    """Return those of *known* that *run* had; none without a run."""
    if run is None:
        return known.head(0)
    return known[(known["first_run"] <= run) & (known["last_run"] >= run)]


def _changes(
    connection: sa.Connection,
    run: int | None,
    known: pd.DataFrame,
    found: tuple[pd.Series, Iterable[str]],
) -> Delta | None:
    """Return what changed since *run*, None without one; *found* are fingerprints."""
    if run is None:
        return None
    now, hidden = found
    before = _had(known, run)
    lasting = is_in(before["fingerprint"], now)
    gone = before[~lasting & ~is_in(before["fingerprint"], hidden)]
    compared_at = connection.scalar(sa.select(RUN_ROWS.c.at).where(RUN_ROWS.c.run == run))
    return Delta(
        str(compared_at),
        new=len(now) - int(lasting.sum()),
        persisting=int(lasting.sum()),
        fixed=FIXED.conform(gone.sort_values(_ORDER, na_position="first")),
    )


_ORDER = ["collection_id", "artifact_id", "rule", "column", "fingerprint"]


def _told(
    findings: pd.DataFrame, known: pd.DataFrame, at: str, runs: tuple[int | None, int | None]
) -> pd.DataFrame:
    """Return *findings* with their state since the run that was delivered, and since when."""
    latest, delivered = runs
    fingerprint = findings["fingerprint"]
    since = _had(known, latest).set_index("fingerprint")["since_at"]
    state = pd.Series(pd.NA, index=findings.index, dtype="string")
    if delivered is not None:
        lasting = is_in(fingerprint, _had(known, delivered)["fingerprint"])
        state = state.mask(lasting, "persisting").mask(~lasting, "new")
    return REPORTED.conform(
        findings.assign(state=state, since_at=since.reindex(fingerprint).fillna(at).array)
    )


def _keep(
    connection: sa.Connection,
    series: Series,
    findings: pd.DataFrame,
    known: pd.DataFrame,
    runs: tuple[int, int | None],
) -> None:
    """Write that the run had *findings*: those that the latest one had last on, others begin."""
    run, latest = runs
    before = _had(known, latest)["fingerprint"]
    here = FINDING_ROWS.c.series == series.key
    named = here & (FINDING_ROWS.c.fingerprint == sa.bindparam("named"))
    if len(before):  # all at once, then those back that are gone: they are few
        last = sa.update(FINDING_ROWS)
        connection.execute(last.where(here, FINDING_ROWS.c.last_run == latest).values(last_run=run))
        _each(connection, last.where(named).values(last_run=latest),
              before[~is_in(before, findings["fingerprint"])])  # fmt: skip
    begun = findings[~is_in(findings["fingerprint"], before)]
    if len(begun):
        seen = connection.scalars(sa.select(FINDING_ROWS.c.fingerprint).where(here)).all()
        back = begun["fingerprint"][is_in(begun["fingerprint"], seen)]
        _each(connection, sa.delete(FINDING_ROWS).where(named), back)
        since = {"series": series.key, "first_run": run, "last_run": run}
        rows = records(begun[list(FIXED.columns)])
        connection.execute(sa.insert(FINDING_ROWS), [each | since for each in rows])


def _each(connection: sa.Connection, statement: sa.UpdateBase, fingerprints: pd.Series) -> None:
    """Carry *statement* out for each of *fingerprints*."""
    if len(fingerprints):
        connection.execute(statement, [{"named": fingerprint} for fingerprint in fingerprints])


def _set(connection: sa.Connection, run: int, values: Mapping[str, object]) -> None:
    connection.execute(sa.update(RUN_ROWS).where(RUN_ROWS.c.run == run).values(values))


def _forget(connection: sa.Connection, place: HistoryLocation, outcome: str) -> int:
    """Drop the runs with *outcome* past those to be kept; return the oldest that is left.

    Nights that failed push out no run that later ones are compared with.
    """
    ours = (RUN_ROWS.c.series == place.series.key) & (RUN_ROWS.c.outcome == outcome)
    kept = sa.select(RUN_ROWS.c.run).where(ours).order_by(RUN_ROWS.c.run.desc())
    oldest = int(min(connection.scalars(kept.limit(place.retention)).all()))
    connection.execute(sa.delete(RUN_ROWS).where(ours, RUN_ROWS.c.run < oldest))
    return oldest
