"""Every key of a manifest with every odd value: what SkillMeat refuses is refused, and no more."""

import itertools

import pytest

from skillmeat_audit.loaders.manifests import load_manifests
from skillmeat_audit.model.home import Home

pytest.importorskip("skillmeat", reason="run by `make conformance`, in an environment of its own")

TIME = '"2026-01-01T08:00:00"'
COLLECTION = {"name": '"default"', "version": '"1.0.0"', "created": TIME, "updated": TIME}
ENTRY = {
    "name": '"x"',
    "type": '"skill"',
    "path": '"skills/x"',
    "origin": '"local"',
    "added": TIME,
}
SERVER = {"name": '"fs"', "repo": '"acme/fs"'}
TABLES = {
    "mcp_servers": SERVER,
    "groups": {"name": '"Ops"'},
    "tag_definitions": {
        "name": '"Ops"',
        "slug": '"ops"',
    },
}
OPTIONAL = """
    upstream version_spec resolved_sha last_updated discovered_at tags origin_source
    target_platforms import_id uuid unknown
""".split()
METADATA = """
    title description dependencies tools extra tags linked_artifacts effort allowed-tools
    permissionMode context scope native_aliases aos_artifact_uuid aos_trace_uuid
""".split()
OF_TABLES = {
    "mcp_servers": ("name", "repo", "status", "env_vars", "version"),
    "groups": ("name", "members", "position"),
    "tag_definitions": ("name", "slug", "color"),
}
HANDLE = "0d6f2a1c-7f0e-4c59-9a5e-2b7f1f9f0c11"
VALUES = (
    '""', '"x"', '"a/b"', '"a..b"', '".a"', '"a b"', "5", "0", "1.5", "true", "false", "[]", "[1]",
    '["a"]', '[["a"]]', "[{}]", "[{a = 1}]", "{}", '{a = "b"}', "{a = 1}", '{"" = "b"}', TIME,
    "2026-01-01T08:00:00", "2026-01-01", "08:00:00", '"2026-01-01T08:00:00Z"', '"20260101"', "nan",
    '"local"', '"github"', '"marketplace"', '"gitlab"', '"agent"', '"mcp_server"', '"composite"',
    '"soul"', '"codex"', '["codex"]', '["vim"]', '"installed"', '"https://github.com/a/b"',
    '"https://gitlab.com/a/b"', '"github.com/a"', '"http://["', f'"{HANDLE}"',
    f'"urn:aos:artifact:{HANDLE}"', f'"urn:aos:run:{HANDLE}"', '[{artifact_name = "a"}]',
    '[{artifact_name = "a", link_type = "z"}]', '[{artifact_name = "a", created_at = "z"}]',
)  # fmt: skip
# In place of a whole table SkillMeat finds nothing in these; we say that they are no tables.
EMPTY = {'""', "{}"}


def lines(values):
    return "".join(f"{key} = {value}\n" for key, value in values.items())


def document(collection=COLLECTION, entry=ENTRY, metadata=(), tables=()):
    """Return a manifest of one entry, and one entry of each of the other *tables*."""
    others = "".join(f"[[{name}]]\n{lines(values)}" for name, values in dict(tables).items())
    return (
        f"[collection]\n{lines(collection)}[[artifacts]]\n{lines(entry)}"
        f"[artifacts.metadata]\n{lines(dict(metadata))}{others}"
    )


def documents():
    """Yield each key with each value, and without any."""
    yield document()
    for key, value in itertools.product(COLLECTION, VALUES):
        yield document(collection=COLLECTION | {key: value})
    for key, value in itertools.product((*ENTRY, *OPTIONAL), VALUES):
        yield document(entry=ENTRY | {key: value})
        yield document(entry=ENTRY | {"origin": '"marketplace"', key: value})
    for key, value in itertools.product(METADATA, VALUES):
        yield document(metadata={key: value})
    for own, inherited in itertools.product(VALUES, VALUES):
        yield document(entry=ENTRY | {"tags": own}, metadata={"tags": inherited})
    for table, keys in OF_TABLES.items():
        for key, value in itertools.product(keys, VALUES):
            yield document(tables={table: TABLES[table] | {key: value}})
        for value in sorted(set(VALUES) - EMPTY):
            yield f"{table} = {value}\n{document()}"
    for table, required in {"collection": COLLECTION, "artifacts": ENTRY, **TABLES}.items():
        for key in required:
            left = {name: value for name, value in required.items() if name != key}
            place = {"collection": "collection", "artifacts": "entry"}.get(table)
            yield document(**{place: left}) if place else document(tables={table: left})


def test_what_skillmeat_refuses_is_refused_and_no_more(tmp_path, tally):
    import skillmeat.core.collection  # noqa: F401 - else its modules import each other in a circle
    from skillmeat.storage.manifest import ManifestManager

    home = Home(tmp_path, None, "default")
    folder = home.collections / "default"
    folder.mkdir(parents=True)
    differences = []
    for text in documents():
        (folder / "collection.toml").write_text(text)
        try:
            ManifestManager().read(folder)
            refused = None
        except Exception as exc:  # noqa: BLE001 - it raises whatever comes
            refused = repr(exc)
        problems = load_manifests(home).problems
        ours = problems.loc[problems["kind"] == "manifest", "detail"].tolist()
        if (refused is None) != (not ours):
            differences.append((text, refused, ours))
        else:
            tally["manifests that both take, or both refuse"] += 1

    assert differences == []
