"""After every step of a home's life: the audit names the path that really wrote each row."""

import contextlib
import io
import json
from dataclasses import dataclass

import pytest
from conformance.app import DEFAULT
from conformance.kit import CRITIC, PASSWORD, URL
from conformance.life import STEPS, Life

import skillmeat_audit as sma
from skillmeat_audit.diff.web_view import PAGE_COLUMNS
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.tables import KEY
from skillmeat_audit.ui.cli.main import main

pytest.importorskip("skillmeat", reason="run by `make conformance`, in an environment of its own")


@dataclass(frozen=True)
class Told:
    """One step, as it was and as the audit tells it."""

    written: set
    rows: dict
    real: dict
    named: dict
    sure: dict
    pages: dict
    shown: dict
    printed: dict
    code: int


@pytest.fixture(scope="module")
def told(application, tmp_path_factory):
    """Live a whole life, with an audit after each step; return what was told, by step."""
    life = Life(application, tmp_path_factory.mktemp("user"))
    story = {}
    for step in STEPS:
        written = life.take(step)
        audit = sma.audit(application.home, progress=False)
        writers = records(audit.writers)
        pages = {tuple(page[key] for key in KEY): page for page in records(audit.pages)}
        named = {tuple(row[key] for key in KEY): row["writer"] for row in writers}
        sure = {tuple(row[key] for key in KEY): row["writer_confidence"] for row in writers}
        story[step.name] = Told(
            written,
            life.rows,
            dict(life.real),
            named,
            sure,
            pages,
            life.shown(),
            *printed(application.home),
        )
    return story


def printed(home):
    """Return what `check --format json` prints, and its exit code."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        code = main(["check", str(home), "--format", "json"])
    return json.loads(out.getvalue()), code


by_step = pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)


@by_step
def test_a_step_writes_by_the_path_it_stands_for(told, step):
    assert bool(told[step.name].written) == bool(step.writer)


@by_step
def test_the_writer_named_is_the_one_that_wrote(told, step, tally):
    case = told[step.name]

    assert case.named.keys() == case.rows.keys()
    assert {
        key: case.real[key] for key, name in case.named.items() if name not in case.real[key]
    } == {}
    tally["rows whose writer was told and is the one that wrote"] += len(case.named)


@by_step
def test_certain_is_said_only_where_one_path_could_have_written(told, step):
    case = told[step.name]
    certain = [key for key, sure in case.sure.items() if sure == "certain"]

    assert [key for key in certain if len(case.real[key]) > 1] == []


@by_step
def test_check_says_the_same(told, step):
    case = told[step.name]
    findings = [each for each in case.printed["findings"] if each["writer"] is not None]

    assert case.code in (0, 1)
    assert case.printed["counts"]["rows"] == len(case.rows)
    for each in findings:
        assert each["writer"] == case.named[each["collection_id"], each["artifact_id"]]


@by_step
def test_the_pages_show_what_we_say_they_do(told, step, tally):
    case = told[step.name]

    assert case.shown.keys() == case.pages.keys()
    for key, item in case.shown.items():
        assert {name: item[name] for name in PAGE_COLUMNS} == {
            name: case.pages[key][name] for name in PAGE_COLUMNS
        }
    tally["cells that the pages show as we say"] += len(case.shown) * len(PAGE_COLUMNS)


# Every way an artifact is brought into a home: what its row must say then.
BROUGHT = {
    ("import in batch", "skill:1password"): (PASSWORD, "skills/1password"),
    ("import in batch", "agent:code-critic"): (CRITIC, "agents/code-critic.md"),
    ("import in batch", "command:review"): ("Review a change", "commands/review.md"),
    ("import in batch", "hook:lint"): ("Lints", "hooks/lint"),
    ("import in batch", "skill:plain"): (None, "skills/plain"),
    ("import one", "skill:odd"): ("['one', 'two']", "skills/odd"),
    ("import another", "skill:late"): ("Comes later", "skills/late"),
    ("import a composite", "composite:toolbox"): (None, "plugins/toolbox"),
    ("import a composite", "skill:hammer"): ("Hits nails", "plugins/toolbox/skills/hammer"),
    ("import a composite", "command:saw"): ("Saws planks", "plugins/toolbox/commands/saw.md"),
    ("import what is there", "skill:1password"): (PASSWORD, "skills/1password"),
    ("reimport", "skill:1password"): (PASSWORD, "skills/1password"),
    ("reimport what changed", "skill:plain"): ("Plain no more", "skills/plain"),
    ("import after deletion", "skill:1password"): (PASSWORD, "skills/1password"),
}


@pytest.mark.parametrize(("step", "artifact"), BROUGHT)
def test_what_was_brought_says_what_it_is_and_where_it_comes_from(told, step, artifact, tally):
    row = told[step].rows[DEFAULT, artifact]
    description, path = BROUGHT[step, artifact]

    assert row["description"] == description
    assert row["origin"] == "marketplace"
    assert row["origin_source"] == "github"
    assert row["source"] == f"{URL}/tree/main/{path}"
    tally["cells of imported rows that are as the investigation asks"] += 4


def test_deleting_takes_the_row_and_importing_again_brings_it_back(told):
    key = DEFAULT, "skill:1password"

    assert key in told["refresh"].rows
    assert key not in told["delete"].rows
    assert key in told["import after deletion"].rows
