"""The artifacts that pages show blank or without a link: which, why, and what to do."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from skillmeat_audit.base import TOOL
from skillmeat_audit.base.arrow import is_in
from skillmeat_audit.base.text import printable
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.findings import WRITABLE, Disposition
from skillmeat_audit.model.tables import KEY
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.page_counts import KNOWING, knowing_layers
from skillmeat_audit.reports.facts.page_view import TIERS

BLANKS_LISTED = 100
_WRITE_ONE = "write a description into the artifact's file, then plan again"
_WRITE_IN_ENTRY = "write a description into its manifest entry, then plan again"
_RESTORE = "its files are missing: restore them, or delete the entry from the manifest"
_ORPHAN = "orphan: delete the row (plan --disposition review --deletes), or add it to a manifest"


@dataclass(frozen=True)
class BlankArtifact:
    """An artifact that pages of ``collections`` show blank or without a link.

    ``action`` is the command to run, or what to write. Reports hold it as JSON too.
    """

    artifact_id: str
    collections: tuple[str, ...]
    shows: str
    why: str
    action: str

    @property
    def is_command(self) -> bool:
        """Whether the action is a command, and not a sentence."""
        return self.action.startswith(f"{TOOL} ")


def blank_artifacts(
    pages: pd.DataFrame, facts: pd.DataFrame, findings: pd.DataFrame, names: Names, home: str
) -> tuple[BlankArtifact, ...]:
    """Return the artifacts of *facts* (``PAGE_FACTS``) with a page that is not right, by id.

    *pages* is ``PAGES`` in the same order. Those that are blank are first, before all those that
    some layer knows; only the first `BLANKS_LISTED` are returned.
    """
    wrong = facts[facts["blank"] | facts["dead_link"]].drop(columns=list(KEY)).join(pages)
    order = wrong[["blank"]].assign(known=wrong[list(KNOWING)].any(axis=1))
    wrong = wrong.loc[order.sort_values(["blank", "known"], ascending=False, kind="stable").index]
    # Bounded before the loop below: a home may have 100,000 blank pages.
    first = wrong["artifact_id"].drop_duplicates().head(BLANKS_LISTED)
    wrong = wrong[is_in(wrong["artifact_id"], first)]
    described = {
        str(finding["artifact_id"]): str(finding["disposition"])
        for finding in records(_repairing(findings))
    }
    groups: dict[object, list[dict[str, object]]] = {}
    for page in records(wrong):
        groups.setdefault(page["artifact_id"], []).append(page)
    return tuple(_artifact(group, described, names, home) for group in groups.values())


def page_states(facts: pd.DataFrame, findings: pd.DataFrame) -> pd.Series:
    """Return the state of the page of each finding, ``<NA>`` for a finding on no row.

    A finding on an artifact without a collection has the worst state of the artifact's pages.
    """
    # Two rows with one key (K006) have one page.
    by_row = facts.drop_duplicates(list(KEY)).set_index(list(KEY))["state"]
    keys = pd.MultiIndex.from_frame(findings[list(KEY)])
    states = pd.Series(by_row.reindex(keys).to_numpy(), index=findings.index, dtype="string")
    # "blank" sorts before "not clickable" before "right".
    worst = facts.groupby("artifact_id")["state"].min()
    alone = findings["collection_id"].isna()
    return states.mask(alone, findings["artifact_id"].map(worst).astype("string"))


def _repairing(findings: pd.DataFrame) -> pd.DataFrame:
    """Return the findings that a plan takes, those of a review first: the last one counts."""
    writable = findings[is_in(findings["column"], ("description", "source"))]
    review = writable[writable["disposition"] == Disposition.REVIEW]
    # The caller makes a dict: of an artifact with both, the finding that needs no review decides.
    return pd.concat([review, writable[is_in(writable["disposition"], WRITABLE)]])


def _artifact(
    group: list[dict[str, object]], described: Mapping[str, str], names: Names, home: str
) -> BlankArtifact:
    first, artifact_id = group[0], str(group[0]["artifact_id"])
    return BlankArtifact(
        artifact_id=artifact_id,
        collections=tuple(names.collection(page["collection_id"]) for page in group),
        shows="no description" if first["blank"] else "a source without a link",
        why="; ".join(_reasons(first)),
        action=_action(first, described.get(artifact_id), home),
    )


def _reasons(page: Mapping[str, object]) -> Iterator[str]:
    if page["blank"]:
        yield f"served from {TIERS[str(page['tier'])]}"
        layers = knowing_layers(page)
        yield (
            f"{' and '.join(filter(None, (', '.join(layers[:-1]), layers[-1])))} "
            f"{'knows' if len(layers) == 1 else 'know'} it"
            if (layers)
            else "no layer knows a description"
        )
    if page["dead_link"]:
        yield f"no link: {page['obstacle']}"


def _action(page: Mapping[str, object], disposition: str | None, home: str) -> str:
    # printable first: a control character must not reach a terminal, quoted or not.
    name = shlex.quote(printable(page["artifact_id"]))
    if disposition in WRITABLE:
        return f"{TOOL} plan {shlex.quote(printable(home))} --artifact {name} -o plan.json"
    if page["blank"] and not knowing_layers(page):
        if not page["has_entry"]:
            return _ORPHAN
        if page["files_missing"]:
            return _RESTORE
        return _WRITE_ONE if page["file"] is not None else _WRITE_IN_ENTRY
    return f"{TOOL} show {name} {shlex.quote(printable(home))}"
