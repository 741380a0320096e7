"""F: files on disk."""

import re
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skillmeat_audit.base.arrow import ARROW_TEXT, from_arrow, take_rows, to_arrow, to_mask
from skillmeat_audit.base.columns import (
    TextColumns,
    choose,
    equals,
    is_among,
    is_present,
    join_texts,
    matches,
    unequal,
)
from skillmeat_audit.diff.compare import Bools, Ints, extract_match, is_true, map_bool
from skillmeat_audit.diff.comparison import Comparison
from skillmeat_audit.diff.links import joined_key
from skillmeat_audit.diff.manifest_repairs import differs_from_file, is_decided
from skillmeat_audit.diff.problems import mendable, problem_findings, safe_where
from skillmeat_audit.diff.registry import check
from skillmeat_audit.diff.rule_findings import NO_FINDINGS, Parts
from skillmeat_audit.model.fields import FIELDS, Field
from skillmeat_audit.model.findings import Disposition, Evidence, Severity

_ABSOLUTE = r"^(?:/|\\|[A-Za-z]:[\\/])"  # /home/x, \\server\x, C:\x
# The published skill format: lower-case letters, digits and single hyphens, 64 characters at most.
_SKILL_NAME = re.compile(r"[^\W_A-Z]+(?:-[^\W_A-Z]+)*")
_ASCII_SKILL_NAME = r"\A[a-z0-9]+(?:-[a-z0-9]+)*\z"  # RE2, whose \W is that of ASCII
_FOLDER = r"(?P<match>[^/\\]+)[/\\]*$"  # "alpha" of skills/alpha/
_SERVED = "SkillMeat serves it, and deletes it with the artifact"
_DECIDED = "; a repair takes the manifest's value: correct the manifest or the file by hand"
_NAME_LIMIT, _DESCRIPTION_LIMIT = 64, 1024


@check("F001", Severity.ERROR)
def files_missing(comparison: Comparison) -> Parts:
    """Files of a manifest entry are missing on disk.

    They were deleted behind SkillMeat's back, or an import wrote the entry and failed at the files.
    A skill needs its ``SKILL.md``: without one, the folder does not count. Where a name beside it
    differs only in case or in Unicode form (a file system that ignores them, an unpacked archive),
    the finding says so: rename the file, or correct the path in the manifest.

    Do: restore the files, or take the entry out of the manifest: skillmeat remove NAME -t TYPE.
    """
    return _in_state(comparison, "missing")


@check("F002", Severity.INFO)
def path_absolute(comparison: Comparison) -> Parts:
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
    absolute = matches(comparison.entry_texts["path"], _ABSOLUTE)
    if not absolute.any():
        return NO_FINDINGS
    detail, served = _path_and_collection(comparison), _exists_elsewhere(comparison)
    # docs/skillmeat.md#absolute-paths-in-manifests: a path of another home is served and deleted.
    detail_of_served = join_texts(detail, ": exists outside of the home; " + _SERVED)
    return comparison.entry_findings(
        absolute,
        severity=choose(served, Severity.ERROR, Severity.INFO),
        detail=choose(served, detail_of_served, detail),
        disposition=safe_where(mendable(comparison, "absolute", "elsewhere")),
    )


def _exists_elsewhere(comparison: Comparison) -> Bools:
    """Return the entries whose absolute path exists outside of the home."""
    problems, entries = comparison.snapshot.problems, comparison.entry_texts
    outside = TextColumns(problems[is_true(problems["kind"] == "elsewhere")])
    folders = join_texts("collections/", entries["file_collection"])
    paths = joined_key(folders, entries["path"])
    return is_among(paths, joined_key(outside["place"], outside["detail"]))


@check("F003", Severity.ERROR)
def path_outside(comparison: Comparison) -> Parts:
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
def front_matter_unreadable(comparison: Comparison) -> Parts:
    """Front matter cannot be read.

    The file is not UTF-8, not a regular file, out of reach (permissions, links in a circle), or its
    front matter is one that no parser should read: larger than 1 MiB, nested more than 200 levels
    deep, aliases without end. Where the file is read and its YAML is wrong, that is F007.

    Do: correct what the detail names: the file's encoding, its permissions or its front matter.
    """
    return _in_state(comparison, "unreadable")


@check("F005", Severity.INFO)
def skill_format_broken(comparison: Comparison) -> Parts:
    """Skill breaks the published skill format.

    The format requires a name of lower-case letters, digits and hyphens, 64 at most, equal to the
    folder's, and a description of 1 to 1,024 characters. SkillMeat accepts others; other clients do
    not.

    Do: correct name or description in SKILL.md, where other clients are to read the skill.
    """
    read = equals(comparison.entry_texts["type"], "skill")
    read &= equals(comparison.file_texts["state"], "read")
    skills = np.flatnonzero(read)
    if not len(skills):
        return NO_FINDINGS
    texts = np.full(len(read), "", dtype=object)
    for fault, mask in _format_faults(comparison, skills).items():
        # An object array: `+=` with positions appends to the texts in place.
        texts[skills[mask]] += f"; {fault}"
    detail = pc.utf8_slice_codeunits(pa.array(texts, ARROW_TEXT), len("; "))
    return comparison.entry_findings(texts != "", detail=detail)


def _format_faults(comparison: Comparison, skills: Ints) -> dict[str, Bools]:
    """Return the faults of the files of *skills* (positions in the manifest), a mask for each."""
    fenced = is_true(comparison.snapshot.frontmatter["fenced"]).to_numpy()[skills]
    folder = extract_match(take_rows(comparison.entry_texts["path"], skills), _FOLDER)
    reason, name, description = (
        take_rows(comparison.file_texts[column], skills)
        for column in ("reason", "name", "description")
    )
    return {
        "it has no front matter": ~fenced & ~is_present(reason),
        "its front matter is not closed": ~fenced & is_present(reason),
        "it has no name": fenced & ~is_present(name),
        "its name is not the folder's": unequal(name, folder),
        "its name has other characters than lower-case letters, "
        "digits and single hyphens": _is_malformed(name),
        f"its name is longer than {_NAME_LIMIT}": _is_longer(name, _NAME_LIMIT),
        "it has no description": fenced & ~is_present(description),
        f"its description is longer than {_DESCRIPTION_LIMIT}": (
            _is_longer(description, _DESCRIPTION_LIMIT)
        ),
    }


def _is_malformed(names: pa.Array) -> Bools:
    """Return which *names* are not of the form of a skill's name."""
    malformed = is_present(names) & ~matches(names, _ASCII_SKILL_NAME)
    others = from_arrow(names.filter(pa.array(malformed)))
    malformed[malformed] = map_bool(others, lambda name: not _SKILL_NAME.fullmatch(name))
    return malformed


def _is_longer(values: pa.Array, limit: int) -> Bools:
    return to_mask(pc.greater(pc.utf8_length(values), limit))


@check("F006", Severity.INFO)
def files_undeclared(comparison: Comparison) -> Parts:
    """Files on disk that no manifest declares.

    An add or import failed after it had copied the files, or somebody put them there.

    See docs/skillmeat.md#files-without-an-entry.

    Do: add the artifact (skillmeat add TYPE PATH), or delete its files.
    """
    return problem_findings(comparison, "undeclared")


@check("F007", Severity.WARNING)
def front_matter_invalid(comparison: Comparison) -> Parts:
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
def file_and_manifest_differ(comparison: Comparison) -> Parts:
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
    parts = (
        _edits_of_files(comparison, field)
        for field in FIELDS
        if Evidence.FRONTMATTER in field.layers
    )
    return tuple(chain.from_iterable(parts))


def _edits_of_files(comparison: Comparison, field: Field) -> Parts:
    """Return findings: the entries with another value than their file in the column of *field*."""
    differing = differs_from_file(comparison, field)
    if not differing.any():
        return NO_FINDINGS
    declared, written = (
        to_arrow(comparison.layers.layer(evidence, field.column).raw)
        for evidence in (Evidence.MANIFEST, Evidence.FRONTMATTER)
    )
    decided, collection = is_decided(comparison, field), comparison.entry_texts["file_collection"]
    where = join_texts(f"{field.column} of the file and of collections/", collection)
    return comparison.entry_findings(
        differing,
        column=field.column,
        expected=written,
        actual=declared,
        evidence=Evidence.FRONTMATTER,
        disposition=choose(decided, Disposition.NONE, Disposition.REVIEW),
        detail=choose(decided, join_texts(where, _DECIDED), where),
    )


def _in_state(comparison: Comparison, state: str) -> Parts:
    """Return findings: the entries whose file is in *state* for a reason to report."""
    reason = comparison.file_texts["reason"]
    mask = equals(comparison.file_texts["state"], state) & is_present(reason)
    if not mask.any():
        return NO_FINDINGS
    detail = join_texts(_path_and_collection(comparison), ": ", reason)
    # Content that a database stores has no path.
    return comparison.entry_findings(mask, detail=pc.coalesce(detail, reason))


def _path_and_collection(comparison: Comparison) -> pa.Array:
    entries = comparison.entry_texts
    return join_texts("path ", entries["path"], " of collections/", entries["file_collection"])
