"""Writes the reference pages that are made of the program itself; run as a script, all of them."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import click
from click.testing import CliRunner

from skillmeat_audit.diff.provenance.paths import PATHS
from skillmeat_audit.diff.rules import RULES
from skillmeat_audit.model.contract_list import CONTRACTS
from skillmeat_audit.model.exits import ExitCode
from skillmeat_audit.model.rules import FAMILIES
from skillmeat_audit.reports.files.schemas import SCHEMAS
from skillmeat_audit.ui.cli.config import TEMPLATE
from skillmeat_audit.ui.cli.legend import exit_codes
from skillmeat_audit.ui.cli.verbs import cli

DOCS = Path(__file__).parent
COMMAND = re.compile(r"skillmeat-audit plan HOME .*?-o plan\.json|--disposition review")
FACTS = re.compile(r"docs/skillmeat\.md#([a-z0-9-]+)")


def write_pages() -> None:
    """Write every page of `PAGES`."""
    for name, page in PAGES.items():
        (DOCS / "reference" / name).write_text(page(), encoding="utf-8")


def verbs() -> str:
    """Return the help of the program and of every verb."""
    lines = ["# Verbs", "", "What `--help` prints.", "", *_help()]
    for heading, names in cli.sections.items():
        for name in names:
            lines += [f"## {name}", "", f"*{heading}*", "", *_help(name)]
            verb = cli.verb(name)
            for inner in verb.commands if isinstance(verb, click.Group) else ():
                lines += [f"### {name} {inner}", "", *_help(name, inner)]
    return _text(lines)


def _help(*verb: str) -> list[str]:
    asked = CliRunner().invoke(cli, [*verb, "--help"], prog_name="skillmeat-audit")
    return ["```text", asked.output.rstrip(), "```", ""]


def codes() -> str:
    """Return the table of exit codes."""
    meanings = dict(exit_codes()[1])
    rows = [f"| {code.value} | {code.name} | {meanings[str(code.value)]} |" for code in ExitCode]
    return _text(
        [
            "# Exit codes",
            "",
            "The format of the output never changes the exit code. `--exit-zero` turns 1 into 0",
            "and nothing else: what could not be checked never counts as clean.",
            "",
            "| exit code | name | meaning |",
            "|---|---|---|",
            *rows,
        ]
    )


def rules() -> str:
    """Return the table of the rules, and the page of each."""
    lines = ["# Rules", "", "`skillmeat-audit rules CODE` prints the same pages.", ""]
    lines += ["| rule | severity | what it says |", "|---|---|---|"]
    lines += [f"| [{r.code}](#{r.code.lower()}) | {r.severity} | {r.title} |" for r in RULES]
    family = None
    for rule in RULES:
        if rule.family != family:
            family = rule.family
            lines += ["", f"## {family}: {FAMILIES[family]}"]
        lines += ["", f"### {rule.code}", "", f"**{rule.severity}**: {rule.title}"]
        lines += ["", FACTS.sub(_link, _escaped(rule.page))]
        lines += ["", "**Do**: " + COMMAND.sub(r"`\g<0>`", _escaped(rule.action))]
    return _text(lines)


def _link(fact: re.Match[str]) -> str:
    return f"[{fact[1].replace('-', ' ')}](../skillmeat.md#{fact[1]})"


def tables() -> str:
    """Return the contracts of all DataFrames."""
    lines = [
        "# Tables",
        "",
        "Every DataFrame has a contract: names, nullable dtypes, order. `help` of",
        "`skillmeat_audit.model.contract_list` shows the same.",
    ]
    for table in CONTRACTS:
        lines += ["", f"## {table.name}", "", _escaped(table.doc), ""]
        lines += ["| column | dtype | value |", "|---|---|---|"]
        lines += [
            f"| `{name}` | {column.dtype} | {_escaped(column.doc)} |"
            for name, column in table.columns.items()
        ]
    return _text(lines)


def writers() -> str:
    """Return the table of the code paths that write rows."""
    lines = [
        "# Writers",
        "",
        "The code paths that write cache rows; `--writer NAME` selects the rows that one wrote",
        "last. How a row is attributed is in [Provenance](../explanation/provenance.md).",
        "",
        "| writer | what it does |",
        "|---|---|",
        *(f"| `{name}` | {sentence} |" for name, sentence in PATHS.items()),
    ]
    return _text(lines)


def schemas() -> str:
    """Return the list of JSON documents with their keys."""
    lines = [
        "# JSON documents",
        "",
        "Every JSON document names its schema in its first key. The verb that prints a document",
        "prints its JSON schema with `--schema`; all schemas are beside this page on the built",
        "site, in `schemas/`. Keys and order are stable, and all characters are ASCII.",
    ]
    for name, document in SCHEMAS.items():
        config = document.__struct_config__
        lines += ["", f"## {name}", "", f"`{config.tag}`. Keys:", ""]
        lines += [f"- `{key}`" for key in document.__struct_encode_fields__]
    return _text(lines)


def settings() -> str:
    """Return the page of the settings file and the environment."""
    lines = [
        "# Settings",
        "",
        "Settings are in `skillmeat-audit/config.toml` of your configuration folder (`~/.config`",
        "on Linux), or in a file named with `--config`. `skillmeat-audit config` shows the",
        "settings in effect, `skillmeat-audit config path` prints where the file is, and",
        "`skillmeat-audit config init` creates it with this text:",
        "",
        "```toml",
        TEMPLATE.rstrip(),
        "```",
        "",
        "Ignored findings are still counted.",
        "",
        "| variable | meaning |",
        "|---|---|",
        *(f"| `{name}` | {meaning} |" for name, meaning in VARIABLES.items()),
    ]
    return _text(lines)


VARIABLES = {
    "SKILLMEAT_AUDIT_HOME": "the home of verbs that are given none; else `~/.skillmeat`",
    "SKILLMEAT_AUDIT_NOTIFY": "addresses that notices go to, one per line",
    "SKILLMEAT_AUDIT_TOKEN": "the token for a running SkillMeat (`--live`)",
    "SOURCE_DATE_EPOCH": "the time that reports show",
    "PAGER": "the pager of long output in a terminal",
    "VISUAL`, `EDITOR": "the editor of `plan --edit`",
    "XDG_STATE_HOME": "where the state folder is: journals, backups, history, parse cache",
}
PAGES: dict[str, Callable[[], str]] = {
    "verbs.md": verbs,
    "exit-codes.md": codes,
    "rules.md": rules,
    "writers.md": writers,
    "tables.md": tables,
    "schemas.md": schemas,
    "settings.md": settings,
}


def _escaped(text: str) -> str:
    """Return *text* with the signs escaped that Markdown would take for its own."""
    parts = re.split(r"(`+[^`]+`+)", text)
    return "".join(
        re.sub(r"``(.+)``", r"`\1`", part)
        if part.startswith("`")
        else re.sub(r"([<>*_|\[\]])", r"\\\1", part)
        for part in parts
    )


def _text(lines: list[str]) -> str:
    return "\n".join(_without_doubled_blanks(lines)) + "\n"


def _without_doubled_blanks(lines: list[str]) -> Iterator[str]:
    before = ""
    for line in "\n".join(lines).rstrip().split("\n"):
        if line or before:
            yield line
        before = line


if __name__ == "__main__":
    write_pages()
