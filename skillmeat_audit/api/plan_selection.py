"""Takes artifacts out of a plan: rows and keys of manifests together."""

from collections.abc import Iterable, Sequence

import msgspec

from skillmeat_audit.api.scope import unknown_name
from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.model.changes import PlanDocument
from skillmeat_audit.model.fields import stem_of


def artifacts_of(plan: PlanDocument) -> list[str]:
    """Return the artifacts that *plan* repairs, sorted; a suffix such as ``.md`` does not count."""
    edited = [edit.artifact_id for manifest in plan.manifests for edit in manifest.edits]
    changed = [change.artifact_id for change in plan.changes]
    return sorted(set(map(stem_of, edited + changed)))


def part_of(plan: PlanDocument, artifacts: Iterable[str]) -> PlanDocument:
    """Return *plan* with the changes and edits of *artifacts* only, given by `artifacts_of`."""
    chosen = set(artifacts)
    manifests = [
        msgspec.structs.replace(manifest, edits=edits)
        for manifest in plan.manifests
        if (edits := [each for each in manifest.edits if stem_of(each.artifact_id) in chosen])
    ]
    changes = [each for each in plan.changes if stem_of(each.artifact_id) in chosen]
    return msgspec.structs.replace(plan, manifests=manifests, changes=changes)


def narrow_plan(plan: PlanDocument, only: Sequence[str], excluded: Sequence[str]) -> PlanDocument:
    """Return *plan* with the artifacts *only* (all if empty) without the *excluded* ones.

    Each is given as ``type:name``, or as a name. Raises `UsageError` for one that the plan lacks.
    """
    artifacts = artifacts_of(plan)
    chosen = _with_names(only, artifacts) if only else set(artifacts)
    return part_of(plan, chosen - _with_names(excluded, artifacts))


def _with_names(names: Sequence[str], artifacts: Sequence[str]) -> set[str]:
    chosen: set[str] = set()
    for name in names:
        stem = stem_of(name)
        ids = {each for each in artifacts if stem in (each, each.partition(":")[2])}
        if not ids:
            raise UsageError(f"{unknown_name('artifact', name, artifacts)}; the plan has none such")
        chosen |= ids
    return chosen
