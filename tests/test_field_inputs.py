"""Front matters as they are met in the field, in a home: what the audit says of each file."""

import json
import sqlite3
from contextlib import closing

import pytest
from conftest import SHARED

TIME = "2026-01-01T08:00:00"
FILES = {
    "voice.SKILL": "---\nname: voice\ndescription: >\n  Opens rooms for voice.\nauthor: Jo\n"
    'license: MIT\nmetadata: {"emoji": "\\ud83c\\udfa7"}\n---\n# Voice\n',
    "tabs.SKILL": '---\nname: tabs\ndescription: "Opens\\ud83d tabs."\nnote:\tx\n---\n# Tabs\n',
    "hint.command": "---\ndescription: Deploys\nargument-hint: [name] [--dry-run]\n---\n",
    "colon.SKILL": "---\nname: colon\ndescription: Use when: it fails\nauthor: Jo\n---\n",
    "anchor.hook": "---\nname: anchor\nmatcher: *.py\n---\n",
    "agent.agent": "---\nname: agent\ndescription: 'It's read'\n---\n",
    "block.SKILL": "---\nname: block\ndescription: |\n  Tidies.\nnote: a: b\n---\n# Tidy\n",
    "fence.agent": "# Sizes\n\n```python\nprint(1)\n```\n",
    "table.command": "# File\n\n| Parameter | Type |\n|---|---|\n",
    "shell.command": "$(git log --oneline)\n",
    "comment.agent": "<!-- generated -->\nText.\n",
    "rule.command": "***\nText.\n",
    "bare.SKILL": "name: bare\ndescription: Sets up Go\n\n# Go\n",
    "open.SKILL": "---\nname: open\ndescription: Never closed\n\n# Open\n",
    "glued.agent": "---\nname: glued\ndescription: Glued\n---# Glued\n\nText.\n",
}
PLACES = {
    "SKILL": "skills/{}/SKILL.md",
    "command": "commands/{}.md",
    "agent": "agents/{}.md",
    "hook": "hooks/{}/HOOK.md",
}


@pytest.fixture
def audited(make_home, cli):
    """Audit a home of files, by "name.kind"; return the findings by artifact id, then rule."""

    def audit(files, description=None):
        home = make_home("clean")
        folder = home / "collections" / "default"
        entries = []
        with closing(sqlite3.connect(home / "cache" / "cache.db")) as database, database:
            database.execute("DELETE FROM collection_artifacts")
            for key, text in files.items():
                name, _, kind = key.rpartition(".")
                file = folder / PLACES[kind].format(name)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
                path = file.parent if kind in ("SKILL", "hook") else file
                entries.append(
                    f'[[artifacts]]\nname = "{name}"\ntype = "{kind.lower()}"\norigin = "local"\n'
                    f'path = "{path.relative_to(folder)}"\nadded = "{TIME}"\n'
                )
                database.execute(
                    "INSERT INTO collection_artifacts (collection_id, artifact_id, added_at,"
                    " description) VALUES ('default', ?, ?, ?)",
                    (f"{kind.lower()}:{name}", TIME, description),
                )
        (folder / "collection.toml").write_text(
            f'[collection]\nname = "default"\nversion = "1.0.0"\ncreated = "{TIME}"\n'
            f'updated = "{TIME}"\n' + "".join(entries)
        )
        _, out, _ = cli("check", home, "--format", "json", "--ignore", "F006")
        findings = json.loads(out)["findings"]
        return {
            artifact: {each["rule"]: each for each in findings if each["artifact_id"] == artifact}
            for artifact in {each["artifact_id"] for each in findings}
        }

    return audit


def test_every_file_gets_its_finding_and_no_accident_is_proposed(audited):
    found = audited(FILES)

    assert {artifact for artifact, rules in found.items() if "F007" in rules} == set(
        """
        skill:tabs command:hint skill:colon hook:anchor agent:agent skill:block skill:open
        agent:glued
    """.split()
    )
    proposed = {
        artifact: rules["D001"]["expected"] for artifact, rules in found.items() if "D001" in rules
    }
    assert proposed == {
        "skill:voice": "Opens rooms for voice.\n",
        "skill:tabs": "Opens\\ud83d tabs.",
        "command:hint": "Deploys",
        "skill:colon": "Use when: it fails",
        "agent:agent": "It's read",
    }
    assert (
        'quote the value: description: "Use when: it fails"'
        in found["skill:colon"]["F007"]["detail"]
    )
    assert found["skill:voice"]["M007"]["expected"] == "MIT"
    for artifact in ("skill:open", "agent:glued"):
        assert "not closed" in found[artifact]["F007"]["detail"]
    assert "no front matter" not in found["skill:open"]["F005"]["detail"]
    assert "no front matter" in found["skill:bare"]["F005"]["detail"]


@pytest.mark.parametrize("accident", ["|", "```python", "$(pwd)", "| a | b |", "***", "name: x"])
def test_an_accident_in_a_row_is_told(audited, accident):
    found = audited({"bare.SKILL": FILES["bare.SKILL"]}, description=accident)

    assert found["skill:bare"]["D006"]["actual"] == accident


def test_the_inputs_that_were_gathered_get_the_right_answer(audited):
    folder = SHARED / "field"
    if not folder.is_dir():
        pytest.skip("the gathered inputs are not at hand: ../shared/field")
    files = {
        file.name.removesuffix(".md"): file.read_text()
        for file in sorted(folder.glob("0[1-5]-*.md"))
    }

    found = audited(files)

    faults = {artifact for artifact, rules in found.items() if "F007" in rules}
    assert {name.partition(":")[2][:2] for name in faults} == {"02", "03", "05"}
    assert len(faults) == 4
    proposed = [rules["D001"]["expected"] for rules in found.values() if "D001" in rules]
    assert sorted(proposed) == [
        "Deploys a branch",
        "Opens rooms for voice.\n",
        "Use when: the build fails",
    ]
