"""A home of SkillMeat's default settings: no indexing, so only the artifact's file has a text."""

import pytest
import tomli
from conformance.app import DEFAULT

import skillmeat_audit as sma
from skillmeat_audit.ui.cli.main import main

pytest.importorskip("skillmeat", reason="run by `make conformance`, in an environment of its own")

REPOSITORY, SKILL = "acme/solo", "skill:1password"
TEXT = "Set up and use 1Password CLI (op). Use when installing the CLI, or reading secrets."
FILES = {"skills/1password/SKILL.md": f'---\nname: 1password\ndescription: "{TEXT}"\n---\n# Op\n'}
BLANK = "Pages show 1 artifact without a description; SKILL.md knows it."


@pytest.fixture(scope="module")
def imported(server):
    """The application over a home into which the skill was imported, with no setting changed."""
    server.github.push(REPOSITORY, FILES)
    server.install()
    server.start()
    body = {"repo_url": f"https://github.com/{REPOSITORY}", "ref": "main"}
    source = server.ask("POST", "/marketplace/sources", body)
    path = f"/marketplace/sources/{source['id']}"
    (entry,) = server.ask("GET", f"{path}/artifacts?limit=50")["items"]
    done = server.ask(
        "POST", f"{path}/import", {"entry_ids": [entry["id"]], "conflict_strategy": "skip"}
    )
    assert done["imported_count"] == 1 and not source["indexing_enabled"]
    yield server
    server.stop()


def page_of(app):
    answer = app.ask("GET", f"/user-collections/{DEFAULT}/artifacts?limit=100")
    return {item["id"]: item for item in answer["items"]}[SKILL]


def first_sentence(app, capsys):
    main(["check", str(app.home)])
    return capsys.readouterr().out.split("\n\n")[1].splitlines()[0]


def test_the_layers_are_as_skillmeat_leaves_them(imported):
    manifest = tomli.loads((imported.home / "collections/default/collection.toml").read_text())
    (entry,) = manifest["artifacts"]

    assert "description" not in entry["metadata"]
    assert imported.rows()[DEFAULT, SKILL]["description"] is None
    assert page_of(imported)["description"] is None
    assert TEXT in (imported.home / "collections/default/skills/1password/SKILL.md").read_text()


@pytest.mark.parametrize("step", ["import", "restart", "refresh"])
def test_the_first_sentence_names_the_blank_page_and_who_knows_the_text(imported, capsys, step):
    if step == "restart":
        imported.restart()
    if step == "refresh":
        imported.ask("POST", f"/user-collections/{DEFAULT}/refresh-cache")

    assert page_of(imported)["description"] is None
    assert first_sentence(imported, capsys) == BLANK


def test_the_repair_of_the_page_shows_the_text(imported, capsys, tmp_path):
    audit = sma.audit(imported.home, progress=False)
    assert set(audit.findings.query("rule == 'V001'")["artifact_id"]) == {SKILL}

    audit.plan(select=["V001"]).apply(sma.Options(tmp_path / "state"))

    assert page_of(imported)["description"] == TEXT
    assert first_sentence(imported, capsys) != BLANK
