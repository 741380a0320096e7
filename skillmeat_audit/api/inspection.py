"""Loads the layers of a home, compares them, and checks the rules: what an audit consists of."""

from dataclasses import replace
from typing import NamedTuple, Unpack

import pandas as pd

from skillmeat_audit.api.earlier_fills import note_earlier_fills
from skillmeat_audit.api.repaired import load_journals, load_repaired
from skillmeat_audit.api.scope import Scope, apply_scope, find_rules
from skillmeat_audit.base.folders import PathLike
from skillmeat_audit.base.urls import sqlite_path
from skillmeat_audit.diff.comparison import Comparison, compare
from skillmeat_audit.diff.provenance.paths import TITLES
from skillmeat_audit.diff.provenance.verdicts import attribute, unattributed
from skillmeat_audit.diff.registry import not_repairable, run_checks
from skillmeat_audit.diff.rules import CHECKS, ENTERPRISE_CHECKS, RULES
from skillmeat_audit.loaders.snapshot import Reading, load_snapshot
from skillmeat_audit.model.snapshot import Snapshot
from skillmeat_audit.reports.facts.headline import BLOCKS_UPGRADE, FAILS, UNLISTED, Selection
from skillmeat_audit.reports.facts.names import Names


class Inspection(NamedTuple):
    """The layers of a home and what disagrees in them; the fields are those of `Audit`."""

    snapshot: Snapshot
    comparison: Comparison
    writers: pd.DataFrame
    findings: pd.DataFrame
    ignored: pd.DataFrame
    selection: Selection
    unselected: pd.DataFrame


def inspect_home(
    home: PathLike,
    database: PathLike | None = None,
    scope: Scope | None = None,
    **reading: Unpack[Reading],
) -> Inspection:
    """Return the layers of *home* and the findings in *scope*; see `api.audit.audit`."""
    scope = scope or Scope()
    find_rules([*scope.select, *scope.ignore])  # refuse a wrong code before the home is read
    snapshot = load_snapshot(home, database, **reading)
    journals = load_journals(snapshot, reading.get("state_dir"))
    snapshot = replace(snapshot, repaired=load_repaired(snapshot, journals))
    comparison = compare(snapshot)
    if snapshot.home.tenant is None:
        # Before the rules: each finding names the path that last wrote its row.
        writers = attribute(comparison)
        checked = run_checks(CHECKS, comparison, writers)
    else:
        writers = unattributed(snapshot.rows)
        checked = not_repairable(run_checks(ENTERPRISE_CHECKS, comparison, writers))
    checked = note_earlier_fills(checked, comparison, journals)
    findings, ignored, unselected = apply_scope(checked, scope, snapshot)
    hidden = len(checked) - len(findings) - len(ignored)
    failing, unlisted = (int((checked["rule"] == code).sum()) for code in (FAILS, UNLISTED))
    # Ignored where no upgrade is planned, as its page advises.
    judged = pd.concat([findings["rule"], unselected["rule"]])
    blocks_upgrade = bool((judged == BLOCKS_UPGRADE).any())
    selection = Selection(scope.description, hidden, failing, unlisted, blocks_upgrade)
    return Inspection(snapshot, comparison, writers, findings, ignored, selection, unselected)


def inspect_database(home: str, url: str, **reading: Unpack[Reading]) -> Inspection:
    """Return the inspection of *home* with its cache at *url*."""
    path = sqlite_path(url)
    return inspect_home(home, url if path is None else path, **reading)


def display_names(snapshot: Snapshot) -> Names:
    """Return the titles of rules and writers, and the names of the DB collections."""
    collections = snapshot.collections.dropna(subset=["id", "name"])
    return Names(
        {rule.code: rule.title for rule in RULES},
        dict(zip(collections["id"], collections["name"], strict=True)),
        TITLES,
    )
