"""Front matter: which file speaks for an artifact, and that none outside the collection does."""

import errno
import os

import pytest

from skillmeat_audit.base.confined import Confined, Descent
from skillmeat_audit.loaders import workers as reading
from skillmeat_audit.loaders.artifact_files import locate, relative_path
from skillmeat_audit.loaders.frontmatter import load_frontmatter
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.home import Home
from skillmeat_audit.model.tables import FRONTMATTER, MANIFEST

SAYS = "---\ndescription: {}\n---\nBody.\n"
SECRET = SAYS.format("secret")


@pytest.fixture
def folder(tmp_path):
    """The folder of the file collection "default", with a secret beside the home."""
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "SKILL.md").write_text(SECRET)
    made = tmp_path / "home" / "collections" / "default"
    made.mkdir(parents=True)
    return made


def load(folder, path, kind="skill", link_roots=()):
    """Return what is found at one manifest entry's *path*."""
    home = Home(folder.parent.parent, None, "default", link_roots=tuple(link_roots))
    entry = {"entry": 0, "file_collection": folder.name, "path": str(path), "type": kind}
    (found,) = records(load_frontmatter(home, MANIFEST.from_records([entry])))
    return found


def deny(monkeypatch, place):
    """Deny access to *place* (a file) or to all below it, as permissions do to all but root."""

    def denying(real):
        def call(path, *arguments, **named):
            folder = named.get("dir_fd")
            above = "" if folder is None else os.readlink(f"/proc/self/fd/{folder}")
            full = str(path) if isinstance(path, int) else os.path.join(above, os.fsdecode(path))
            if full.startswith(f"{place}/") or (is_file and full == str(place)):
                raise PermissionError(errno.EACCES, "Permission denied", full)
            return real(path, *arguments, **named)

        return call

    is_file = place.is_file()
    for name in ("stat", "lstat", "scandir", "open"):
        monkeypatch.setattr(os, name, denying(getattr(os, name)))


def write(folder, path, content=None):
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    content = SAYS.format(path) if content is None else content
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


@pytest.mark.parametrize(
    ("kind", "path", "files", "read"),
    [
        ("skill", "skills/a", ["SKILL.md", "README.md"], "SKILL.md"),
        ("command", "commands/a", ["command.md", "a.md"], "command.md"),
        ("command", "commands/a", ["z.md", "b.md", "c.txt"], "b.md"),
        ("command", "commands/a", ["c.txt"], None),
        ("agent", "agents/a", ["agent.md", "AGENT.md"], "AGENT.md"),
        ("agent", "agents/a", ["agent.md", "a.md"], "agent.md"),
        ("agent", "agents/a", ["b.md"], "b.md"),
        ("hook", "hooks/a", ["HOOK.md", "README.md"], "HOOK.md"),
        ("hook", "hooks/a", ["README.md"], None),
        ("mcp", "mcps/a", ["MCP.md"], "MCP.md"),
        ("mcp_server", "mcp_servers/a", ["MCP.md"], "MCP.md"),
        ("composite", "composites/a", ["COMPOSITE.md", "PLUGIN.md"], "COMPOSITE.md"),
        ("composite", "composites/a", ["PLUGIN.md"], "PLUGIN.md"),
        ("workflow", "workflows/a", ["WORKFLOW.md"], None),
        ("soul", "souls/a", ["SOUL.md"], None),
    ],
)
def test_the_file_skillmeat_reads_in_a_folder_is_read(folder, kind, path, files, read):
    for name in files:
        write(folder, f"{path}/{name}")
    found = load(folder, path, kind)

    assert found["state"] == ("absent" if read is None else "read")
    assert found["file"] == found["description"] == (read and f"{path}/{read}")


@pytest.mark.parametrize(
    ("kind", "path", "state"),
    [
        ("command", "commands/a.md", "read"),
        ("agent", "agents/a.md", "read"),
        ("soul", "souls/a.md", "read"),
        ("command", "commands/a", "read"),
        ("agent", "agents/a", "read"),
        ("agent", "agents/a.v2", "read"),
        ("hook", "hooks/a", "read"),
        ("hook", "hooks/a.json", "absent"),
        ("mcp", "mcps/a.json", "absent"),
        ("soul", "souls/a", "absent"),
        ("workflow", "workflows/a.md", "absent"),
    ],
)
def test_a_single_file_is_read_if_its_type_allows_it(folder, kind, path, state):
    write(folder, path)
    found = load(folder, path, kind)

    assert found["state"] == state
    assert found["description"] == (path if state == "read" else None)


@pytest.mark.parametrize(
    ("kind", "path", "file"),
    [
        ("agent", "agents/a", "agents/a"),
        ("command", "commands/a", "commands/a"),
        ("hook", "hooks/a", "hooks/a"),
        ("hook", "hooks/a", "hooks/a/HOOK.md"),
        ("mcp", "mcps/a", "mcps/a/MCP.md"),
        ("composite", "composites/a", "composites/a/COMPOSITE.md"),
        ("composite", "composites/a", "composites/a/PLUGIN.md"),
    ],
)
def test_a_file_that_skillmeat_does_not_read_counts_only_with_a_fence(folder, kind, path, file):
    write(folder, file, "#!/bin/sh\n---\ndescription: no\n---\n")
    without = load(folder, path, kind)
    write(folder, file, "\ufeff---\r\nname: x\r\n---\r\nBody.")
    fenced = load(folder, path, kind)

    assert (without["state"], without["fenced"]) == ("absent", None)
    assert (fenced["state"], fenced["name"], fenced["description"]) == ("read", "x", None)


def test_a_file_skillmeat_reads_needs_no_fence(folder):
    write(folder, "agents/a.md", "# A\n\nDoes it.\n")
    found = load(folder, "agents/a.md", "agent")

    assert (found["state"], found["fenced"], found["description"]) == ("read", False, "Does it.")


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_and_a_byte_order_mark_make_no_difference(folder, mark, end):
    text = "---\nname: x\ndescription: |\n  one\n  two\nlicense: MIT\n---\nBody"
    write(folder, "skills/a/SKILL.md", mark + text.replace("\n", end))
    found = load(folder, "skills/a")

    assert (found["description"], found["license"]) == ("one\ntwo\n", "MIT")


def test_one_row_per_entry_in_the_manifests_order(folder):
    write(folder, "skills/a/SKILL.md")
    entries = [
        {"entry": number, "file_collection": "default", "path": path, "type": "skill"}
        for number, path in enumerate(["skills/none", "skills/a", "skills/none"])
    ]
    seen = []
    frame = load_frontmatter(
        Home(folder.parent.parent, None, "default"),
        MANIFEST.from_records(entries),
        track=lambda each: seen.extend(each) or seen,
    )

    assert list(frame.columns) == list(FRONTMATTER.columns)
    assert frame["entry"].tolist() == [0, 1, 2]
    assert [task.file for task in seen] == [os.fsencode(folder / "skills" / "a" / "SKILL.md")]
    assert frame["state"].tolist() == ["missing", "read", "missing"]


def test_the_time_of_the_file_is_in_utc(folder):
    os.utime(write(folder, "skills/a/SKILL.md"), (1767600000.25, 1767600000.25))

    assert load(folder, "skills/a")["modified_at"] == "2026-01-05 08:00:00.250000"


def test_a_time_outside_the_calendar_is_null_or_what_the_file_system_stored(folder):
    os.utime(write(folder, "skills/a/SKILL.md"), (2**40, 2**40))

    assert load(folder, "skills/a")["state"] == "read"


@pytest.mark.parametrize("kind", ["skill", "agent", "hook", "workflow"])
def test_missing_files_are_missing(folder, kind):
    assert load(folder, "skills/none", kind)["state"] == "missing"


def test_a_path_that_is_not_text_names_no_file(folder):
    entry = {"entry": 0, "file_collection": folder.name, "path": None, "type": "skill"}
    home = Home(folder.parent.parent, None, "default")
    (read,) = records(load_frontmatter(home, MANIFEST.from_records([entry])))

    assert (read["state"], read["reason"]) == (
        "missing", "the path in the manifest is not text"
    )  # fmt: skip


@pytest.mark.parametrize("path", ["", ".", "agents"])
def test_a_folder_that_only_holds_folders_has_no_file_to_read(folder, path):
    write(folder, "agents/a/AGENT.md")

    assert load(folder, path, "agent")["state"] == "absent"


@pytest.mark.parametrize(
    ("path", "relative"),
    [
        ("skills/a", "skills/a"),
        ("skills\\a", "skills/a"),
        ("/home/old/.skillmeat/collections/default/skills/a", "skills/a"),
        ("C:\\Users\\Old\\.skillmeat\\collections\\default\\skills\\a", "skills/a"),
        ("/collections/default/x/collections/default/skills/a", "skills/a"),
        ("/home/old/.skillmeat/collections/other/skills/a", None),
        ("/etc/passwd", None),
        ("C:\\secret", None),
        ("\\\\server\\share\\x", None),
    ],
)
def test_of_an_absolute_path_the_part_below_the_collection_counts(folder, path, relative):
    assert relative_path("default", path) == relative


def test_the_files_of_a_moved_home_are_read(folder):
    write(folder, "skills/a/SKILL.md")

    assert load(folder, "/old/.skillmeat/collections/default/skills/a")["state"] == "read"


@pytest.mark.parametrize(
    "path",
    [
        "../../../secret",
        "skills/../../../../secret",
        "..\\..\\..\\secret",
        "/old/collections/default/../../../secret",
        "/etc/passwd",
        "../../etc/passwd",
        "../default2/skills/a",
        "..",
        "skills/a\0/../../../../secret",
    ],
)
@pytest.mark.parametrize("kind", ["skill", "agent", "hook"])
def test_a_path_out_of_the_collection_is_never_followed(folder, path, kind):
    write(folder.parent, "default2/skills/a/SKILL.md", SECRET)
    (folder / "skills").mkdir()
    found = load(folder, path, kind)

    assert found["state"] == "outside"
    assert found["description"] is found["file"] is None


def test_an_absolute_path_beside_the_collection_is_never_followed(folder):
    assert load(folder, folder.parent.parent.parent / "secret")["state"] == "outside"


def links(folder):
    """Make every kind of link out of the collection, each below skills/."""
    secret = folder.parent.parent.parent / "secret"
    for name in ("file", "far"):
        (folder / "skills" / name).mkdir(parents=True)
    (folder / "skills" / "file" / "SKILL.md").symlink_to(secret / "SKILL.md")
    (folder / "skills" / "folder").symlink_to(secret)
    (folder / "skills" / "relative").symlink_to("../../../../secret")
    (folder / "skills" / "twice").symlink_to("folder")
    (folder / "skills" / "far" / "SKILL.md").symlink_to("../folder/SKILL.md")


@pytest.mark.parametrize(
    "path", ["skills/file", "skills/folder", "skills/relative", "skills/twice", "skills/far"]
)
@pytest.mark.parametrize("kind", ["skill", "agent"])
def test_a_link_out_of_the_collection_is_never_followed(folder, path, kind):
    links(folder)
    found = load(folder, path, kind)

    assert found["state"] == "outside"
    assert found["description"] is None


@pytest.mark.parametrize("kind", ["agent", "command", "hook"])
def test_a_single_file_that_is_a_link_out_is_never_followed(folder, kind):
    links(folder)

    assert load(folder, "skills/folder/SKILL.md", kind)["state"] == "outside"
    assert load(folder, "skills/file/SKILL.md", kind)["state"] == "outside"


def test_a_link_within_the_collection_is_followed(folder):
    write(folder, "skills/a/SKILL.md")
    (folder / "skills" / "b").symlink_to("a")

    assert load(folder, "skills/b")["description"] == "skills/a/SKILL.md"


def test_a_collection_that_is_itself_a_link_is_outside_unless_it_is_allowed(folder, tmp_path):
    write(folder, "skills/a/SKILL.md")
    moved = folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(moved)
    with Descent() as descent:
        refused = locate(Confined(folder.parent, folder.name, descent), "skills/a", "skill")
        allowed = locate(
            Confined(folder.parent, folder.name, descent, [tmp_path]), "skills/a", "skill"
        )

    assert refused["state"] == "outside"
    assert "allow-links" in refused["reason"]
    assert allowed.task.file == bytes(moved / "skills" / "a" / "SKILL.md")


@pytest.mark.parametrize(
    ("path", "state", "reason"),
    [
        ("skills/none", "missing", "no such file"),
        ("skills/dangling", "missing", "a link that leads nowhere"),
        ("skills/loop", "unreadable", "cannot be read: Too many levels of symbolic links"),
        ("skills/file", "missing", "a file, where a skill is a folder"),
        (
            "skills/lower",
            "missing",
            "its SKILL.md: no such file; there is skill.md, which differs only in case",
        ),
        ("skills", "missing", "its SKILL.md: no such file"),
        ("skills/hollow", "missing", "its SKILL.md: a link that leads nowhere"),
        ("skills/ring", "unreadable", "cannot be read: Too many levels of symbolic links"),
    ],
)
def test_a_skill_without_a_readable_skill_md_says_why(folder, path, state, reason):
    write(folder, "skills/file")
    write(folder, "skills/lower/skill.md")
    for link, target in {
        "dangling": "none",
        "loop": "loop",
        "hollow/SKILL.md": "none",
        "ring/SKILL.md": "SKILL.md",
    }.items():
        (folder / "skills" / link).parent.mkdir(exist_ok=True)
        (folder / "skills" / link).symlink_to(target)

    found = load(folder, path)

    assert (found["state"], found["reason"]) == (state, reason)


def test_a_dangling_link_to_a_single_file_is_missing(folder):
    (folder / "agents").mkdir()
    (folder / "agents" / "a.md").symlink_to("none")
    found = load(folder, "agents/a.md", "agent")

    assert (found["state"], found["reason"]) == ("missing", "a link that leads nowhere")


@pytest.mark.parametrize("closed", ["skills", "skills/a", "skills/a/SKILL.md"])
def test_a_file_without_permission_is_unreadable_not_missing(folder, monkeypatch, closed):
    write(folder, "skills/a/SKILL.md")
    deny(monkeypatch, folder / closed)
    found = load(folder, "skills/a")

    assert found["state"] == "unreadable"
    assert "Permission denied" in found["reason"]


@pytest.mark.parametrize(("kind", "path"), [("agent", "agents/a.md"), ("hook", "hooks/a")])
def test_a_pipe_is_not_waited_for(folder, kind, path):
    (folder / path).parent.mkdir()
    os.mkfifo(folder / path)
    found = load(folder, path, kind)

    assert (found["state"], found["reason"]) == ("unreadable", "is not a regular file")
    assert found["file"] == path


def test_a_folder_named_like_the_file_is_unreadable_and_left_closed(folder):
    (folder / "skills" / "a" / "SKILL.md").mkdir(parents=True)
    before = len(os.listdir("/dev/fd"))
    found = load(folder, "skills/a")

    assert (found["state"], found["reason"]) == ("unreadable", "is not a regular file")
    assert len(os.listdir("/dev/fd")) == before


def test_a_file_over_the_size_limit_is_unreadable(folder, monkeypatch):
    file = write(folder, "skills/a/SKILL.md")
    monkeypatch.setattr(reading, "SIZE_LIMIT_BYTES", file.stat().st_size)
    fits = load(folder, "skills/a")
    monkeypatch.setattr(reading, "SIZE_LIMIT_BYTES", file.stat().st_size - 1)
    found = load(folder, "skills/a")

    assert fits["state"] == "read"
    assert (found["state"], found["reason"]) == ("unreadable", "is larger than 0 MiB")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"---\nname: caf\xe9\n---\n", "is not UTF-8 (byte 13)"),
        (SECRET.encode("utf-16"), "is not UTF-8 (byte 0)"),
        (b"---\na: &a [*a]\n---\n", "has a front matter that contains itself"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(folder, content, reason):
    write(folder, "skills/a/SKILL.md", content)
    found = load(folder, "skills/a")

    assert (found["state"], found["reason"]) == ("unreadable", reason)
    assert found["file"] == "skills/a/SKILL.md"
    assert found["description"] is None


def test_a_file_name_that_is_not_utf8_is_spelled_out(folder):
    write(folder, os.fsdecode(b"commands/a/\xff.md"), SAYS.format("D"))
    found = load(folder, "commands/a", "command")

    assert (found["file"], found["description"]) == (r"commands/a/\xff.md", "D")


@pytest.mark.parametrize("path", ["x" * 5000, "skills/" + "x" * 300, "skills/a/SKILL.md/x"])
def test_a_path_that_no_file_system_allows_is_missing(folder, path):
    write(folder, "skills/a/SKILL.md")

    assert load(folder, path)["state"] == "missing"


@pytest.mark.parametrize(
    ("on_disk", "path", "there"),
    [
        ("skills/alpha/SKILL.md", "skills/Alpha", "alpha, which differs only in case"),
        ("Skills/alpha/SKILL.md", "skills/alpha", "Skills, which differs only in case"),
        ("skills/a/Skill.md", "skills/a", "Skill.md, which differs only in case"),
        (
            "skills/cafe\u0301/SKILL.md",
            "skills/caf\xe9",
            "cafe\u0301, which differs only in Unicode form (NFC/NFD)",
        ),
        (
            "skills/caf\xe9/SKILL.md",
            "skills/cafe\u0301",
            "caf\xe9, which differs only in Unicode form (NFC/NFD)",
        ),
        (
            "skills/CAFE\u0301/SKILL.md",
            "skills/caf\xe9",
            "CAFE\u0301, which differs only in case and Unicode form (NFC/NFD)",
        ),
    ],
)
def test_a_missing_name_is_reported_with_a_similar_one(folder, on_disk, path, there):
    write(folder, on_disk)
    found = load(folder, path)

    assert found["state"] == "missing"
    assert found["reason"].removeprefix("its SKILL.md: ") == f"no such file; there is {there}"


def test_a_missing_name_without_a_similar_one_is_only_missing(folder):
    write(folder, "skills/alpha/SKILL.md")

    assert load(folder, "skills/alpha2")["reason"] == "no such file"


def test_a_similar_name_outside_the_collection_is_not_shown(folder, tmp_path):
    (tmp_path / "secret" / "alpha").mkdir()
    (folder / "skills").symlink_to(tmp_path / "secret")

    assert load(folder, "skills/Alpha")["state"] == "outside"


@pytest.fixture
def dotfiles(folder, tmp_path):
    """A folder outside that the skills of the collection are linked to, one of them further out."""
    write(tmp_path / "dotfiles", "skills/a/SKILL.md", SAYS.format("kept elsewhere"))
    (tmp_path / "dotfiles" / "skills" / "b").symlink_to(tmp_path / "secret")
    (folder / "skills").symlink_to(tmp_path / "dotfiles" / "skills")
    return tmp_path / "dotfiles"


def test_links_into_another_folder_are_followed_only_if_it_is_allowed(folder, dotfiles):
    refused = load(folder, "skills/a")
    allowed = load(folder, "skills/a", link_roots=[dotfiles])

    assert (refused["state"], refused["description"]) == ("outside", None)
    assert "the setting allow-links names folders that links may lead to" in refused["reason"]
    assert (allowed["state"], allowed["description"]) == ("read", "kept elsewhere")
    assert allowed["file"] == "skills/a/SKILL.md"


@pytest.mark.parametrize("root", ["dotfiles/skills/a", "dotfile", "dotfiles/skills/none", "secre"])
def test_a_link_beside_the_allowed_roots_is_not_followed(folder, dotfiles, root):
    found = load(folder, "skills/b", link_roots=[dotfiles.parent / root])

    assert (found["state"], found["description"]) == ("outside", None)


@pytest.mark.parametrize("path", ["skills/b", "skills/../../../../secret", "../../../secret"])
def test_a_link_out_of_an_allowed_root_is_not_followed(folder, dotfiles, path):
    found = load(folder, path, link_roots=[dotfiles])

    assert (found["state"], found["description"]) == ("outside", None)


def test_an_allowed_root_may_be_a_link_itself(folder, dotfiles, tmp_path):
    (tmp_path / "link").symlink_to(dotfiles)

    assert load(folder, "skills/a", link_roots=[tmp_path / "link"])["state"] == "read"
