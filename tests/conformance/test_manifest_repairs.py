"""What stops the real application in a manifest, mended; what our edits must never do to it."""

import stat

import pytest
import tomli
from conformance.app import DEFAULT
from conformance.declared import HEAD, declare, entry

import skillmeat_audit as sma
from skillmeat_audit.model.contracts import records

pytest.importorskip("skillmeat", reason="run by `make conformance`, in an environment of its own")

LIST, REFRESH = "/artifacts?limit=100", f"/user-collections/{DEFAULT}/refresh-cache"
REFRESH_ALL = "/user-collections/refresh-cache"
GOOD = entry("good", metadata='description = "Good"\n')


@pytest.fixture
def app(unlimited):
    """The application over an empty home, not started."""
    unlimited.install()
    return unlimited


@pytest.fixture
def repair(app, tmp_path):
    """Return a function that plans and applies, and returns the run."""

    def make(**options):
        plan = sma.audit(app.home, progress=False).plan(**options)
        return plan.apply(sma.Options(tmp_path / "state", max_overwrites=100), recheck=False)

    return make


def write_file(app, name, front_matter, collection="default"):
    path = app.home / "collections" / collection / "skills" / name / "SKILL.md"
    path.write_text(f"---\nname: {name}\n{front_matter}---\n")


def declared(manifest, name="odd"):
    """Return the entry *name* of *manifest* as the application holds it."""
    from skillmeat.storage.manifest import ManifestManager

    artifacts = ManifestManager().read(manifest.parent).artifacts
    (artifact,) = (each for each in artifacts if each.name == name)
    return artifact


def description(app, name="good"):
    return app.rows()[DEFAULT, f"skill:{name}"]["description"]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("version = 1.10", "1.10"),
        ("version = 2", "2"),
        ("license = 2026-01-01", "2026-01-01"),
        ("description = 5", "5"),
    ],
)
def test_a_value_that_is_no_text_is_mended_and_the_list_answers(app, repair, line, text):
    manifest = declare(app, GOOD, entry("odd", metadata=f"{line}\n"))
    app.start()
    assert app.status(LIST) == 500

    repair()

    assert app.status(LIST) == 200
    assert getattr(declared(manifest).metadata, line.split()[0]) == text
    app.restart()
    app.ask("POST", REFRESH)
    assert app.rows()[DEFAULT, "skill:odd"][line.split()[0]] == text


@pytest.mark.parametrize("value", ['"abc"', '["a", 1]'])
def test_tags_that_are_no_list_of_texts_are_mended_and_the_list_answers(app, repair, value):
    manifest = declare(app, GOOD, entry("odd", f"tags = {value}\n"))
    app.start()
    assert app.status(LIST) == 500

    repair()

    assert app.status(LIST) == 200
    assert declared(manifest).tags == (["abc"] if value == '"abc"' else ["a", "1"])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('{name = "Ada", email = "ada@example.org"}', "Ada <ada@example.org>"),
        ('["A", "B"]', "A, B"),
    ],
)
def test_an_author_that_is_no_text_is_mended_and_the_refresh_writes_rows(app, repair, value, text):
    manifest = declare(app, GOOD, entry("odd", metadata=f"author = {value}\n"))
    app.start()
    app.execute("UPDATE collection_artifacts SET description = NULL")
    app.status(REFRESH, "POST")
    assert description(app) is None

    repair(targets=["manifests"])
    app.ask("POST", REFRESH)

    assert description(app) == "Good"
    assert declared(manifest).metadata.author == text


def test_a_front_matter_that_holds_tables_and_lists_is_never_copied_as_such(app, repair):
    manifest = declare(app, GOOD, entry("odd", metadata='description = "Odd"\n'))
    write_file(
        app, "odd", "author: {name: Ada, email: a@example.org}\nlicense: [MIT]\nversion: 1.10\n"
    )
    app.start()

    repair()

    metadata = tomli.loads(manifest.read_text())["artifacts"][1]["metadata"]
    assert all(isinstance(value, str) for value in metadata.values())
    assert "Ada" not in str(metadata.get("author"))
    assert (app.status(LIST), app.ask("POST", REFRESH)["errors"]) == (200, [])


def test_a_url_as_origin_source_is_mended_and_the_refresh_updates_all(app, repair):
    url = "https://github.com/acme/kit"
    market = entry("odd", f'upstream = "{url}"\norigin_source = "{url}"\n').replace(
        '"local"', '"marketplace"'
    )
    manifest = declare(app, GOOD, market)
    app.start()
    assert app.rows() == {}  # the whole collection reads as empty

    repair()
    app.restart()

    assert app.ask("POST", REFRESH_ALL)["total_updated"] == 2
    assert description(app) == "Good"
    assert declared(manifest).origin_source == "github"


def test_an_origin_source_beside_a_local_origin_is_removed(app, repair):
    manifest = declare(app, GOOD, entry("odd", 'origin_source = "github"\n'))
    app.start()

    repair()
    app.restart()

    assert app.ask("POST", REFRESH_ALL)["total_updated"] == 2
    assert declared(manifest).origin_source is None


def test_an_absolute_path_is_mended_and_the_file_shown_is_the_homes_own(app, repair, tmp_path):
    foreign = tmp_path / "elsewhere/.skillmeat/collections/default/skills/odd"
    foreign.mkdir(parents=True)
    (foreign / "SKILL.md").write_text("---\nname: odd\n---\nForeign\n")
    odd = entry("odd").replace('path = "skills/odd"', f'path = "{foreign}"')
    manifest = declare(app, GOOD, odd)
    app.start()
    page = "/artifacts/skill:odd/files/SKILL.md?collection_id=default"
    assert "Foreign" in app.ask("GET", page)["content"]

    repair()

    assert tomli.loads(manifest.read_text())["artifacts"][1]["path"] == "skills/odd"
    assert "Of the file" in app.ask("GET", page)["content"]
    app.ask("DELETE", f"/artifacts/skill:odd?collection={DEFAULT}")
    assert (foreign / "SKILL.md").exists()
    assert not (manifest.parent / "skills/odd").exists()


def test_of_equal_entries_one_is_dropped_and_the_row_does_not_flip(app, repair):
    twice = entry("odd", metadata='description = "Odd"\n')
    manifest = declare(app, twice, GOOD, twice)
    app.start()

    repair()

    names = [each["name"] for each in tomli.loads(manifest.read_text())["artifacts"]]
    assert names == ["odd", "good"]
    app.restart()
    app.ask("POST", REFRESH)
    assert description(app, "odd") == "Odd"


def test_unequal_entries_both_stay(app, repair):
    entries = (entry("odd", metadata=f'description = "{text}"\n') for text in ("One", "Two"))
    manifest = declare(app, *entries, GOOD)
    before = manifest.read_bytes()
    app.start()

    repair()

    assert manifest.read_bytes() == before


def test_tools_get_the_names_that_skillmeat_has_and_no_others(app, repair):
    manifest = declare(app, GOOD, entry("odd"))
    write_file(app, "odd", "allowed-tools: Read, read, Bash(git:*), mcp__x, Grep\n")
    app.start()

    repair()

    tools = tomli.loads(manifest.read_text())["artifacts"][1]["metadata"]["tools"]
    assert set(tools) >= {"Read", "Grep"}
    assert [tool.value for tool in declared(manifest).metadata.tools] == tools


def test_tags_get_one_spelling_and_a_length_that_skillmeat_stores(app, repair):
    manifest = declare(app, GOOD, entry("odd", "tags = []\n"))
    write_file(app, "odd", f"tags: [Cli, cli, '', ops, {'x' * 101}]\n")
    app.start()

    repair()
    app.restart()
    app.ask("POST", REFRESH)

    assert declared(manifest).tags == ["Cli", "ops"]
    assert {tag["name"] for tag in app.ask("GET", "/tags?limit=100")["items"]} == {"Cli", "ops"}
    assert app.rows()[DEFAULT, "skill:odd"]["tags_json"] == '["Cli", "ops"]'


def test_a_running_server_takes_an_edit_without_being_told(app, repair):
    manifest = declare(app, GOOD, entry("odd"))
    app.start()
    app.ask("GET", "/artifacts/skill:odd")  # now it has the manifest in memory
    before = manifest.stat().st_mtime

    run = repair()

    assert manifest.stat().st_mtime != before
    page = f"/artifacts/skill:odd?collection={DEFAULT}"
    assert app.ask("GET", page)["metadata"]["description"] == "Of the file"
    run.undo()
    assert not app.ask("GET", page)["metadata"]["description"]


def test_mode_and_link_stay_and_after_skillmeats_own_save_the_undo_goes_by_key(app, repair):
    manifest = declare(app, GOOD, entry("odd", "unknown = 1\n# a comment\n"))
    real = manifest.with_name("real.toml")
    manifest.rename(real)
    manifest.symlink_to("real.toml")
    real.chmod(0o600)
    app.start()

    run = repair()

    assert manifest.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o600
    assert "# a comment" in real.read_text()
    app.ask("PUT", f"/artifacts/skill:good?collection={DEFAULT}", {"tags": ["theirs"]})
    assert not manifest.is_symlink()
    assert declared(manifest).metadata.description == "Of the file"

    undo = run.undo()

    assert undo.outcome.edit_conflicts == ()
    assert declared(manifest).metadata.description is None
    assert declared(manifest, "good").tags == ["theirs"]


def test_an_empty_description_is_filled_and_lasts(app, repair):
    declare(app, GOOD, entry("odd", metadata='description = ""\n'))
    app.start()

    repair()
    app.restart()
    app.ask("POST", REFRESH)

    assert description(app, "odd") == "Of the file"


def test_file_collections_that_disagree_are_left_to_a_person(app, repair):
    manifest = declare(app, entry("odd"))
    other = declare(app, entry("odd"), collection="work")
    write_file(app, "odd", "description: Of work\n", collection="work")
    app.start()
    before = manifest.read_bytes(), other.read_bytes()

    repair()
    assert (manifest.read_bytes(), other.read_bytes()) == before

    write_file(app, "odd", "description: Of the file\n", collection="work")
    repair()
    texts = {declared(each).metadata.description for each in (manifest, other)}
    assert texts == {"Of the file"}


def test_what_an_update_of_the_entry_takes_away_is_found_again(app, repair):
    manifest = declare(app, GOOD, entry("odd"))
    app.start()
    repair()
    declare(app, GOOD, entry("odd"))  # as a reimport leaves it: the entry made anew
    app.restart()
    app.ask("POST", REFRESH)

    found = records(sma.audit(app.home, progress=False).findings)
    assert "V001" in {each["rule"] for each in found if each["artifact_id"] == "skill:odd"}
    repair()
    app.ask("POST", REFRESH)
    assert description(app, "odd") == declared(manifest).metadata.description == "Of the file"


def test_interleaved_tables_and_crlf_are_edited_exactly_or_refused_by_name(app, repair):
    group = '[[groups]]\nname = "Ops"\nid = "g"\ndescription = ""\nmembers = []\nposition = 0\n'
    manifest = declare(app, GOOD, entry("odd"))
    text = (HEAD + entry("odd") + group + GOOD).replace("\n", "\r\n")
    manifest.write_bytes(text.encode())
    app.start()

    repair()

    content = manifest.read_bytes()
    assert content.count(b"\n") == content.count(b"\r\n")
    order = [content.index(name) for name in (b'"odd"', b'"Ops"', b'"good"')]
    assert order == sorted(order)
    assert tomli.loads(content.decode())["artifacts"][0]["metadata"] == {
        "description": "Of the file"
    }
