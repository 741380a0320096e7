"""Manifests: what SkillMeat reads of them, what it refuses, and that nothing breaks them."""

import json
import os

import pytest
import tomli
from builders import UPSTREAM
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skillmeat_audit.base.toml import parse_toml
from skillmeat_audit.loaders import manifest_files
from skillmeat_audit.loaders.home import find_home
from skillmeat_audit.loaders.manifests import load_manifests
from skillmeat_audit.loaders.refusals import TYPES
from skillmeat_audit.loaders.snapshot import load_snapshot
from skillmeat_audit.loaders.watched_paths import watched_paths
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.fields import stem_of
from skillmeat_audit.model.tables import MANIFEST, PROBLEMS

HEAD = """\
[collection]
name = "default"
version = "1.0.0"
created = "2026-02-10T09:00:00.000001"
updated = "2026-02-10T09:00:00.000001"
"""
REQUIRED = {
    "name": '"beta"',
    "type": '"skill"',
    "path": '"skills/beta"',
    "origin": '"local"',
    "added": '"2026-02-10T17:12:45.002113"',
}
NO_TEXT = "is not a string: SkillMeat stores times as quoted text"
HUGE = "0x" + "f" * 5000
modest = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def entry(artifact="beta", /, tail="", **values):
    """Return an [[artifacts]] table; values are TOML, None leaves a key out."""
    keys = REQUIRED | {"name": f'"{artifact}"', "path": f'"skills/{artifact}"'} | values
    lines = [f"{key} = {value}" for key, value in keys.items() if value is not None]
    return "\n".join(["", "[[artifacts]]", *lines, tail, ""])


def load(root, **texts):
    """Load a home with a file collection for each of *texts*."""
    for name, text in texts.items():
        folder = root / "collections" / name
        folder.mkdir(parents=True, exist_ok=True)
        content = text.encode() if isinstance(text, str) else text
        (folder / "collection.toml").write_bytes(content)
    return load_manifests(find_home(root))


def loaded(root, text):
    """Return the only entry of a manifest that SkillMeat reads."""
    found = load(root, default=text)
    assert not (found.problems["kind"] == "manifest").any()
    (only,) = records(found.entries)
    return only


def ids(found):
    return found.entries["artifact_id"].tolist()


def problem(found):
    (only,) = records(found.problems)
    return only


def test_an_entry_is_loaded_with_every_cached_column(tmp_path):
    said = {
        "origin": '"marketplace"',
        "origin_source": '"github"',
        "upstream": f'"{UPSTREAM}"',
        "resolved_sha": '"5b1f"',
        "resolved_version": '"v1"',
        "import_id": '"i1"',
    }
    metadata = {"description": "Does it.", "author": "Jane", "license": "MIT", "version": "1.0"}
    tail = "\n".join(["[artifacts.metadata]", *(f'{key} = "{it}"' for key, it in metadata.items())])
    only = loaded(tmp_path, HEAD + entry("lock.md", tail, **said))

    assert {key: value for key, value in only.items() if value is not None} == {
        "entry": 0,
        "file_collection": "default",
        "position": 0,
        "artifact_id": "skill:lock.md",
        "stem": "skill:lock",
        "name": "lock.md",
        "type": "skill",
        "path": "skills/lock.md",
        "added": "2026-02-10T17:12:45.002113",
        "import_id": "i1",
        "linked": False,
        "source": UPSTREAM,
        "origin": "marketplace",
        "origin_source": "github",
        "resolved_sha": "5b1f",
        "resolved_version": "v1",
        **metadata,
    }


def test_an_entry_of_only_required_keys_leaves_the_rest_null(tmp_path):
    only = loaded(tmp_path, HEAD + entry())

    assert only["description"] is only["tags_json"] is only["tools_json"] is only["source"] is None


@pytest.mark.parametrize(
    "path", ["/old/home/.skillmeat/collections/default/skills/a", "skills/a", "../x", ""]
)
def test_a_path_is_kept_as_written(tmp_path, path):
    assert loaded(tmp_path, HEAD + entry(path=json.dumps(path)))["path"] == path


def test_entries_are_numbered_through_all_collections_by_name(tmp_path):
    found = load(tmp_path, zeta=HEAD + entry("z"), alpha=HEAD + entry("a") + entry("b"))
    frame = found.entries

    assert frame["entry"].tolist() == [0, 1, 2]
    assert frame["file_collection"].tolist() == ["alpha", "alpha", "zeta"]
    assert frame["position"].tolist() == [0, 1, 0]
    assert list(frame.columns) == list(MANIFEST.columns)


def test_a_home_without_collections_has_no_entries(tmp_path):
    (tmp_path / "config.toml").touch()
    (tmp_path / "collections").mkdir()
    (tmp_path / "collections" / "no-manifest").mkdir()
    found = load(tmp_path)

    assert found.entries.empty and found.problems.empty and not found.may_hide_entries
    assert list(found.problems.columns) == list(PROBLEMS.columns)


def test_entries_written_as_one_inline_list_are_loaded(tmp_path):
    keys = ", ".join(f"{key} = {value}" for key, value in REQUIRED.items())

    assert loaded(tmp_path, f"artifacts = [{{{keys}}}]\n{HEAD}")["artifact_id"] == "skill:beta"


def test_tags_are_the_union_of_both_places_in_order(tmp_path):
    text = HEAD + entry(tags='["b", "a"]', tail='[artifacts.metadata]\ntags = ["a", "c", 7]')

    assert json.loads(loaded(tmp_path, text)["tags_json"]) == ["b", "a", "c", "7"]


@pytest.mark.parametrize("tags", ['"abc"', "[]", "5"])
def test_tags_that_are_not_a_list_or_empty_are_null(tmp_path, tags):
    assert loaded(tmp_path, HEAD + entry(tags=tags))["tags_json"] is None


def test_tools_skillmeat_does_not_know_are_dropped(tmp_path):
    tail = '[artifacts.metadata]\ntools = ["Read", "mcp__x__y", "bash", "Bash"]'

    assert loaded(tmp_path, HEAD + entry(tail=tail))["tools_json"] == '["Read", "Bash"]'


def test_values_of_other_types_become_text(tmp_path):
    tail = "[artifacts.metadata]\ndescription = 5\nversion = 1.10\nauthor = true"
    only = loaded(tmp_path, HEAD + entry(tail=tail, upstream="2026-01-01"))

    assert (only["description"], only["version"], only["author"]) == ("5", "1.1", "True")
    assert only["source"] == "2026-01-01"


LINKED = (
    "metadata.linked_artifacts = [{artifact_name = 'pdf', created_at = '2026-01-01T08:00:00Z'}]"
)


def test_linked_artifacts_are_reported(tmp_path):
    assert loaded(tmp_path, HEAD + entry(tail=LINKED))["linked"] is True


def test_one_artifact_declared_twice_is_loaded_twice(tmp_path):
    assert ids(load(tmp_path, default=HEAD + entry() + entry())) == ["skill:beta"] * 2


def test_unknown_keys_and_tables_are_ignored(tmp_path):
    text = HEAD + entry(whatever="1", origin_source=None) + "\n[[groups]]\nname = 'Ops'\n"

    assert loaded(tmp_path, text)["artifact_id"] == "skill:beta"


def test_every_type_skillmeat_knows_is_accepted(tmp_path):
    text = HEAD + "".join(entry(type=f'"{kind}"') for kind in sorted(TYPES))

    assert load(tmp_path, default=text).entries["type"].tolist() == sorted(TYPES)


@pytest.mark.parametrize(
    "values",
    [
        {"name": '"with space ü"'},
        {"origin": '"marketplace"'},
        {"origin": '"github"'},
        {"target_platforms": '["codex", "other"]'},
        {"target_platforms": "[1, []]"},
        {"tags": '["a"]', "metadata": "{tags = []}"},
        {"tags": '"a"'},
        {"tags": '"a"', "metadata": "{tags = 'b'}"},
        {"metadata": "{effort = 'endless', context = 3}"},
        {"metadata": "{aos_run_uuid = 'urn:aos:run:0d6f2a1c-7f0e-4c59-9a5e-2b7f1f9f0c11'}"},
        {"metadata": "{aos_run_uuid = '0d6f2a1c7f0e4c599a5e2b7f1f9f0c11'}"},
        {"metadata": "{native_aliases = {bom = 'x'}, linked_artifacts = ['pdf']}"},
        {"last_updated": '"2026-01-01T00:00:00Z"'},
        {"metadata": '{tools = "Read"}'},
    ],
)
def test_entries_that_skillmeat_accepts_are_no_problem(tmp_path, values):
    loaded(tmp_path, HEAD + entry(**values))


UNJOINED = "cannot be joined with tags: both must be lists of text"
REFUSED = [
    *((key, {key: None}, "is missing") for key in ("path", "added")),
    ("name", {"name": None}, "is missing"),
    ("type", {"type": None}, "is missing"),
    ("origin", {"origin": None}, "is missing"),
    ("metadata", {"metadata": "3"}, "is not a table"),
    ("added", {"added": "2026-01-01T00:00:00"}, NO_TEXT),
    ("added", {"added": '"yesterday"'}, "is 'yesterday', which is not an ISO time"),
    ("last_updated", {"last_updated": "5"}, NO_TEXT),
    ("discovered_at", {"discovered_at": '""'}, "is '', which is not an ISO time"),
    ("type", {"type": '"mcp_server"'}, "is 'mcp_server', which is not an artifact type"),
    ("type", {"type": "[1]"}, "is [1], which is not an artifact type"),
    ("name", {"name": "7"}, "is not a string"),
    ("name", {"name": '""'}, "is empty"),
    ("name", {"name": '"a/b"'}, "is 'a/b': a name cannot hold a path separator"),
    ("name", {"name": "'a\\b'"}, "is 'a\\\\b': a name cannot hold a path separator"),
    ("name", {"name": '"a..b"'}, "is 'a..b': a name cannot hold '..'"),
    ("name", {"name": '".hidden"'}, "is '.hidden': a name cannot start with '.'"),
    ("origin", {"origin": '"web"'}, "is 'web', not one of local, github, marketplace"),
    (
        "origin_source",
        {"origin_source": '"github"'},
        "is set while origin is 'local'; only marketplace artifacts have one",
    ),
    (
        "origin_source",
        {"origin": '"marketplace"', "origin_source": '"https://github.com/o/r"'},
        "is 'https://github.com/o/r', not one of github, gitlab, bitbucket",
    ),
    (
        "target_platforms",
        {"target_platforms": "[]"},
        "is an empty list; leave the key out to mean all platforms",
    ),
    ("target_platforms", {"target_platforms": '["vim"]'}, "holds 'vim', which is not a platform"),
    ("target_platforms", {"target_platforms": '"codex"'}, "is not a list"),
    ("metadata.tags", {"tags": '"a"', "metadata": "{tags = ['b']}"}, UNJOINED),
    ("metadata.tags", {"metadata": "{tags = 'b'}"}, UNJOINED),
    ("metadata.tags", {"metadata": "{tags = [['b']]}"}, UNJOINED),
    ("metadata.effort", {"metadata": "{effort = []}"}, "is not a text"),
    ("metadata.scope", {"metadata": "{scope = {a = 1}}"}, "is not a text"),
    (
        "metadata.aos_run_uuid",
        {"metadata": "{aos_run_uuid = 'urn:aos:feature:0d6f2a1c-7f0e-4c59-9a5e-2b7f1f9f0c11'}"},
        "is 'urn:aos:feature:0d6f2a1c-7f0e-4c59-9a5e-2b7f1f9f0c11', "
        "neither a UUID nor urn:aos:run:UUID",
    ),
    (
        "metadata.aos_trace_uuid",
        {"metadata": "{aos_trace_uuid = 5}"},
        "is 5, neither a UUID nor urn:aos:trace:UUID",
    ),
    *(
        (
            "metadata.native_aliases",
            {"metadata": f"{{native_aliases = {aliases}}}"},
            "is not a table of names with a text each",
        )
        for aliases in ("5", "{a = 1}", "{a = ''}", "{'' = 'a'}")
    ),
    *(
        ("metadata.linked_artifacts", {"metadata": f"{{linked_artifacts = {links}}}"}, reason)
        for links, reason in {
            "5": "is not a list of tables",
            "[{}]": "holds a link without artifact_name",
            "[{artifact_name = 'a', link_type = 'z'}]": "holds 'z', which is not a link_type",
            "[{artifact_name = 'a', created_at = 'z'}]": "holds a created_at that is 'z', "
            "which is not an ISO time",
        }.items()
    ),
]


@pytest.mark.parametrize(("key", "values", "reason"), REFUSED)
def test_a_refused_entry_is_reported_and_the_others_are_loaded(tmp_path, key, values, reason):
    text = HEAD + entry("alpha", key_of_alpha="1") + entry(**values) + entry("gamma")
    found = load(tmp_path, default=text, other=HEAD + entry("delta"))
    said = problem(found)
    lines = text.split("\n")
    header = [number for number, line in enumerate(lines, 1) if line == "[[artifacts]]"][1]
    assigned = f"{key} = {values.get(key)}"
    line = lines.index(assigned, header) + 1 if values.get(key) else header

    assert ids(found) == ["skill:alpha", "skill:gamma", "skill:delta"]
    assert said["kind"] == "manifest"
    assert said["place"] == f"collections/default/collection.toml:{line}"
    assert (
        said["detail"]
        == f"entry 2, key {key}: {reason}; SkillMeat refuses the whole collection for it"
    )


def test_the_line_of_a_refused_key_of_a_subtable_is_in_the_subtable(tmp_path):
    tail = "tools = 1\n[artifacts.metadata]\nauthor = 'x'\ntools = 5"
    said = problem(load(tmp_path, default=HEAD + entry(tail=tail)))

    assert said["place"].endswith(":16")
    assert "entry 1, key metadata.tools: is not a list" in said["detail"]


def test_a_missing_key_is_not_located_in_a_subtable(tmp_path):
    text = HEAD + entry(origin=None, tail='[artifacts.metadata.extra]\norigin = "x"')

    assert problem(load(tmp_path, default=text))["place"].endswith(":7")


def test_lines_are_counted_as_editors_count_them(tmp_path):
    text = HEAD + 'description = "a\u2028b\u2028c"\n' + entry(origin='"web"')

    assert problem(load(tmp_path, default=text))["place"].endswith(":12")


def test_the_line_is_unknown_if_the_text_does_not_separate_the_entries(tmp_path):
    keys = ", ".join(f"{key} = {value}" for key, value in (REQUIRED | {"origin": '"web"'}).items())
    said = problem(load(tmp_path, default=f"artifacts = [{{{keys}}}]\n{HEAD}"))

    assert said["place"] == "collections/default/collection.toml:?"
    assert said["artifact_id"] == "skill:beta"


def test_a_refused_entry_with_a_name_hides_nothing(tmp_path):
    found = load(tmp_path, default=HEAD + entry(origin='"web"'))

    assert problem(found)["artifact_id"] == "skill:beta"
    assert not found.may_hide_entries


@pytest.mark.parametrize("values", [{"name": None}, {"type": "3"}])
def test_a_refused_entry_without_a_name_may_hide_one(tmp_path, values):
    found = load(tmp_path, default=HEAD + entry(**values))

    assert problem(found)["artifact_id"] is None
    assert found.may_hide_entries


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ("", "collection.created", "is missing"),
        ("collection = 5", "collection", "is not a table"),
        (HEAD.replace("created", "made"), "collection.created", "is missing"),
        (HEAD.replace("updated", "made"), "collection.updated", "is missing"),
        (HEAD.replace("name", "title"), "collection.name", "is missing"),
        (HEAD.replace('"default"', '""'), "collection.name", "is empty"),
        (HEAD.replace("version", "edition"), "collection.version", "is missing"),
        (
            HEAD.replace('"2026-02-10T09:00:00.000001"', "2026-02-10", 1),
            "collection.created",
            NO_TEXT,
        ),
        (f"artifacts = 5\n{HEAD}", "artifacts", "is not a list of tables"),
        (f"artifacts = {{}}\n{HEAD}", "artifacts", "is not a list of tables"),
    ],
)
def test_a_refused_collection_is_reported_and_the_others_are_loaded(tmp_path, text, key, reason):
    found = load(tmp_path, default=text, other=HEAD + entry())
    said = problem(found)

    assert ids(found) == ["skill:beta"]
    assert said["place"] == "collections/default/collection.toml"
    assert said["detail"] == f"key {key}: {reason}; SkillMeat refuses the whole collection for it"
    assert found.may_hide_entries


SERVER = {"name": "'fs'", "repo": "'acme/fs'"}


@pytest.mark.parametrize(
    ("table", "values", "said"),
    [
        ("mcp_servers", {"name": "'fs'"}, "repo of mcp_servers 2: is missing"),
        ("mcp_servers", {"repo": "'acme/fs'"}, "name of mcp_servers 2: is missing"),
        ("mcp_servers", SERVER | {"name": "'a b'"}, "name of mcp_servers 2: is 'a b', not made of"),
        ("mcp_servers", SERVER | {"name": "5"}, "name of mcp_servers 2: is 5, not made of"),
        ("mcp_servers", SERVER | {"status": "'x'"}, "status of mcp_servers 2: is 'x', not one of"),
        ("mcp_servers", SERVER | {"env_vars": "[]"}, "env_vars of mcp_servers 2: is not a table"),
        ("mcp_servers", SERVER | {"env_vars": "{A = 1}"}, "env_vars of mcp_servers 2: is not a"),
        *(
            ("mcp_servers", SERVER | {"repo": repr(repo)}, "which is not a GitHub repository")
            for repo in (
                "",
                "a",
                "github.com/a",
                "https://github.com",
                "https://x.org/a/b",
                "http://[",
            )
        ),
        ("tag_definitions", {"name": "'Ops'"}, "slug of tag_definitions 2: is missing"),
        ("groups", {"color": "'slate'"}, "name of groups 2: is missing"),
        ("groups", {"name": "'Ops'", "members": "5"}, "members of groups 2: is not a list"),
    ],
)
def test_another_table_may_be_refused_and_the_entries_are_loaded(tmp_path, table, values, said):
    good = {"slug": "'ops'"} | SERVER
    tables = "".join(
        f"\n[[{table}]]\n" + "".join(f"{key} = {value}\n" for key, value in each.items())
        for each in (good, values)
    )
    found = load(tmp_path, default=HEAD + entry() + tables)

    assert ids(found) == ["skill:beta"]
    assert said in problem(found)["detail"]
    assert not found.may_hide_entries


@pytest.mark.parametrize(
    ("text", "said"),
    [("groups = 5\n", "key groups: is not a list"), ("groups = [5]\n", "groups 1: is not a table")],
)
def test_another_table_of_the_wrong_type_is_refused(tmp_path, text, said):
    assert said in problem(load(tmp_path, default=text + HEAD))["detail"]


@pytest.mark.parametrize("repo", ["acme/fs", "github.com/acme/fs", "https://github.com/acme/fs"])
def test_repositories_that_skillmeat_accepts_are_no_problem(tmp_path, repo):
    loaded(tmp_path, HEAD + entry() + f"[[mcp_servers]]\nname = 'fs'\nrepo = '{repo}'\n")


def test_an_entry_that_is_not_a_table_is_refused(tmp_path):
    found = load(tmp_path, default=f"artifacts = [1]\n{HEAD}")

    assert "entry 1, key artifacts: is not a table" in problem(found)["detail"]


def test_a_syntax_error_names_line_entry_and_key(tmp_path):
    text = HEAD + entry("alpha") + entry("beta", upstream="https://x") + entry("gamma")
    line = text.split("\n").index("upstream = https://x") + 1
    found = load(tmp_path, default=text, other=HEAD + entry("delta"))
    detail = problem(found)["detail"]

    assert ids(found) == ["skill:delta"]
    assert detail.startswith("is not TOML 1.0: ")
    assert f"line {line}" in detail
    assert ", entry 2 (beta), key upstream; SkillMeat cannot read this collection" in detail
    assert found.may_hide_entries


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xef\xbb\xbf" + HEAD.encode(), "byte order mark"),
        (HEAD.encode() + b"x = '\xff'", f"is not UTF-8 (byte {len(HEAD) + 5})"),
        (b"\x00\x01\x02", "is not TOML 1.0"),
        (b"SQLite format 3\0" + bytes(range(128)), "is not TOML 1.0"),
        (HEAD.encode("utf-16"), "is not UTF-8 (byte 0)"),
        (HEAD.encode() + b"name = 'again'", "is not TOML 1.0"),
        (HEAD.encode() * 2, "is not TOML 1.0"),
        ((HEAD + entry(tail='name = "again"')).encode(), "is not TOML 1.0"),
        (b"x = " + b"[" * 100_000, "is nested too deeply"),
        (b"x = " + b"9" * 5000, "is not TOML 1.0"),
    ],
)
def test_an_unreadable_manifest_is_a_problem_and_the_others_are_loaded(tmp_path, content, reason):
    found = load(tmp_path, default=content, other=HEAD + entry())

    assert ids(found) == ["skill:beta"]
    assert reason in problem(found)["detail"]
    assert found.may_hide_entries


@pytest.mark.parametrize(
    "newer",
    [
        "{a = 1,}",
        "{a = 1\n}",
        "{\na = 1}",
        "{a = 1,\r\n}",
        "{a = 1, # why\n b = 2}",
        "{a = {b = 1}\n}",
        '{a = "}"\n}',
        "[ # why\n {a = 1,}]",
        r'"\e"',
        r'"\x41"',
        "07:32",
        "2026-01-01T07:32Z",
    ],
)
def test_toml_newer_than_skillmeat_reads_is_refused(tmp_path, newer):
    text = f"{HEAD}x = {newer}\n"
    tomli.loads(text)
    found = load(tmp_path, default=text)

    assert problem(found)["detail"].startswith("is not TOML 1.0: ")


@pytest.mark.parametrize(
    "older", ["{a = 1}", "{}", "[{a = [1,\n2,\n]}]", "07:32:00", r"'\e'", '"{\\n}"']
)
def test_toml_that_skillmeat_reads_is_read(older):
    assert parse_toml(f"x = {older}") == tomli.loads(f"x = {older}")


@pytest.mark.parametrize(
    "key", ["upstream", "type", "origin", "metadata.description", "tags", "target_platforms"]
)
@pytest.mark.parametrize("value", [HUGE, f"[{HUGE}]"])
def test_a_number_too_long_to_show_is_a_problem_of_its_entry_only(tmp_path, key, value):
    table, _, name = key.rpartition(".")
    bad = entry(tail=f"[artifacts.metadata]\n{name} = {value}") if table else entry(**{name: value})
    found = load(tmp_path, default=HEAD + bad + entry("gamma"))

    assert "skill:gamma" in ids(found)
    assert len(found.problems) == 1


def test_a_value_nested_too_deeply_to_show_is_a_problem_of_its_entry_only(tmp_path):
    deep = ".".join("a" * 990)
    text = (
        HEAD + entry(tail=f"[artifacts.metadata.description.{deep}]\n{deep} = 1") + entry("gamma")
    )
    found = load(tmp_path, default=text)

    assert "skill:gamma" in ids(found)
    assert "entry 1 (beta), key metadata.description: is a table" in problem(found)["detail"]


def test_a_manifest_over_the_size_limit_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(manifest_files, "MANIFEST_LIMIT_BYTES", len(HEAD))
    found = load(tmp_path, default=HEAD + "#", other=HEAD)

    assert problem(found)["place"] == "collections/default/collection.toml"
    assert "is larger than 0 MiB" in problem(found)["detail"]


@pytest.mark.parametrize(
    ("other", "reason"),
    [(os.mkdir, "is not a regular file"), (os.mkfifo, "is not a regular file")],
)
def test_a_pipe_in_place_of_a_manifest_is_a_problem(tmp_path, other, reason):
    (tmp_path / "collections" / "default").mkdir(parents=True)
    other(tmp_path / "collections" / "default" / "collection.toml")
    found = load(tmp_path)

    assert problem(found)["detail"].startswith(reason)
    assert found.may_hide_entries


def test_a_manifest_without_permission_is_a_problem(tmp_path):
    folder = tmp_path / "collections" / "default"
    folder.mkdir(parents=True)
    (folder / "collection.toml").symlink_to("x" * 300)
    found = load(tmp_path, other=HEAD + entry())

    assert ids(found) == ["skill:beta"]
    assert problem(found)["detail"] == "cannot be read: File name too long"


def test_a_collection_whose_name_is_not_utf8_is_a_problem(tmp_path):
    found = load(tmp_path, **{os.fsdecode(b"caf\xe9"): HEAD + entry(), "other": HEAD + entry()})

    assert ids(found) == ["skill:beta"]
    assert problem(found)["place"] == r"collections/caf\xe9/collection.toml"
    assert found.may_hide_entries


@pytest.mark.parametrize(
    ("artifact_id", "stem"),
    [
        ("agent:a.md", "agent:a"),
        ("agent:a.md.md", "agent:a.md"),
        ("skill:a.yaml", "skill:a"),
        ("skill:a.py", "skill:a.py"),
        ("skill:a", "skill:a"),
    ],
)
def test_a_stem_is_the_id_without_one_ignored_suffix(artifact_id, stem):
    assert stem_of(artifact_id) == stem


SNIPPETS = st.sampled_from(
    [HEAD, entry(), "[[artifacts]]\n", "[artifacts.metadata]\n", "x = {", "'''", "\ufeff"]
)


@modest
@given(content=st.binary() | st.lists(SNIPPETS | st.text(max_size=20)).map("".join))
def test_no_content_of_a_manifest_breaks_the_loader(tmp_path, content):
    content = content if isinstance(content, bytes) else content.encode()
    found = load(tmp_path, default=content)

    assert set(found.problems["kind"]) <= {"manifest", "repeated"}


CHARACTERS = st.characters(exclude_categories=["Cs"])
VALUES = st.recursive(
    st.booleans()
    | st.integers()
    | st.floats()
    | st.text(CHARACTERS)
    | st.datetimes()
    | st.dates()
    | st.times()
    | st.sampled_from(["skill", "local", "marketplace", "github", "2026-01-01", "Read"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(CHARACTERS), inner, max_size=3)
    ),
    max_leaves=4,
)
METADATA = st.dictionaries(
    st.sampled_from(
        ["description", "author", "license", "version", "tags", "tools", "linked_artifacts"]
    ),
    VALUES,
)
ENTRIES = st.fixed_dictionaries(
    {key: VALUES | st.just(tomli.loads(f"x = {text}")["x"]) for key, text in REQUIRED.items()},
    optional={
        "metadata": METADATA | VALUES,
        **dict.fromkeys(
            ("upstream", "tags", "origin_source", "target_platforms", "import_id"), VALUES
        ),
        **dict.fromkeys(("last_updated", "discovered_at", "resolved_sha"), VALUES),
    },
)


def in_toml(value):
    """Return *value* as TOML."""
    match value:
        case dict():
            return "{" + ", ".join(f"{in_toml(k)} = {in_toml(v)}" for k, v in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(in_toml, value)) + "]"
        case bool():
            return str(value).lower()
        case str():
            text = json.dumps(value, ensure_ascii=False)
            return text.replace("\x7f", "\\u007f")
        case int() | float():
            return repr(value)
    return value.isoformat()


@pytest.mark.slow
@modest
@given(made=st.lists(ENTRIES | VALUES, max_size=4))
def test_no_value_of_any_key_breaks_the_loader(tmp_path, made):
    text = f"artifacts = {in_toml(made)}\n{HEAD}"
    assert tomli.loads(text)["collection"]["name"] == "default"
    found = load(tmp_path, default=text)
    frame = found.entries

    assert len(frame) + (found.problems["kind"] == "manifest").sum() == len(made)
    assert frame["artifact_id"].eq(frame["type"] + ":" + frame["name"]).all()


@pytest.mark.parametrize("target", ["/nonexistent", "collection.toml", "../../secret"])
def test_a_manifest_that_is_a_link_away_hides_its_entries_and_is_not_read(make_home, target):
    home = make_home("clean")
    (home / "secret").write_text("TOPSECRET = x\n")
    manifest = home / "collections" / "default" / "collection.toml"
    manifest.unlink()
    manifest.symlink_to(target)

    found = load_manifests(find_home(home))

    assert found.may_hide_entries
    assert len(found.problems) == 1
    assert "TOPSECRET" not in found.problems["detail"][0]


def test_a_collection_behind_a_link_is_refused_naming_the_setting(make_home, tmp_path):
    home = make_home("clean")
    folder = home / "collections" / "default"
    folder.rename(tmp_path / "dotfiles")
    folder.symlink_to(tmp_path / "dotfiles")
    refused = load_manifests(find_home(home))
    allowed = load_manifests(find_home(home, link_roots=[tmp_path / "dotfiles"]))

    assert (len(refused.entries), len(refused.problems)) == (0, 1)
    assert "allow-links" in refused.problems["detail"][0]
    assert (len(allowed.entries), len(allowed.problems)) == (3, 0)


def test_a_manifest_linked_to_an_allowed_folder_is_read(make_home, tmp_path):
    home = make_home("clean")
    manifest = home / "collections" / "default" / "collection.toml"
    (tmp_path / "dotfiles").mkdir()
    manifest.rename(tmp_path / "dotfiles" / "collection.toml")
    manifest.symlink_to(tmp_path / "dotfiles" / "collection.toml")
    refused = load_manifests(find_home(home))
    allowed = load_manifests(find_home(home, link_roots=[tmp_path / "dotfiles"]))

    assert (len(refused.entries), len(refused.problems)) == (0, 1)
    assert (len(allowed.entries), len(allowed.problems)) == (3, 0)


@pytest.mark.parametrize(
    ("values", "key", "wrong", "kind"),
    [
        ({"tail": "[artifacts.metadata]\nversion = 1.10"}, "metadata.version", "1.1", "mistyped"),
        ({"tail": "[artifacts.metadata]\nauthor = ['a']"}, "metadata.author", "a list", "mistyped"),
        ({"tags": '"abc"'}, "tags", "text, not a list of texts", "mistyped"),
        ({"upstream": "5"}, "upstream", "5", "mistyped"),
        ({"upstream": "[]"}, "upstream", "a list", "unrefreshable"),
        ({"resolved_sha": "{}"}, "resolved_sha", "a table", "unrefreshable"),
        ({"uuid": "5"}, "uuid", "5", "mistyped"),
    ],
)
def test_a_value_that_skillmeat_fails_on_names_entry_key_and_line(
    tmp_path, values, key, wrong, kind
):
    text = HEAD + entry(**values)
    found = load(tmp_path, default=text)
    name = key.rpartition(".")[2]
    lines = [n for n, line in enumerate(text.split("\n"), 1) if line.startswith(f"{name} =")]

    reported = problem(found)
    assert ids(found) == ["skill:beta"]
    assert (reported["kind"], reported["artifact_id"]) == (kind, "skill:beta")
    assert reported["place"] == f"collections/default/collection.toml:{lines[-1]}"
    assert f"entry 1 (beta), key {key}: is {wrong}" in reported["detail"]


@pytest.mark.parametrize(
    "values", [{"version_spec": "0"}, {"uuid": "[]"}, {"tags": "{}"}, {"resolved_sha": "5"}]
)
def test_a_value_that_skillmeat_lives_with_is_no_problem(tmp_path, values):
    assert load(tmp_path, default=HEAD + entry(**values)).problems.empty


def test_a_value_that_no_row_can_hold_is_not_expected_in_one(tmp_path):
    tail = "[artifacts.metadata]\nauthor = {name = 'Jane'}\nversion = ['1']"

    only = loaded(tmp_path, HEAD + entry(tail=tail))

    assert (only["author"], only["version"]) == (None, None)


@pytest.mark.parametrize("path", ['["skills/beta"]', '{ folder = "skills/beta" }'])
def test_the_files_of_an_entry_whose_path_is_not_text_are_missing(tmp_path, path):
    load(tmp_path, default=HEAD + entry(path=path))
    snapshot = load_snapshot(tmp_path, parse_cache=False)

    assert list(snapshot.frontmatter["state"]) == ["missing"]
    assert watched_paths(snapshot) is None


def test_the_entries_of_a_long_manifest_are_those_of_a_short_one(tmp_path):
    names = [f"n{number}" for number in range(250)]
    odd = entry("last", tail='upstream = 5\n[artifacts.metadata]\ndescription = "[[artifacts]]"')
    text = HEAD + "".join(map(entry, names)) + entry("", name='"a/b"') + odd + odd
    parts = load(tmp_path / "parts", default=text)
    # A text of several lines: the manifest is parsed whole.
    whole = load(tmp_path / "whole", default=text.replace('"default"', '"""default"""'))

    assert list(parts.entries["name"]) == [*names, "last", "last"]
    assert list(parts.entries["position"]) == [*range(250), 251, 252]
    assert records(parts.entries) == records(whole.entries)
    assert records(parts.problems) == records(whole.problems)
    assert {*parts.problems["kind"]} == {"manifest", "mistyped", "repeated"}
