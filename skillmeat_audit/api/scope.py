"""Limits an audit to some of its findings, and looks up the names that a caller gives."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from skillmeat_audit.base.arrow import is_in, to_objects
from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.base.text import encodable, printable
from skillmeat_audit.diff.provenance.paths import PATHS
from skillmeat_audit.diff.rules import RULES
from skillmeat_audit.model.rules import Rule
from skillmeat_audit.model.snapshot import Snapshot
from skillmeat_audit.model.tables import FINDINGS
from skillmeat_audit.reports.facts.blank_pages import page_states
from skillmeat_audit.reports.facts.facets import FindingFacets, FindingFilter, choices


@dataclass(frozen=True)
class Scope:
    """Which findings an audit reports; an empty filter accepts all.

    Parameters
    ----------
    select, ignore : sequence of str
        Rule codes or prefixes (``D``, ``S00``, ``K001``) to report, and to leave out.
    collections : sequence of str
        Ids or names of DB collections.
    artifacts : sequence of str
        Artifacts as ``type:name``, or as a name.
    writers : sequence of str
        Code paths that last wrote the row, such as ``import-bare``.

    Examples
    --------
    >>> import skillmeat_audit as sma
    >>> scope = sma.Scope(select=["D"], artifacts=["1password"])
    >>> audit = sma.audit(sma.sample(), scope=scope, progress=False)
    >>> sorted(set(audit.findings["rule"]))
    ['D001']
    """

    select: Sequence[str] = ()
    ignore: Sequence[str] = ()
    collections: Sequence[str] = ()
    artifacts: Sequence[str] = ()
    writers: Sequence[str] = ()

    @property
    def is_whole(self) -> bool:
        """Whether nothing is out of scope; ignored rules are hidden, not out of scope."""
        return not (self.select or self.collections or self.artifacts or self.writers)

    @property
    def description(self) -> str:
        """The filters as text, without the ignored rules; empty for a whole scope."""
        filters = {
            "select": self.select,
            "collection": self.collections,
            "artifact": self.artifacts,
            "writer": self.writers,
        }
        return encodable(
            "; ".join(f"{name} {', '.join(sorted(v))}" for name, v in filters.items() if v)
        )


def find_rules(codes: Iterable[str]) -> list[Rule]:
    """Return the rules with one of *codes* or prefixes; raise `UsageError` for an unknown one."""
    given = list(codes)
    prefixes = [code.upper() for code in given]
    for code, prefix in zip(given, prefixes, strict=True):
        # "" is a prefix of every code.
        if not prefix or not any(rule.code.startswith(prefix) for rule in RULES):
            close = difflib.get_close_matches(prefix, [rule.code for rule in RULES], 1)
            hint = f"did you mean {close[0]}? " if close else ""
            raise UsageError(
                f"no rule has the code {printable(code) or '(empty)'}; "
                f"{hint}'skillmeat-audit rules' lists them"
            )
    return [rule for rule in RULES if rule.code.startswith(tuple(prefixes))]


class ScopedFindings(NamedTuple):
    """Findings in a scope, those in it that it ignores by rule, and those out of it.

    ``unselected`` has none of an ignored rule.
    """

    findings: pd.DataFrame
    ignored: pd.DataFrame
    unselected: pd.DataFrame


def apply_scope(findings: pd.DataFrame, scope: Scope, snapshot: Snapshot) -> ScopedFindings:
    """Return *findings* (``FINDINGS``) divided by *scope*; raise `UsageError` for a wrong name."""
    selected = pd.Series(True, index=findings.index)
    if scope.artifacts:
        selected &= is_in(findings["artifact_id"], find_artifacts(scope.artifacts, snapshot))
    if scope.collections:
        ids = find_collections(scope.collections, snapshot)
        selected &= is_in(findings["collection_id"], ids)
    if scope.writers:
        selected &= is_in(findings["writer"], _checked_writers(scope.writers))
    if scope.select:
        selected &= _has_rule(findings, scope.select)
    ignored = _has_rule(findings, scope.ignore)
    masks = (selected & ~ignored, selected & ignored, ~selected & ~ignored)
    # All of them, mostly: a copy would take as much memory as all findings.
    return ScopedFindings(
        *(findings if mask.all() else findings[mask].reset_index(drop=True) for mask in masks)
    )


def _has_rule(findings: pd.DataFrame, codes: Sequence[str]) -> pd.Series:
    selected = find_rules(codes) if codes else []
    return is_in(findings["rule"], [rule.code for rule in selected])


def filter_findings(
    findings: pd.DataFrame, filters: FindingFilter, snapshot: Snapshot, facts: pd.DataFrame
) -> pd.DataFrame:
    """Return those of *findings* that match; a collection is given by its id or its name.

    *facts* is ``PAGE_FACTS``.
    """
    names = choices(filters.get("collection", ()))
    ids = set(to_objects(findings["collection_id"]))
    if unknown := [name for name in names if name and name not in ids]:
        accepted = {*names, *find_collections(unknown, snapshot)}
        filters = filters | {"collection": sorted(accepted)}
    return FINDINGS.conform(
        findings.iloc[FindingFacets(findings, page_states(facts, findings)).matching(filters)]
    )


def find_artifacts(names: Sequence[str], snapshot: Snapshot) -> set[str]:
    """Return the ids of the artifacts with *names*; raise `UsageError` for an unknown name."""
    known_ids = _artifact_ids(snapshot)
    ids: set[str] = set()
    for name in names:
        ids.update(_matching_ids(name, known_ids))
    return ids


def find_artifact(name: str, snapshot: Snapshot) -> str:
    """Return the id of the artifact *name*; raise `UsageError` where there is none, or several."""
    # An exact id is never ambiguous, even if it is another artifact's name; it is looked up without
    # sorting all ids, which takes a tenth of a second where there are 25,000.
    tables = (snapshot.manifest, snapshot.rows, snapshot.problems)
    if any(is_in(table["artifact_id"], [name]).any() for table in tables):
        return name
    known_ids = _artifact_ids(snapshot)
    first, *others = _matching_ids(name, known_ids)
    if others:
        candidates = ", ".join(map(printable, [first, *others]))
        raise UsageError(f"{printable(name)} is ambiguous; give one of: {candidates}")
    return first


def first_artifact(snapshot: Snapshot) -> str:
    """Return the first artifact by id; raise `UsageError` where the home has none."""
    ids = _artifact_ids(snapshot)
    if not ids:
        raise UsageError("the home has no artifact to show")
    return ids[0]


def _artifact_ids(snapshot: Snapshot) -> list[str]:
    """Return the artifacts that a finding may name, refused entries and stray files included."""
    tables = (snapshot.manifest, snapshot.rows, snapshot.problems)
    return sorted(pd.concat([table["artifact_id"] for table in tables]).dropna().unique())


def _matching_ids(name: str, known_ids: Sequence[str]) -> list[str]:
    """Return the ids that have *name*, with their type or without; raise `UsageError` for none."""
    ids = [known for known in known_ids if name and name in (known, known.partition(":")[2])]
    if not ids:
        raise UsageError(unknown_name("artifact", name, known_ids))
    return ids


def find_collections(names: Sequence[str], snapshot: Snapshot) -> set[str]:
    """Return the ids of the DB collections with these ids or *names*; raise `UsageError`."""
    collections = snapshot.collections.dropna(subset=["id"]).fillna({"name": ""})
    labels = dict(zip(to_objects(collections["id"]), to_objects(collections["name"]), strict=True))
    found_ids: set[str] = set()
    for name in names:
        ids = {key for key, label in labels.items() if name and name in (key, label)}
        if not ids:
            raise UsageError(unknown_name("collection", name, sorted({*labels, *labels.values()})))
        found_ids |= ids
    return found_ids


def _checked_writers(names: Sequence[str]) -> Sequence[str]:
    for name in names:
        if name not in PATHS:
            choices = ", ".join(sorted(PATHS))
            raise UsageError(
                f"{unknown_name('code path', name, sorted(PATHS))}; choose from {choices}"
            )
    return names


def unknown_name(noun: str, name: str, known_names: Sequence[str]) -> str:
    """Return that no *noun* has the *name*, with the closest of *known_names*."""
    bare = {known.partition(":")[2]: known for known in known_names}
    # Names without their type too: "1pasword" is close to "1password", and far from
    # "skill:1password".
    close = difflib.get_close_matches(name, [*known_names, *bare], n=1)
    hint = f"; did you mean {printable(bare.get(close[0], close[0]))}?" if close else ""
    return f"no {noun} is called {printable(name) or '(empty)'}{hint}"
