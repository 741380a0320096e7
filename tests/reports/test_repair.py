"""How plans and runs are shown."""

import json
from pathlib import Path

import msgspec
import pytest
from builders import HOSTILE, update_of

from skillmeat_audit.api.next_steps import plan_steps
from skillmeat_audit.model.changes import (
    PLAN_SCHEMA,
    Applied,
    PlanDocument,
    RunListing,
    RunOutcome,
    Skipped,
)
from skillmeat_audit.model.manifest_edits import ALREADY_SO, ManifestDiff, ManifestEdit
from skillmeat_audit.model.run_details import EditedManifest, RunDetail, WrittenRow
from skillmeat_audit.model.tables import FINDINGS
from skillmeat_audit.model.trend import AuditDelta
from skillmeat_audit.reports.facts.names import Names
from skillmeat_audit.reports.facts.next_commands import Command, NextCommands
from skillmeat_audit.reports.files.runs_json import run_detail_json, run_json
from skillmeat_audit.reports.notebook.repair import plan_html, run_html
from skillmeat_audit.reports.notebook.runs import run_detail_html
from skillmeat_audit.reports.notebook.word_diff import marked_difference
from skillmeat_audit.reports.terminal.plan import SavedPlan, diff_text, plan_text
from skillmeat_audit.reports.terminal.runs import run_detail_text, run_text

NAMES = Names({}, {"default": "Default Collection"})


def change(artifact_id="skill:alpha", op="update", **after):
    change = update_of(artifact_id, dict.fromkeys(after), after)
    return msgspec.structs.replace(change, op=op)


def plan(*changes):
    return PlanDocument(
        PLAN_SCHEMA, "/home/x/.skillmeat", "sqlite:///x", "i", "artifact_id", [], list(changes)
    )


def run(*outcomes, **values):
    facts = {"kind": "apply", "home": "/home/x/.skillmeat", "database": "d", "identity": "i"}
    return RunOutcome(**(facts | {"outcomes": outcomes, "run": "r1"} | values))


def detail(name="skill:alpha", **values):
    edit = ManifestEdit(name, "tags", None, ["a", name], [], None, "fill")
    listing = RunListing(
        "20260210T090000Z-abcdef", "apply", "committed", "2026-02-10 09:00:00.123456", 1, 1, 1,
        None, Path("/s"), None, "",
    )  # fmt: skip
    facts = {
        "listing": listing,
        "home": "/home/x",
        "rows": (WrittenRow("update", "default", name, {"author": None}, {"author": name}),),
        "manifests": (EditedManifest("collections/default/collection.toml", (edit,)),),
    }
    return RunDetail(**(facts | values))


def delta(*, new=(), fixed=(), fading=()):
    frames = [FINDINGS.from_records(list(each)) for each in (fixed, (), new)]
    return AuditDelta(*frames, tuple(fading))


def hostile_delta():
    finding = {"rule": "D005", "artifact_id": HOSTILE, "collection_id": HOSTILE, "column": HOSTILE}
    return delta(new=[finding], fading=[(HOSTILE, HOSTILE, HOSTILE)])


def shown(lines):
    return "\n".join(line.plain for line in lines)


def test_a_plan_is_shown_before_and_after():
    changed = plan(change(description="Does it."))
    steps = plan_steps(NextCommands("/home/x/.skillmeat"), changed, Path("p.json"), 5)
    text = shown(plan_text(changed, (), SavedPlan(NAMES, steps), 100))

    assert "1 row to update (1 cell)" in text
    assert "update skill:alpha · Default Collection  D001" in text
    assert "  description     safe    (empty)  →  Does it." in text
    assert "safe = the manifest has the value" in text
    assert "next:  skillmeat-audit apply p.json --rehearse" in text


def test_an_empty_plan_says_so():
    assert "Nothing to repair." in shown(plan_text(plan(), (), SavedPlan(NAMES), 100))


def test_a_plan_that_was_not_saved_says_how():
    changed = plan(change(author="J"))
    steps = plan_steps(NextCommands("/home/x/.skillmeat"), changed, None, 5)
    text = shown(plan_text(changed, (), SavedPlan(NAMES, steps), 100))

    assert "plan /home/x/.skillmeat -o plan.json" in text


def test_changes_past_the_limit_are_counted():
    many = plan(*(change(f"skill:a{n}", author="J") for n in range(5)))

    assert "… and 3 more changes" in shown(plan_text(many, (), SavedPlan(NAMES), 100, 2))


def test_a_run_lists_skipped_changes_and_the_undo_command():
    done = run(
        Applied(change()),
        Skipped(change("skill:b"), "changed since: author"),
        Skipped(change("skill:c"), ALREADY_SO),
        backup=Path("/s/backup.db"),
    )

    undo = Command("skillmeat-audit undo HOME --run r1", "puts back 1 change")
    text = shown(run_text(done, None, NAMES, 100, [undo]))

    assert "1 row applied" in text
    assert "1 row not needed" in text
    assert "skipped skill:b · Default Collection: changed since: author" in text
    assert "backup: /s/backup.db" in text
    assert "next:  skillmeat-audit undo HOME --run r1    puts back 1 change" in text


def test_a_rehearsal_says_that_nothing_changed():
    text = shown(run_text(run(Applied(change()), rehearsed=True, run=None), None, NAMES, 100))

    assert "rehearsed and rolled back" in text
    assert "nothing was changed" in text


def test_a_run_as_json():
    report = json.loads(run_json(run(Skipped(change(HOSTILE), "why")), None, NAMES))

    assert report["schema"] == "skillmeat-audit/run/1"
    assert report["outcomes"][0]["outcome"] == "skipped"
    assert report["outcomes"][0]["reason"] == "why"


@pytest.mark.parametrize(
    "render",
    [
        lambda: shown(
            plan_text(
                plan(change(HOSTILE, author=HOSTILE)),
                (),
                SavedPlan(NAMES),
                100,
            )
        ),
        lambda: shown(run_text(run(Skipped(change(HOSTILE), HOSTILE)), None, NAMES, 100)),
        lambda: plan_html(plan(change(HOSTILE, author=HOSTILE)), (), NAMES),
        lambda: run_html(run(Skipped(change(HOSTILE), HOSTILE)), None, NAMES),
        lambda: run_json(run(Skipped(change(HOSTILE), HOSTILE)), None, NAMES).decode(),
        lambda: shown(run_text(run(Applied(change())), hostile_delta(), NAMES, 100)),
        lambda: run_html(run(Applied(change())), hostile_delta(), NAMES),
        lambda: shown(run_detail_text(detail(HOSTILE), NAMES, 80)),
        lambda: run_detail_html(detail(HOSTILE)),
        lambda: run_detail_json(detail(HOSTILE)).decode(),
    ],
    ids=[
        "plan text",
        "run text",
        "plan html",
        "run html",
        "run json",
        "recheck text",
        "recheck html",
        "detail text",
        "detail html",
        "detail json",
    ],
)
def test_names_are_escaped_everywhere(render):
    text = render()

    assert not set("\x1b\u202e\x9b") & set(text)
    if text.startswith("<"):
        assert "<b>\\x1b" not in text
        assert "&lt;b&gt;\\x1b" in text


def test_html_is_bounded():
    many = plan(*(change(f"skill:a{n}", author="x" * 5000) for n in range(300)))

    html = plan_html(many, (), NAMES)

    assert len(html) < 200_000
    assert "100 of 300 rows" in html


def test_a_run_names_the_call_that_follows():
    rehearsed = run(Applied(change()), rehearsed=True, run=None)

    assert "<code>plan.apply()</code>" in run_html(rehearsed, None, NAMES)
    assert "<code>run.undo()</code>" in run_html(run(Applied(change())), None, NAMES)
    assert "undo" not in run_html(run(Skipped(change(), ALREADY_SO), run=None), None, NAMES)


def test_reasons_are_shown_only_if_a_change_was_skipped():
    applied, skipped = Applied(change()), Skipped(change("skill:z"), "moved")

    assert ">why</th>" not in run_html(run(applied), None, NAMES)
    assert ">why</th>" in run_html(run(applied, skipped), None, NAMES)


def test_words_that_differ_are_marked():
    actual, expected = marked_difference("Reads the old file.", "Reads the new file.")

    assert "Reads the <mark>old</mark> file." in actual
    assert "Reads the <mark>new</mark> file." in expected


def test_an_empty_value_is_named_and_nothing_is_marked():
    actual, expected = marked_difference(None, "Reads <b>files</b>.")

    assert "(empty)" in actual
    assert "&lt;b&gt;" in expected
    assert "<mark>" not in actual + expected


def test_a_run_shows_its_conflicts_first_and_the_audit_after_it():
    outcomes = [Applied(change()) for _ in range(200)] + [Skipped(change("skill:z"), "moved")]
    rechecked = AuditDelta(FINDINGS.empty(), FINDINGS.empty(), FINDINGS.empty())

    html = run_html(run(*outcomes), rechecked, NAMES)

    assert "100 of 201 outcomes" in html
    assert html.index("skill:z") < html.index("skill:alpha")
    assert "audited again: 0 findings fixed" in html


@pytest.mark.parametrize("width", [60, 80, 120])
def test_what_a_run_changed_fits_the_terminal(width):
    long = detail(
        rows=(
            WrittenRow(
                "update", "default", "skill:a", {"author": "x" * 300}, {"author": "y" * 300}
            ),
            WrittenRow("delete", "default", "skill:b", {"source": "z"}, {}),
        )
    )
    text = shown(run_detail_text(long, NAMES, width))
    whole = "".join(shown(run_detail_text(long, NAMES, width, whole=True)).split())

    assert max(map(len, text.splitlines())) <= width
    assert "run 20260210T090000Z-abcdef · apply · committed" in text
    assert "2 rows (2 cells)" in text
    assert "edit collections/default/collection.toml\n  skill:alpha\n    tags  " in text
    assert "(no such key)" in text and "a, skill:alpha" in text
    assert "update skill:a · Default Collection" in text
    assert "delete skill:b · Default Collection" in text
    assert "x" * 300 in whole and "y" * 300 in whole
    assert "x" * 300 not in text and "…" in text
    assert text.rstrip().endswith("→  (no row)")


def test_what_a_run_changed_as_json_and_html():
    document = json.loads(run_detail_json(detail(undone_by="20260211T090000Z-abcdef")))

    assert document["undone_by"] == "20260211T090000Z-abcdef"
    assert document["rows"][0]["cells"] == {"author": {"before": None, "after": "skill:alpha"}}
    assert document["manifests"][0]["edits"] == [
        {"artifact_id": "skill:alpha", "key": "tags", "before": None, "after": ["a", "skill:alpha"]}
    ]
    html = run_detail_html(detail())
    assert "2 of 2 changes, before → after" in html
    assert "(empty)" in html and "a, skill:alpha" in html


def test_new_findings_and_what_would_not_last_are_listed():
    names = Names({"D005": "Not in the manifest"}, {"default": "Default Collection"})
    key = {"collection_id": "default", "artifact_id": "skill:a"}
    after = delta(
        new=[{"rule": "D005", "column": "description", **key}],
        fading=[("default", "skill:a", "description")],
    )
    text = shown(run_text(run(Applied(change())), after, names, 80))
    document = json.loads(run_json(run(Applied(change())), after, names))["recheck"]

    assert "1 × D005  Not in the manifest\n    skill:a · Default Collection: description" in text
    assert "would not last: 1 written cell, which no manifest holds" in text
    assert document["new_findings"][0]["title"] == "Not in the manifest"
    assert document["would_not_last"] == [{**key, "column": "description"}]
    html = run_html(run(Applied(change())), after, names)
    assert "would not last: 1 written cell" in html and "1 × D005" in html
    assert "all written cells last" in shown(run_text(run(), delta(), names, 80))


def test_a_mended_manifest_needs_another_plan():
    mended = delta(fixed=[{"rule": "L001"}], new=[{"rule": "D001", "disposition": "safe"}])

    assert "plan again, for 1 finding" in shown(run_text(run(), mended, NAMES, 200))
    assert "plan again" in run_html(run(), mended, NAMES)
    assert "plan again" in json.loads(run_json(run(), mended, NAMES))["recheck"]["plan_again"]
    assert "plan again" not in shown(run_text(run(), delta(fixed=[{"rule": "L001"}]), NAMES, 200))


def test_a_diff_is_not_cut_within_a_value():
    lines = (
        "--- a",
        "+++ a",
        "@@ -1 +1 @@",
        " x = 1",
        "+tools = [",
        '+    "Read",',
        "+]",
        "+y = 2",
    )

    cut = shown(diff_text(ManifestDiff("a", lines, ()), limit=1))

    assert cut.splitlines()[-2:] == ["+]", "… and 1 more line of the diff (--limit 0 lists all)"]
