"""M and R: tags, tools, author, license, version, and the resolved upstream version."""

import json

import pandas as pd

from skillmeat_audit.diff.cells import Comparison
from skillmeat_audit.diff.compare import map_bool
from skillmeat_audit.diff.registry import NOTHING, rule
from skillmeat_audit.diff.rules.select import (
    cell_findings,
    manifest_value,
    odd_cell_findings,
    row_findings,
    undisputed,
)
from skillmeat_audit.model.fields import LIST_COLUMNS
from skillmeat_audit.model.findings import Disposition, Evidence, Severity, Status


@rule("M001", Severity.WARNING)
def M001(comparison: Comparison) -> pd.DataFrame:
    """Tags missing although a layer knows them.

    An import takes the path tags of the catalogue only and clears what people had added (§5 W6).
    Safe where the manifest has tags; from the front matter they are filled in, until the next
    refresh.
    """
    return cell_findings(comparison, "tags_json", Status.MISSING)


@rule("M002", Severity.WARNING)
def M002(comparison: Comparison) -> pd.DataFrame:
    """Tags differ from what the manifest or the front matter says.

    Edits of tags wrote the tag table and not the row (§7.13), or the row and not the manifest.
    Safe where the manifest has a value, for review where only the front matter has.
    """
    return cell_findings(comparison, "tags_json", Status.DIFFERS)


@rule("M003", Severity.WARNING)
def M003(comparison: Comparison) -> pd.DataFrame:
    """Tools missing although a layer knows them.

    Imports never read the tools (§7.44); the backfill script crashes on newer schemas (§7.38). From
    the front matter they are filled in, until the next refresh.
    """
    return cell_findings(comparison, "tools_json", Status.MISSING)


@rule("M004", Severity.WARNING)
def M004(comparison: Comparison) -> pd.DataFrame:
    """Tools differ from what the manifest or the front matter says.

    The manifest was refreshed and the row was not.
    Safe where the manifest has a value, for review where only the front matter has.
    """
    return cell_findings(comparison, "tools_json", Status.DIFFERS)


@rule("M005", Severity.WARNING)
def M005(comparison: Comparison) -> pd.DataFrame:
    """Author missing although a layer knows it.

    Marketplace imports never capture the author (§7.44). From the front matter it is filled in,
    until the next refresh.
    """
    return cell_findings(comparison, "author", Status.MISSING)


@rule("M006", Severity.WARNING)
def M006(comparison: Comparison) -> pd.DataFrame:
    """Author differs from what the manifest or the front matter says.

    The manifest was refreshed and the row was not, or an untyped look-up took another type's
    (§7.39). Safe where the manifest has a value, for review where only the front matter has.
    """
    return cell_findings(comparison, "author", Status.DIFFERS)


@rule("M007", Severity.WARNING)
def M007(comparison: Comparison) -> pd.DataFrame:
    """License missing although a layer knows it.

    Marketplace imports never capture the license (§7.44). From the front matter it is filled in,
    until the next refresh.
    """
    return cell_findings(comparison, "license", Status.MISSING)


@rule("M008", Severity.WARNING)
def M008(comparison: Comparison) -> pd.DataFrame:
    """License differs from what the manifest or the front matter says.

    The manifest was refreshed and the row was not, or an untyped look-up took another type's
    (§7.39). Safe where the manifest has a value, for review where only the front matter has.
    """
    return cell_findings(comparison, "license", Status.DIFFERS)


@rule("M009", Severity.WARNING)
def M009(comparison: Comparison) -> pd.DataFrame:
    """Version missing although a layer knows it.

    Imports never capture the version (§7.44), and the server's start since 0.9.0 drops it (§7.32).
    From the front matter it is filled in, until the next refresh.
    """
    return cell_findings(comparison, "version", Status.MISSING)


@rule("M010", Severity.WARNING)
def M010(comparison: Comparison) -> pd.DataFrame:
    """Version differs from what the manifest or the front matter says.

    An update changed the manifest; the server's start since 0.9.0 cannot write the row (§7.32).
    Safe where the manifest has a value, for review where only the front matter has.
    """
    return cell_findings(comparison, "version", Status.DIFFERS)


@rule("M011", Severity.WARNING)
def M011(comparison: Comparison) -> pd.DataFrame:
    """Tags in the row only: no other layer knows them.

    The manifest lost them, or another path wrote them to the row alone. Nothing is written: the row
    may be the last copy. SkillMeat's next refresh blanks them.
    """
    return cell_findings(comparison, "tags_json", Status.EXTRA)


@rule("M012", Severity.WARNING)
def M012(comparison: Comparison) -> pd.DataFrame:
    """Tools in the row only: no other layer knows them.

    The manifest lost them, or another path wrote them to the row alone. Nothing is written: the row
    may be the last copy. SkillMeat's next refresh blanks them.
    """
    return cell_findings(comparison, "tools_json", Status.EXTRA)


@rule("M013", Severity.WARNING)
def M013(comparison: Comparison) -> pd.DataFrame:
    """Author in the row only: no other layer knows it.

    The manifest lost it, or another path wrote it to the row alone. Nothing is written: the row
    may be the last copy. SkillMeat's next refresh blanks it.
    """
    return cell_findings(comparison, "author", Status.EXTRA)


@rule("M014", Severity.WARNING)
def M014(comparison: Comparison) -> pd.DataFrame:
    """License in the row only: no other layer knows it.

    The manifest lost it, or another path wrote it to the row alone. Nothing is written: the row
    may be the last copy. SkillMeat's next refresh blanks it.
    """
    return cell_findings(comparison, "license", Status.EXTRA)


@rule("M015", Severity.WARNING)
def M015(comparison: Comparison) -> pd.DataFrame:
    """Version in the row only: no other layer knows it.

    The manifest lost it, or another path wrote it to the row alone. Nothing is written: the row
    may be the last copy. SkillMeat's next refresh blanks it.
    """
    return cell_findings(comparison, "version", Status.EXTRA)


@rule("M020", Severity.ERROR, explains=True)
def M020(comparison: Comparison) -> pd.DataFrame:
    """``tags_json`` or ``tools_json`` is not a JSON list of strings.

    SkillMeat's pages fail on such a row, or show no tags. Safe where the manifest knows the list,
    even if what the row holds comes to the same.
    """
    return pd.concat([_broken(comparison, column) for column in LIST_COLUMNS])


def _broken(comparison: Comparison, column: str) -> pd.DataFrame:
    row = comparison.snapshot.rows[column]
    odd = map_bool(row, _is_broken)
    if not odd.any():
        return NOTHING
    expected = manifest_value(comparison, column)
    known = expected.notna()
    elsewhere = row_findings(
        comparison, undisputed(comparison, column, odd),
        column=column, actual=row, expected=expected,
        evidence=expected.mask(known, Evidence.MANIFEST),
        disposition=pd.Series(Disposition.NONE, row.index).mask(known, Disposition.SAFE),
    )  # fmt: skip
    return pd.concat([odd_cell_findings(comparison, column, odd), elsewhere])


def _is_broken(text: str) -> bool:
    return text != "" and not _is_list_of_strings(text)


def _is_list_of_strings(text: str) -> bool:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(content, list) and all(isinstance(item, str) for item in content)


@rule("R001", Severity.WARNING)
def R001(comparison: Comparison) -> pd.DataFrame:
    """Resolved commit is missing or differs from the manifest.

    An update from upstream changed the manifest and the row was not refreshed. Safe. Marketplace
    artifacts have none (§7.55), and none is expected.
    """
    return cell_findings(comparison, "resolved_sha", Status.MISSING, Status.DIFFERS)


@rule("R002", Severity.WARNING)
def R002(comparison: Comparison) -> pd.DataFrame:
    """Resolved version is missing or differs from the manifest.

    An update from upstream changed the manifest and the row was not refreshed. Safe. Marketplace
    artifacts have none (§7.55), and none is expected.
    """
    return cell_findings(comparison, "resolved_version", Status.MISSING, Status.DIFFERS)


@rule("R003", Severity.INFO)
def R003(comparison: Comparison) -> pd.DataFrame:
    """Resolved commit in the row only.

    Left by an older entry of the same name: a skipped import keeps it (§7.28). Nothing is written.
    """
    return cell_findings(comparison, "resolved_sha", Status.EXTRA)


@rule("R004", Severity.INFO)
def R004(comparison: Comparison) -> pd.DataFrame:
    """Resolved version in the row only.

    Left by an older entry of the same name: a skipped import keeps it (§7.28). Nothing is written.
    """
    return cell_findings(comparison, "resolved_version", Status.EXTRA)
