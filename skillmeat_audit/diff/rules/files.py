"""F: files on disk."""

import numpy as np
import pandas as pd

from skillmeat_audit.base.arrow import is_in
from skillmeat_audit.diff.compare import extract_group, is_true
from skillmeat_audit.diff.comparison import NO_FINDINGS, Comparison, safe_where
from skillmeat_audit.diff.links import joined_key
from skillmeat_audit.diff.manifest_repairs import differs_from_file, is_decided
from skillmeat_audit.diff.registry import check
from skillmeat_audit.model.fields import FIELDS
from skillmeat_audit.model.findings import Disposition, Evidence, Severity

_ABSOLUTE = r"^(?:/|\\|[A-Za-z]:[\\/])"  # /home/x, \\server\x, C:\x
# The published skill format: lower-case letters, digits and single hyphens, 64 characters at most.
_SKILL_NAME = r"[^\W_A-Z]+(?:-[^\W_A-Z]+)*"
_FOLDER = r"(?P<match>[^/\\]+)[/\\]*$"  # "alpha" of skills/alpha/
_SERVED = "SkillMeat serves it, and deletes it with the artifact"
_DECIDED = "; a repair takes the manifest's value: correct the manifest or the file by hand"
_NAME_LIMIT, _DESCRIPTION_LIMIT = 64, 1024


@check("F001", Severity.ERROR)
def files_missing(comparison: Comparison) -> pd.DataFrame:
    """Files of a manifest entry are missing on disk.

    They were deleted behind SkillMeat's back, or an import wrote the entry and failed at the files.
    A skill needs its ``SKILL.md``: without one, the folder does not count. Where a name beside it
    differs only in case or in Unicode form (a file system that ignores them, an unpacked archive),
    the finding says so: rename the file, or correct the path in the manifest.

    Do: restore the files, or take the entry out of the manifest: skillmeat remove NAME -t TYPE.
    """
    return _in_state(comparison, "missing")


@check("F002", Severity.INFO)
def path_absolute(comparison: Comparison) -> pd.DataFrame:
    """Manifest path is absolute.

    Marketplace imports wrote absolute paths up to 0.39; they break when the home moves. The audit
    uses the part after ``collections/<name>/``. It is an error where the path exists outside of the
    home, of an older copy or another user: SkillMeat shows that folder's files, and deleting the
    artifact deletes the folder. Where the artifact is below the collection's folder too, a plan
    makes the path relative; elsewhere, move the files there and correct the path.

    See docs/skillmeat.md#absolute-paths-in-manifests.

    Do: skillmeat-audit plan HOME --select F002 -o plan.json, where the artifact is below the
    collection's folder; else move the files there and correct the path.
    """
    absolute = is_true(comparison.snapshot.manifest["path"].str.contains(_ABSOLUTE, regex=True))
    if not absolute.any():
        return NO_FINDINGS
    detail, elsewhere = _path_and_collection(comparison), _exists_elsewhere(comparison)
    # docs/skillmeat.md#absolute-paths-in-manifests: a path of another home is served and deleted.
    detail = detail.mask(elsewhere, detail + ": exists outside of the home; " + _SERVED)
    mendable = comparison.mendable("absolute", "elsewhere")
    disposition = safe_where(mendable)
    findings = comparison.entry_findings(absolute, detail=detail, disposition=disposition)
    served = findings["detail"].str.endswith(_SERVED)
    return findings.assign(severity=pd.Series(Severity.INFO, findings.index).mask(served, "error"))


def _exists_elsewhere(comparison: Comparison) -> pd.Series:
    """Return the entries whose absolute path exists outside of the home."""
    problems, manifest = comparison.snapshot.problems, comparison.snapshot.manifest
    outside = problems[is_true(problems["kind"] == "elsewhere")]
    keys = joined_key("collections/" + manifest["file_collection"], manifest["path"])
    return pd.Series(is_in(keys, joined_key(outside["place"], outside["detail"])), manifest.index)


@check("F003", Severity.ERROR)
def path_outside(comparison: Comparison) -> pd.DataFrame:
    """Manifest path leaves the collection's folder: not read.

    SkillMeat never checks the path of an entry, so a manifest from elsewhere can point anywhere, by
    ``..``, by an absolute path or by a symbolic link. Links to folders that you keep elsewhere on
    purpose (dotfiles) are followed where the setting ``allow-links`` names those folders.

    See docs/skillmeat.md#absolute-paths-in-manifests.

    Do: make the entry's path one below the collection's folder, or name the folder that a link
    leads to in the setting allow-links.
    """
    return _in_state(comparison, "outside")


@check("F004", Severity.WARNING)
def front_matter_unreadable(comparison: Comparison) -> pd.DataFrame:
    """Front matter cannot be read.

    The file is not UTF-8, not a regular file, out of reach (permissions, links in a circle), or its
    front matter is one that no parser should read: larger than 1 MiB, nested more than 200 levels
    deep, aliases without end. Where the file is read and its YAML is wrong, that is F007.

    Do: correct what the detail names: the file's encoding, its permissions or its front matter.
    """
    return _in_state(comparison, "unreadable")


@check("F005", Severity.INFO)
def skill_format_broken(comparison: Comparison) -> pd.DataFrame:
    """Skill breaks the published skill format.

    The format requires a name of lower-case letters, digits and hyphens, 64 at most, equal to the
    folder's, and a description of 1 to 1,024 characters. SkillMeat accepts others; other clients do
    not.

    Do: correct name or description in SKILL.md, where other clients are to read the skill.
    """
    manifest, file = comparison.snapshot.manifest, comparison.snapshot.frontmatter
    skill = is_true(manifest["type"] == "skill") & is_true(file["state"] == "read")
    fenced = is_true(file["fenced"])
    folder = extract_group(manifest["path"], _FOLDER)
    name, description = file["name"], file["description"]
    well_formed = is_true(name.str.fullmatch(_SKILL_NAME))
    too_long = description.str.len() > _DESCRIPTION_LIMIT
    faults = {
        "it has no front matter": ~fenced & file["reason"].isna(),
        "its front matter is not closed": ~fenced & file["reason"].notna(),
        "it has no name": fenced & name.isna(),
        "its name is not the folder's": is_true(name != folder),
        "its name has other characters than lower-case letters, "
        "digits and single hyphens": name.notna() & ~well_formed,
        f"its name is longer than {_NAME_LIMIT}": name.str.len() > _NAME_LIMIT,
        "it has no description": fenced & description.isna(),
        f"its description is longer than {_DESCRIPTION_LIMIT}": too_long,
    }
    texts = np.full(len(manifest), "", dtype=object)
    for fault, mask in faults.items():
        # An object array: `+=` with a mask appends to the texts in place.
        texts[is_true(mask) & skill] += f"; {fault}"
    detail = pd.Series(texts, dtype="string").str.removeprefix("; ")
    return comparison.entry_findings(detail != "", detail=detail)


@check("F006", Severity.INFO)
def files_undeclared(comparison: Comparison) -> pd.DataFrame:
    """Files on disk that no manifest declares.

    An add or import failed after it had copied the files, or somebody put them there.

    See docs/skillmeat.md#files-without-an-entry.

    Do: add the artifact (skillmeat add TYPE PATH), or delete its files.
    """
    return comparison.problem_findings("undeclared")


@check("F007", Severity.WARNING)
def front_matter_invalid(comparison: Comparison) -> pd.DataFrame:
    """Front matter is not valid YAML, or is not closed.

    Mostly a value that YAML reads as more than text: ``description: Use when: it fails`` holds a
    second colon, ``argument-hint: [name] [--flag]`` two lists, ``globs: *.md`` a reference. Put
    such a value into quotes; the detail names the line, the cause and the line to type instead.

    SkillMeat then reads the block line by line: it keeps name, description, tools and model as they
    stand in their line (of ``description: |`` only the ``|``) and drops author, license, version,
    tags and all others. Of a value that looks like a date or number and is not one (2026-02-30),
    and of a block that ``---`` does not close on a line of its own, it reads nothing. Other clients
    skip the file. Artifacts of all types are checked; nothing is written to files.

    See docs/skillmeat.md#extraction-accidents.

    Do: type the line that the detail shows into the file.
    """
    return _in_state(comparison, "read")


@check("F008", Severity.INFO)
def file_and_manifest_differ(comparison: Comparison) -> pd.DataFrame:
    """Front matter and manifest both have a value, and they differ.

    Mostly the file was edited since the artifact was added, in an editor or in SkillMeat's page:
    SkillMeat does not read it again, and marks the row as synced all the same. Tags and author may
    also have been changed in SkillMeat on purpose. Which of the two is right is for review: correct
    the manifest, or the file. No plan takes the file's value where a plan overwrites it in the row
    with the manifest's, or did so (D002): that would turn it back. Tags that SkillMeat does not
    store (longer than 100 characters, or of another tag's letters in another case) do not count.
    Files whose front matter is not valid YAML (F007) are left out.

    See docs/skillmeat.md#edits-of-files.

    Do: skillmeat-audit plan HOME --select F008 --disposition review -o plan.json, where the file is
    right; else correct the file.
    """
    manifest = comparison.snapshot.manifest
    parts = []
    for field in (field for field in FIELDS if Evidence.FRONTMATTER in field.layers):
        if not (differing := differs_from_file(comparison, field)).any():
            continue
        decided = is_decided(comparison, field)
        by_plan = pd.Series("", differing.index, dtype="string").mask(decided, _DECIDED)
        declared = comparison.layers.layer(Evidence.MANIFEST, field.column)
        written = comparison.layers.layer(Evidence.FRONTMATTER, field.column)
        parts.append(
            comparison.entry_findings(
                differing,
                column=field.column,
                expected=written.raw,
                actual=declared.raw,
                evidence=Evidence.FRONTMATTER,
                disposition=pd.Series(Disposition.REVIEW, differing.index, dtype="string").mask(
                    decided, Disposition.NONE
                ),
                detail=f"{field.column} of the file and of collections/"
                + manifest["file_collection"]
                + by_plan,
            )
        )
    return pd.concat(parts, ignore_index=True) if parts else NO_FINDINGS


def _in_state(comparison: Comparison, state: str) -> pd.DataFrame:
    """Return ``RULE_FINDINGS``: the entries whose file is in *state* for a reason to report."""
    file = comparison.snapshot.frontmatter
    mask = is_true(file["state"] == state) & file["reason"].notna()
    if not mask.any():
        return NO_FINDINGS
    detail = _path_and_collection(comparison) + ": " + file["reason"]
    # Content that a database stores has no path.
    return comparison.entry_findings(mask, detail=detail.fillna(file["reason"]))


def _path_and_collection(comparison: Comparison) -> pd.Series:
    manifest = comparison.snapshot.manifest
    return "path " + manifest["path"] + " of collections/" + manifest["file_collection"]
