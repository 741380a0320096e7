"""Manifests as people write them: one plan repairs all of it, and its undo leaves no trace."""

import shutil
from pathlib import Path

import pytest
from conftest import build, cache_rows

from skillmeat_audit.api import audit, repair

TIME = '"2026-01-05T08:00:00"'
HEAD = f'[collection]\nname = "default"\nversion = "1.0.0"\ncreated = {TIME}\nupdated = {TIME}\n'
FILE = (
    "---\nname: x\ndescription: Words of {}\nauthor: Ada\nlicense: MIT\nversion: 1.10\n"
    "tags: [Ops, ops, ci]\nallowed-tools: Read, Bash\n---\n"
)
TABLE = "[artifacts.metadata]\n"


def entry(name, more="", kind="skill", suffix=""):
    return (
        f'[[artifacts]]\nname = "{name}"\ntype = "{kind}"\npath = "{kind}s/{name}{suffix}"\n'
        f'origin = "local"\nadded = {TIME}\n{more}'
    )


# What entries hold, and the artifacts that have a row: with the cells of default's row.
MANIFESTS = {
    "no metadata": (entry("a"), {"skill:a": {}}),
    "empty values": (
        entry("a", f'tags = []\n{TABLE}description = ""\ntools = []\n'),
        {"skill:a": {"description": "", "tags_json": "[]"}},
    ),
    "inline tables": (
        entry("a", 'metadata = {title = "T"}\n') + entry("b", "metadata = {}\n"),
        {"skill:a": {}, "skill:b": {}},
    ),
    "dotted keys": (entry("a", 'metadata.title = "T" # kept\n'), {"skill:a": {}}),
    "inline entries": (
        'artifacts = [{name = "a", type = "skill", path = "skills/a", origin = "local", '
        f"added = {TIME}}}]\n",
        {"skill:a": {}},
    ),
    "suffixes": (
        entry("a.md", kind="agent") + entry("b", kind="command", suffix=".md"),
        {"agent:a": {}, "command:b.md": {}},
    ),
    "unicode": (entry("größe") + entry("日本"), {"skill:größe": {}}),
    "interleaved tables": (
        entry("a") + '[[groups]]\nname = "G"\nid = "g"\nmembers = []\n' + entry("b"),
        {"skill:a": {}, "skill:b": {}},
    ),
    "values of other types": (
        entry("a", f'{TABLE}version = 1.20\nauthor = {{name = "B"}}\n'),
        {"skill:a": {"version": "1.2"}},
    ),
    "no final line end": (entry("a").rstrip("\n"), {"skill:a": {}}),
    "a row that holds it": (
        entry("a"),
        {"skill:a": {"description": "Words of a", "tags_json": '["Ops","ops","ci"]'}},
    ),
    "inserts": (entry("a") + entry("b", f'{TABLE}description = "B"\n'), {}),
}


def write_home(folder, text, rows, era, line_end):
    home = folder / ".skillmeat"
    shutil.rmtree(home, ignore_errors=True)
    collection = home / "collections" / "default"
    head = text + HEAD if text.startswith("artifacts =") else HEAD + text
    for name in ("a", "b", "größe", "日本"):
        for path in (f"skills/{name}/SKILL.md", f"agents/{name}.md", f"commands/{name}.md"):
            (collection / path).parent.mkdir(parents=True, exist_ok=True)
            (collection / path).write_text(FILE.format(name))
    manifest = collection / "collection.toml"
    manifest.write_bytes(head.replace("\n", line_end).encode())
    (home / "cache").mkdir()
    build.build_cache(rows_sql(rows), home / "cache" / "cache.db", era)
    return home, manifest


def rows_sql(rows):
    lines = [
        f"INSERT INTO collections (id, name, created_at, updated_at) VALUES ('{name}', '{name}', "
        "'2026-01-05 08:00:01.000000', '2026-01-05 08:00:01.000000');"
        for name in ("default", "team")
    ]
    for artifact_id, cells in rows.items():
        for collection, row in (("default", cells), ("team", {})):
            columns = {"collection_id": collection, "artifact_id": artifact_id}
            columns |= {"added_at": "2026-02-10 09:00:00.000000"} | row
            values = ", ".join(f"'{value}'" for value in columns.values())
            lines.append(
                f"INSERT INTO collection_artifacts ({', '.join(columns)}) VALUES ({values});"
            )
    return "\n".join(lines)


@pytest.mark.slow
# How rows are keyed and how lines end do not meet: two pairs have each of both with each manifest.
@pytest.mark.parametrize(
    ("era", "line_end"), [("artifact_id", "\n"), ("artifact_uuid", "\r\n")], ids=["lf", "crlf"]
)
@pytest.mark.parametrize("name", MANIFESTS)
def test_one_plan_repairs_all_of_it_and_its_undo_leaves_no_trace(
    tmp_path, monkeypatch, era, name, line_end
):
    home, manifest = write_home(tmp_path, *MANIFESTS[name], era, line_end)
    before = cache_rows(home / "cache" / "cache.db"), manifest.read_bytes()
    plan = audit.audit(home, progress=False).plan()
    assert plan.document.manifests

    run = plan.apply(repair.Options(Path(tmp_path) / "state", max_overwrites=100))

    assert not run.outcome.has_conflicts
    document = audit.audit(home, progress=False).plan().document
    assert (document.changes, document.manifests) == ([], [])
    new = {(each["rule"], each["column"]) for each in run.recheck.new.to_dict("records")}
    assert new <= {("F008", "author"), ("F008", "version")}  # mended, and now comparable
    run.undo()
    assert (cache_rows(home / "cache" / "cache.db"), manifest.read_bytes()) == before
