"""Documents that fail the build when they lie; run as a script, this writes them anew."""

import re
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
README = PROJECT / "README.md"
MEANINGS = {
    "CLEAN": "nothing at or above `--fail-on`",
    "FINDINGS": "findings",
    "FAILED": "could not check, or bad usage",
    "CONFLICT": "conflict, or partly applied",
    "UNDELIVERED": "report not delivered",
    "CRASHED": "crashed: a bug of skillmeat-audit",
    "HUNG_UP": "terminal closed",
    "INTERRUPTED": "interrupted",
    "TERMINATED": "terminated",
}


def help_text():
    from click.testing import CliRunner

    from skillmeat_audit.ui.cli.verbs import cli

    result = CliRunner().invoke(cli, ["--help"], prog_name="skillmeat-audit", terminal_width=100)
    return result.output.rstrip()


def exit_table():
    from skillmeat_audit.model.exits import ExitCode

    return "\n".join(f"| {code.value} | {code.name} | {MEANINGS[code.name]} |" for code in ExitCode)


def rule_table():
    from skillmeat_audit.diff.rules import RULES

    lines = [f"| {rule.code} | {rule.severity} | {rule.title} |" for rule in RULES]
    return "\n".join(["| rule | severity | what it says |", "|---|---|---|", *lines])


def replay_table():
    """Return the option table of the replay: what stands before its second example."""
    from click.testing import CliRunner

    from skillmeat_audit.ui.cli.verbs import cli

    asked = ["replay", "--era", "artifact_id", "--no-time"]
    printed = CliRunner().invoke(cli, asked, env={"COLUMNS": "120"}).output
    return printed.partition("\n\nthe row of")[0]


BLOCKS = {
    "replay": (r"(?<=--era artifact_id --no-time\n).*?(?=\n```)", replay_table),
    "help": (r"(?<=\$ skillmeat-audit --help\n).*?(?=\n```)", help_text),
    "exit codes": (
        r"(?<=\| exit code \| name \| meaning \|\n\|---\|---\|---\|\n).*?(?=\n\n)",
        exit_table,
    ),
    "rules": (r"(?<=## Rules\n\n).*?(?=\n\n## )", rule_table),
}


def block(name):
    found = re.search(BLOCKS[name][0], README.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[0]


def test_the_readme_shows_the_current_help():
    assert block("help") == help_text()


@pytest.mark.slow
def test_the_readme_shows_the_current_replay():
    assert block("replay") == replay_table()


def test_the_readme_lists_every_exit_code():
    assert block("exit codes") == exit_table()


def test_the_readme_lists_every_rule():
    assert block("rules") == rule_table()


def test_the_map_of_rooms_has_a_row_for_every_room_and_for_no_other():
    rooms = {path.parent.name for path in (PROJECT / "skillmeat_audit").glob("*/__init__.py")}
    text = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (order,) = re.findall("Import direction is (.*?);", text, re.DOTALL)

    assert sorted(re.findall(r"^\| `(\w+)/` \|", text, re.MULTILINE)) == sorted(rooms)
    assert sorted(re.findall(r"\w+", order)) == sorted(rooms)


def test_ci_runs_the_readmes_test_command():
    assert "make test" in README.read_text(encoding="utf-8")
    assert "\nmake test\n" in (PROJECT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_lock_has_hashes_and_no_addresses():
    lock = (PROJECT / "requirements.lock").read_text(encoding="utf-8")

    pins = re.findall(r"^[a-z0-9-]+==", lock, re.MULTILINE)
    assert len(pins) > 50
    assert lock.count("--hash=sha256:") >= len(pins)
    assert "://" not in lock


def test_the_public_names_are_few_and_load():
    import skillmeat_audit

    assert len(skillmeat_audit.__all__) <= 13
    assert all(getattr(skillmeat_audit, name) for name in skillmeat_audit.__all__)


def rewrite():
    text = README.read_text(encoding="utf-8")
    for pattern, current in BLOCKS.values():
        found = re.search(pattern, text, flags=re.DOTALL)
        if found is not None:
            text = text[: found.start()] + current() + text[found.end() :]
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(rewrite())
