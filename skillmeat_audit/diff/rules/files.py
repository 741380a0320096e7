"""F: files on disk."""

import numpy as np
import pandas as pd

from skillmeat_audit.diff.cells import Comparison
from skillmeat_audit.diff.compare import extract_group, is_true
from skillmeat_audit.diff.registry import NOTHING, rule
from skillmeat_audit.diff.rules.select import entry_findings, problem_findings
from skillmeat_audit.model.findings import Severity

_ABSOLUTE = r"^(?:/|\\|[A-Za-z]:[\\/])"
# The published skill format: lower-case letters, digits and single hyphens, 64 characters at most.
_SKILL_NAME = r"[^\W_A-Z]+(?:-[^\W_A-Z]+)*"
_FOLDER = r"(?P<it>[^/\\]+)[/\\]*$"
_NAME_LIMIT, _DESCRIPTION_LIMIT = 64, 1024


@rule("F001", Severity.ERROR)
def F001(comparison: Comparison) -> pd.DataFrame:
    """Files of a manifest entry are missing on disk.

    They were deleted behind SkillMeat's back, or an import wrote the entry and failed at the files.
    A skill needs its ``SKILL.md``: a folder without one is no skill. Where a name beside it differs
    only in case or in Unicode form (a file system that ignores them, an unpacked archive), the
    finding says so: rename the file, or correct the path in the manifest.
    """
    return _in_state(comparison, "missing")


@rule("F002", Severity.INFO)
def F002(comparison: Comparison) -> pd.DataFrame:
    """Manifest path is absolute.

    Marketplace imports wrote absolute paths up to 0.39 (§7.46); they break when the home moves. The
    part after ``collections/<name>/`` is what the audit goes by.
    """
    absolute = is_true(comparison.snapshot.manifest["path"].str.contains(_ABSOLUTE, regex=True))
    if not absolute.any():
        return NOTHING
    return entry_findings(comparison, absolute, detail=_place(comparison))


@rule("F003", Severity.ERROR)
def F003(comparison: Comparison) -> pd.DataFrame:
    """Manifest path leaves the collection's folder: not read.

    SkillMeat never checks the path of an entry, so a manifest from elsewhere can point anywhere, by
    ``..``, by an absolute path or by a symbolic link. Links to folders that you keep elsewhere on
    purpose (dotfiles) are followed where the setting ``allow-links`` names those folders.
    """
    return _in_state(comparison, "outside")


@rule("F004", Severity.WARNING)
def F004(comparison: Comparison) -> pd.DataFrame:
    """Front matter cannot be read.

    The file is not UTF-8, not a regular file, out of reach (permissions, links in a circle), or its
    front matter is such that no parser should read it: larger than 1 MiB, nested more than 200
    levels deep, aliases without end. Where the file is read and its YAML is wrong, that is F007.
    """
    return _in_state(comparison, "unreadable")


@rule("F005", Severity.INFO)
def F005(comparison: Comparison) -> pd.DataFrame:
    """Skill breaks the published skill format.

    The format wants a name of lower-case letters, digits and hyphens, 64 at most, equal to the
    folder's, and a description of 1 to 1,024 characters. SkillMeat does not mind; other clients do.
    """
    manifest, own = comparison.snapshot.manifest, comparison.snapshot.frontmatter
    skill = is_true(manifest["type"] == "skill") & is_true(own["state"] == "read")
    fenced = is_true(own["fenced"])
    folder = extract_group(manifest["path"], _FOLDER)
    name, description = own["name"], own["description"]
    faults = {
        "it has no front matter": ~fenced & own["reason"].isna(),
        "its front matter is not closed": ~fenced & own["reason"].notna(),
        "it has no name": fenced & name.isna(),
        "its name is not the folder's": is_true(name != folder),
        "its name has other characters than lower-case letters, "
        "digits and single hyphens": name.notna() & ~is_true(name.str.fullmatch(_SKILL_NAME)),
        f"its name is longer than {_NAME_LIMIT}": name.str.len() > _NAME_LIMIT,
        "it has no description": fenced & description.isna(),
        f"its description is longer than {_DESCRIPTION_LIMIT}": description.str.len()
        > _DESCRIPTION_LIMIT,
    }
    detail = np.full(len(manifest), "", dtype=object)
    for said, mask in faults.items():
        detail[is_true(mask) & skill] += f"; {said}"
    told = pd.Series(detail, dtype="string").str.removeprefix("; ")
    return entry_findings(comparison, told != "", detail=told)


@rule("F006", Severity.INFO)
def F006(comparison: Comparison) -> pd.DataFrame:
    """Files on disk that no manifest declares.

    An add or import failed after it had copied the files (§7.47), or somebody put them there.
    """
    return problem_findings(comparison, "undeclared")


@rule("F007", Severity.WARNING)
def F007(comparison: Comparison) -> pd.DataFrame:
    """Front matter is not valid YAML, or is not closed.

    Mostly a value that YAML reads as more than text: ``description: Use when: it fails`` holds a
    second colon, ``argument-hint: [name] [--flag]`` two lists, ``globs: *.md`` a reference. Put
    such a value into quotes; the detail names the line, the cause and the line to type instead.

    SkillMeat then reads the block line by line: it keeps name, description, tools and model as they
    stand in their line (of ``description: |`` only the ``|``) and drops author, license, version,
    tags and all others. Of a value that looks like a date or number and is none (2026-02-30), and
    of a block that ``---`` does not close on a line of its own, it reads nothing. Other clients
    skip the file. Artifacts of all types are checked; nothing is written to files.
    """
    return _in_state(comparison, "read")


def _in_state(comparison: Comparison, state: str) -> pd.DataFrame:
    own = comparison.snapshot.frontmatter
    here = is_true(own["state"] == state) & own["reason"].notna()
    if not here.any():
        return NOTHING
    detail = _place(comparison) + ": " + own["reason"]
    return entry_findings(comparison, here, detail=detail)


def _place(comparison: Comparison) -> pd.Series:
    manifest = comparison.snapshot.manifest
    return "path " + manifest["path"] + " of collections/" + manifest["file_collection"]
