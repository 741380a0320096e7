"""The rules that report one kind of disagreement in one column: a table, not functions."""

import inspect

from skillmeat_audit.diff.comparison import Comparison
from skillmeat_audit.diff.registry import Check, plan_command, rule_of
from skillmeat_audit.diff.rule_findings import Parts
from skillmeat_audit.model.findings import Severity, Status

ERROR, WARNING, INFO = Severity
MISSING, DIFFERS, EXTRA = (Status.MISSING,), (Status.DIFFERS,), (Status.EXTRA,)

# code, column, statuses, severity: title and page
CELL_RULES = {
    ("D001", "description", MISSING, ERROR): """Description missing although a layer knows it.

    Imports until 2026-02-10 wrote rows without metadata, adding to a user collection still does,
    and imports with source indexing off store no description. Safe where the manifest has the
    description. Where only the front matter or the catalogue has it, a plan fills the row and the
    manifest: SkillMeat's next restart or refresh blanks what the manifest lacks.

    See docs/skillmeat.md#blank-after-batch-import,
    docs/skillmeat.md#description-without-indexing and
    docs/skillmeat.md#adding-writes-an-empty-row.
    """,
    ("D002", "description", DIFFERS, WARNING): """
    Description differs from what the manifest or the front matter says.

    A reimport until 2026-02-10 kept the old text; a skipped import writes the description of
    another artifact; a look-up without a type took it from another type. Safe where the manifest
    has a description. Where it has none and the front matter differs, the row is overwritten only
    after review.

    See docs/skillmeat.md#stale-after-reimport,
    docs/skillmeat.md#skipped-imports-rewrite-provenance and
    docs/skillmeat.md#look-ups-without-a-type.
    """,
    ("D003", "description", EXTRA, INFO): """
    Description in the row only: no other layer knows it.

    The manifest entry lost its description, or a path wrote one that the entry never had. Nothing
    is written, because the row may be the last copy; SkillMeat's next refresh blanks it. Copy the
    text into the artifact's file to keep it.
    """,
    ("M001", "tags_json", MISSING, WARNING): """Tags missing although a layer knows them.

    An import writes only the tags that the catalogue derives from the path, and clears those that
    people had added. Safe where the manifest has tags; tags of the front matter are filled into
    the row and the manifest, because a restart or refresh blanks what the manifest lacks.

    See docs/skillmeat.md#imports-write-few-columns.
    """,
    ("M002", "tags_json", DIFFERS, WARNING): """
    Tags differ from what the manifest or the front matter says.

    An edit of tags reached only one of the places that hold them: the tag table, the row, or the
    manifest. The order of tags does not matter. Safe where the manifest has tags, for review where
    only the front matter has.

    See docs/skillmeat.md#tags-written-to-one-place.
    """,
    ("M003", "tools_json", MISSING, WARNING): """Tools missing although a layer knows them.

    Imports never read an artifact's tools, and SkillMeat's script that should add them fails on
    newer schemas. Tools of the front matter are filled into the row and the manifest, because
    a restart or refresh blanks what the manifest lacks; names that SkillMeat does not know are left
    out, as it does itself.

    See docs/skillmeat.md#imports-capture-no-metadata and
    docs/skillmeat.md#leftovers-of-older-homes.
    """,
    ("M004", "tools_json", DIFFERS, WARNING): """
    Tools differ from what the manifest or the front matter says.

    The artifact was updated, which changes its tools in the manifest, and the row was not
    refreshed. The order of tools does not matter. Safe where the manifest has tools, for review
    where only the front matter has.
    """,
    ("M005", "author", MISSING, WARNING): """Author missing although a layer knows it.

    Imports never store the author, so it is usually the front matter that has it: a plan fills
    the row and the manifest, because a restart or refresh blanks what the manifest lacks. Most
    artifacts name no author; then nothing is missing.

    See docs/skillmeat.md#imports-capture-no-metadata.
    """,
    ("M006", "author", DIFFERS, WARNING): """
    Author differs from what the manifest or the front matter says.

    The manifest was refreshed from upstream and the row was not, or a look-up without a type took
    the author of another artifact. Safe where the manifest has an author, for review where only
    the front matter has.

    See docs/skillmeat.md#look-ups-without-a-type.
    """,
    ("M007", "license", MISSING, WARNING): """License missing although a layer knows it.

    Imports never store the license; only a refresh from upstream writes it to the manifest. From
    the front matter a plan fills the row and the manifest, because a restart or refresh blanks what
    the manifest lacks.

    See docs/skillmeat.md#imports-capture-no-metadata.
    """,
    ("M008", "license", DIFFERS, WARNING): """
    License differs from what the manifest or the front matter says.

    Upstream changed its license, or a look-up without a type took that of another artifact. Texts
    are compared as they stand: MIT and mit differ. Safe where the manifest has a license, for
    review where only the front matter has.

    See docs/skillmeat.md#look-ups-without-a-type.
    """,
    ("M009", "version", MISSING, WARNING): """Version missing although a layer knows it.

    Imports never store the version, and the server's start since 0.9.0 leaves it out of the rows
    that it makes. From the front matter a plan fills the row and the manifest, because a refresh
    blanks what the manifest lacks.

    See docs/skillmeat.md#server-start-drops-columns.
    """,
    ("M010", "version", DIFFERS, WARNING): """
    Version differs from what the manifest or the front matter says.

    An update changed the manifest, and the server's start since 0.9.0 cannot write the version of
    a row. Safe where the manifest has a version, for review where only the front matter has.

    See docs/skillmeat.md#server-start-drops-columns.
    """,
    ("M011", "tags_json", EXTRA, WARNING): """Tags in the row only: no other layer knows them.

    Somebody added tags in a page, which writes the row and not the manifest, or the manifest lost
    them. Nothing is written; SkillMeat's next refresh blanks them. Add them to the manifest entry
    to keep them.

    See docs/skillmeat.md#tags-written-to-one-place.
    """,
    ("M012", "tools_json", EXTRA, WARNING): """Tools in the row only: no other layer knows them.

    An older version of the artifact named tools and this one does not, or a script wrote them to
    the row. Nothing is written; SkillMeat's next refresh blanks them.
    """,
    ("M013", "author", EXTRA, WARNING): """Author in the row only: no other layer knows it.

    Left by an older manifest entry of the same name, or by a look-up that took another type's
    author. Nothing is written, because the row may be the last copy; SkillMeat's next refresh
    blanks it.

    See docs/skillmeat.md#look-ups-without-a-type.
    """,
    ("M014", "license", EXTRA, WARNING): """License in the row only: no other layer knows it.

    A refresh from upstream once wrote it, and the manifest entry was replaced since, as a reimport
    does. Nothing is written; SkillMeat's next refresh blanks it.
    """,
    ("M015", "version", EXTRA, WARNING): """Version in the row only: no other layer knows it.

    The manifest lost it, for example by a reimport. The server's start since 0.9.0 cannot clear a
    version, so it stays until a refresh blanks it. Nothing is written.

    See docs/skillmeat.md#server-start-drops-columns.
    """,
    ("R001", "resolved_sha", MISSING + DIFFERS, WARNING): """
    Resolved commit is missing or differs from the manifest.

    An update from upstream changed the manifest and the row was not refreshed. Safe. Marketplace
    artifacts have no resolved commit, and none is expected.

    See docs/skillmeat.md#no-resolved-version.
    """,
    ("R002", "resolved_version", MISSING + DIFFERS, WARNING): """
    Resolved version is missing or differs from the manifest.

    The artifact follows a tag or a branch, an update moved it on, and the row was not refreshed.
    Safe. Marketplace artifacts have no resolved version, and none is expected.

    See docs/skillmeat.md#no-resolved-version.
    """,
    ("R003", "resolved_sha", EXTRA, INFO): """Resolved commit in the row only.

    Left by an older entry of the same name: a skipped import keeps the commit of the artifact that
    it gives a new source. Nothing is written.

    See docs/skillmeat.md#skipped-imports-rewrite-provenance.
    """,
    ("R004", "resolved_version", EXTRA, INFO): """Resolved version in the row only.

    Left by an older entry of the same name, which followed a tag or branch that the present entry
    does not name. Nothing is written.

    See docs/skillmeat.md#skipped-imports-rewrite-provenance.
    """,
    ("S001", "source", MISSING, ERROR): """
    Source missing although the manifest or the catalogue knows it.

    Rows of imports until 2026-02-10, of adds to user collections and of early bundle installs have
    none. Safe where the manifest has an upstream.

    See docs/skillmeat.md#blank-after-batch-import,
    docs/skillmeat.md#adding-writes-an-empty-row and
    docs/skillmeat.md#bundles-without-source.
    """,
    ("S002", "source", DIFFERS, ERROR): """Source differs from the manifest's upstream.

    A reimport until 2026-02-10 kept the old address; a rescan moved the manifest to another
    branch. Safe.

    See docs/skillmeat.md#stale-after-reimport and docs/skillmeat.md#branch-names-differ.
    """,
    ("S003", "origin", MISSING, ERROR): """Origin missing.

    Every manifest entry has an origin, so only paths that write no metadata leave it out. Safe.

    See docs/skillmeat.md#merge-of-three-fields.
    """,
    ("S004", "origin", DIFFERS, ERROR): """Origin differs from the manifest's.

    The artifact was added again from elsewhere and the row was not refreshed. Safe.
    """,
    ("S005", "origin_source", MISSING, ERROR): """Origin source missing.

    The server's start since 0.9.0 never writes it. Safe where the manifest has it; otherwise the
    host of the source decides, and the row is filled.

    See docs/skillmeat.md#server-start-drops-columns.
    """,
    ("S006", "origin_source", DIFFERS, ERROR): """
    Origin source differs from the manifest's, or from the host of the source.

    Imports write github whatever the host is. Safe where the manifest has it.

    See docs/skillmeat.md#imports-write-few-columns.
    """,
    ("S013", "source", EXTRA, WARNING): """Source in the row only: no other layer knows it.

    A bundle's repository, or left by an older entry of the same name. Nothing is written.

    See docs/skillmeat.md#bundles-without-source.
    """,
    ("S014", "origin_source", EXTRA, WARNING): """
    Origin source in the row only: the manifest has none.

    Imports write github even if the manifest has no origin source. Nothing is written.

    See docs/skillmeat.md#imports-write-few-columns.
    """,
}

# What the page of a rule ends with, where a plan does not repair all that it finds.
_ACTIONS: dict[tuple[Status, ...], str] = {
    DIFFERS: "\n\nDo: {plan}, and once more with --disposition review for what needs a decision.",
    EXTRA: "\n\nDo: nothing; to keep the value, write it into the manifest entry.",
}


def _check(
    code: str, column: str, statuses: tuple[Status, ...], severity: Severity, text: str
) -> Check:
    def find(comparison: Comparison) -> Parts:
        return comparison.cell_findings(column, statuses)

    action = _ACTIONS.get(statuses, "").format(plan=plan_command(code))
    return Check(rule_of(code, severity, inspect.cleandoc(text) + action), find)


CHECKS = tuple(_check(*spec, text) for spec, text in CELL_RULES.items())
