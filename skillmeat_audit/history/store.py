"""Records audit runs with their findings, and compares runs: new, fixed, persisting."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import pandas as pd
import sqlalchemy as sa

from skillmeat_audit.base.arrow import is_in
from skillmeat_audit.history.database import (
    FINDING_ROWS,
    RUN_ROWS,
    read_transaction,
    write_transaction,
)
from skillmeat_audit.model.contracts import Table, number, records
from skillmeat_audit.model.trend import FIXED, REPORTED, RUNS, Delta, short_digest

# Two months of nightly runs; a page shows the latest 12 of them.
_TREND_RUNS = 60

EARLIER_FINDINGS = Table(
    "earlier findings",
    "One row per finding that a series of runs has had.",
    {
        **FIXED.columns,
        "first_run": number("the first run that found it"),
        "last_run": number("the last run that found it"),
    },
)


@dataclass(frozen=True)
class Series:
    """Runs that can be compared: of one home, on one database, with one scope (as text)."""

    home: str
    database: str | None
    scope: str = ""

    @property
    def key(self) -> str:
        """A digest of all three."""
        return short_digest([self.home, self.database, self.scope])


@dataclass(frozen=True)
class HistoryLocation:
    """The history's address, the series of an audit, and how many of its runs are kept."""

    url: str = field(repr=False)
    series: Series
    retention: int


@dataclass(frozen=True)
class RecordedRun:
    """A recorded run: its number, and its findings (``REPORTED``) compared with earlier runs.

    ``changes`` is None where no earlier run was delivered; ``trend`` is ``RUNS``, the latest 60.
    """

    run: int
    findings: pd.DataFrame
    changes: Delta | None
    trend: pd.DataFrame


def record_run(
    location: HistoryLocation,
    at: str,
    facts: Mapping[str, object],
    findings: pd.DataFrame,
    hidden: Collection[str] = (),
) -> RecordedRun:
    """Record a run made *at* a time, and return what changed since the latest delivered one.

    Runs whose report was lost are skipped in the comparison: what was new in them stays new.
    *facts* are values of ``RUNS``, and ``tool_version``. *hidden* are fingerprints of findings
    outside of the requested scope: they do not count as fixed. Raises `StateError`.
    """
    series = location.series
    with write_transaction(location.url) as connection:
        latest, delivered = _latest(connection, series)
        earlier = _earlier_findings(connection, series, (latest, delivered))
        run = _insert_run(connection, series, at, {"outcome": "checked", **facts})
        changes = _delta(connection, delivered, earlier, findings["fingerprint"], hidden)
        reported = _as_reported(findings, earlier, at, (latest, delivered))
        _write_findings(connection, series, reported, earlier, (run, latest))
        if changes is not None:
            counts = {"new": changes.new, "fixed": len(changes.fixed)}
            _update_run(connection, run, {**counts, "persisting": changes.persisting})
        oldest = _drop_old_runs(connection, location, "checked")
        in_series = FINDING_ROWS.c.series == series.key
        connection.execute(
            sa.delete(FINDING_ROWS).where(in_series, FINDING_ROWS.c.last_run < oldest)
        )
        trend = _select_runs(connection, RUN_ROWS.c.series == series.key).tail(_TREND_RUNS)
        return RecordedRun(run, reported, changes, trend)


def record_failed_run(location: HistoryLocation, at: str, reason: str, version: str) -> int:
    """Record a run that could not check the home; return its number. Raises `StateError`."""
    facts = {"outcome": "failed", "failure": reason, "tool_version": version}
    with write_transaction(location.url) as connection:
        run = _insert_run(connection, location.series, at, facts)
        _drop_old_runs(connection, location, "failed")
        return run


def mark_delivered(url: str, run: int) -> None:
    """Record in the history at *url* that the report of *run* was delivered; raise `StateError`."""
    with write_transaction(url) as connection:
        _update_run(connection, run, {"delivered": True})


def load_runs(url: str, home: str) -> pd.DataFrame:
    """Return the runs on *home* of every scope, as ``RUNS``; raise `StateError`."""
    with read_transaction(url) as connection:
        return (
            RUNS.empty()
            if connection is None
            else _select_runs(connection, RUN_ROWS.c.home == home)
        )


def _select_runs(connection: sa.Connection, where: sa.ColumnElement[bool]) -> pd.DataFrame:
    query = sa.select(RUN_ROWS).where(where).order_by(RUN_ROWS.c.run)
    return RUNS.from_records([dict(row._mapping) for row in connection.execute(query)])


def _latest(connection: sa.Connection, series: Series) -> tuple[int | None, int | None]:
    """Return the latest run that checked the home, and the latest delivered one of them."""
    checked = (RUN_ROWS.c.series == series.key) & (RUN_ROWS.c.outcome == "checked")
    query = sa.select(sa.func.max(RUN_ROWS.c.run)).where(checked)
    latest = connection.scalar(query)
    return latest, connection.scalar(query.where(RUN_ROWS.c.delivered.is_(True)))


def _earlier_findings(
    connection: sa.Connection, series: Series, runs: Collection[int | None]
) -> pd.DataFrame:
    """Return the findings that one of *runs* had, as ``EARLIER_FINDINGS``."""
    in_a_run = [
        (FINDING_ROWS.c.first_run <= run) & (FINDING_ROWS.c.last_run >= run)
        for run in runs
        if run is not None
    ]
    names = list(EARLIER_FINDINGS.columns)
    query = sa.select(*(FINDING_ROWS.c[name] for name in names)).where(
        FINDING_ROWS.c.series == series.key, sa.or_(sa.false(), *in_a_run)
    )
    rows = connection.execute(query).all()
    return EARLIER_FINDINGS.build({name: [row[i] for row in rows] for i, name in enumerate(names)})


def _insert_run(
    connection: sa.Connection, series: Series, at: str, facts: Mapping[str, object]
) -> int:
    names = {"series": series.key, "home": series.home, "scope": series.scope}
    values = {**names, "at": at, "delivered": False, **facts}
    inserted = connection.execute(sa.insert(RUN_ROWS).values(values))
    return int(inserted.inserted_primary_key[0])  # type: ignore[index]


def _of_run(earlier: pd.DataFrame, run: int | None) -> pd.DataFrame:
    """Return the findings in *earlier* that *run* had; no rows where *run* is None."""
    if run is None:
        return earlier.head(0)
    return earlier[(earlier["first_run"] <= run) & (earlier["last_run"] >= run)]


def _delta(
    connection: sa.Connection,
    run: int | None,
    earlier: pd.DataFrame,
    current: pd.Series,
    hidden: Collection[str],
) -> Delta | None:
    """Return what changed since *run*, None without one; the last two are fingerprints."""
    if run is None:
        return None
    before = _of_run(earlier, run)
    persisting = is_in(before["fingerprint"], current)
    fixed = before[~persisting & ~is_in(before["fingerprint"], hidden)]
    compared_at = connection.scalar(sa.select(RUN_ROWS.c.at).where(RUN_ROWS.c.run == run))
    order = ["collection_id", "artifact_id", "rule", "column", "fingerprint"]
    return Delta(
        str(compared_at),
        new=len(current) - int(persisting.sum()),
        persisting=int(persisting.sum()),
        # Fingerprints have no meaning, but make the order of otherwise equal findings the same each
        # time.
        fixed=FIXED.conform(fixed.sort_values(order, na_position="first")),
    )


def _as_reported(
    findings: pd.DataFrame, earlier: pd.DataFrame, at: str, runs: tuple[int | None, int | None]
) -> pd.DataFrame:
    """Return *findings* as ``REPORTED``: new or persisting since the delivered run, and since when.

    *runs* are the latest run and the latest delivered one.
    """
    latest, delivered = runs
    fingerprint = findings["fingerprint"]
    # From the latest run, delivered or not: the finding existed, whoever was told of it.
    since = _of_run(earlier, latest).set_index("fingerprint")["since_at"]
    state = pd.Series(pd.NA, index=findings.index, dtype="string")
    if delivered is not None:
        persisting = is_in(fingerprint, _of_run(earlier, delivered)["fingerprint"])
        state = state.mask(persisting, "persisting").mask(~persisting, "new")
    return REPORTED.conform(
        findings.assign(state=state, since_at=since.reindex(fingerprint).fillna(at).array)
    )


def _write_findings(
    connection: sa.Connection,
    series: Series,
    findings: pd.DataFrame,
    earlier: pd.DataFrame,
    runs: tuple[int, int | None],
) -> None:
    """Record that the run had *findings*; *runs* are the run and the latest one before it.

    Findings of the latest run get the run as their ``last_run``, all others begin with the run.
    """
    run, latest = runs
    before = _of_run(earlier, latest)["fingerprint"]
    in_series = FINDING_ROWS.c.series == series.key
    by_fingerprint = in_series & (FINDING_ROWS.c.fingerprint == sa.bindparam("named"))
    if len(before):  # one statement prolongs them all, then the few that ended are set back
        prolong = sa.update(FINDING_ROWS).values(last_run=run)
        connection.execute(prolong.where(in_series, FINDING_ROWS.c.last_run == latest))
        set_back = sa.update(FINDING_ROWS).where(by_fingerprint).values(last_run=latest)
        _execute_many(connection, set_back, before[~is_in(before, findings["fingerprint"])])
    begun = findings[~is_in(findings["fingerprint"], before)]
    if len(begun):
        recorded = connection.scalars(sa.select(FINDING_ROWS.c.fingerprint).where(in_series)).all()
        # A finding that was fixed and is back: its old row has the same key and goes.
        returned = begun["fingerprint"][is_in(begun["fingerprint"], recorded)]
        _execute_many(connection, sa.delete(FINDING_ROWS).where(by_fingerprint), returned)
        extra = {"series": series.key, "first_run": run, "last_run": run}
        rows = [record | extra for record in records(begun[list(FIXED.columns)])]
        connection.execute(sa.insert(FINDING_ROWS), rows)


def _execute_many(
    connection: sa.Connection, statement: sa.UpdateBase, fingerprints: pd.Series
) -> None:
    """Execute *statement* for all of *fingerprints*, bound as ``named``."""
    if len(fingerprints):
        connection.execute(statement, [{"named": fingerprint} for fingerprint in fingerprints])


def _update_run(connection: sa.Connection, run: int, values: Mapping[str, object]) -> None:
    connection.execute(sa.update(RUN_ROWS).where(RUN_ROWS.c.run == run).values(values))


def _drop_old_runs(connection: sa.Connection, location: HistoryLocation, outcome: str) -> int:
    """Delete the oldest runs with *outcome* beyond the retention; return the oldest run left.

    Checked and failed runs are counted apart: failed runs never evict comparable ones.
    """
    same = (RUN_ROWS.c.series == location.series.key) & (RUN_ROWS.c.outcome == outcome)
    newest_first = sa.select(RUN_ROWS.c.run).where(same).order_by(RUN_ROWS.c.run.desc())
    oldest = int(min(connection.scalars(newest_first.limit(location.retention)).all()))
    connection.execute(sa.delete(RUN_ROWS).where(same, RUN_ROWS.c.run < oldest))
    return oldest
