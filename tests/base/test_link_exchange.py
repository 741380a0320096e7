"""Links that another process swaps in while a home is read: nothing outside is ever read.

Half a second for each set of links; ``LINK_EXCHANGE_SECONDS=10`` raises it.
"""

import os
import subprocess
import sys
import time

import pytest

from skillmeat_audit.loaders.disk import load_undeclared
from skillmeat_audit.loaders.frontmatter import load_frontmatter
from skillmeat_audit.loaders.manifests import load_manifests
from skillmeat_audit.model.home import Home

SECONDS = float(os.environ.get("LINK_EXCHANGE_SECONDS", "0.5"))
LEAST_LOADS = 3  # on a machine that is busy
HEAD = (
    '[collection]\nname = "default"\nversion = "1"\n'
    'created = "2026-01-01T00:00:00"\nupdated = "2026-01-01T00:00:00"\n'
)
ENTRY = (
    '[[artifacts]]\nname = "{0}"\ntype = "{1}"\npath = "{2}"\norigin = "local"\n'
    'added = "2026-01-01T00:00:00"\n[artifacts.metadata]\ndescription = "{3}"\n'
)
ARTIFACTS = 60  # of each type: all are located before the first of them is read
FILES = {"skill": "/SKILL.md", "agent": "/AGENT.md", "command": ""}
# Swaps each of the paths in turn for a link to the same path outside, and back, without an end.
EXCHANGE = """
import os, sys
inside, outside, *paths = sys.argv[1:]
print("swapping", flush=True)
while True:
    for path in paths:
        here, aside, link = (os.path.join(inside, path + end) for end in ("", ".aside", ".link"))
        os.symlink(os.path.join(outside, path), link)
        os.rename(here, aside)
        os.rename(link, here)
        os.rename(here, link)
        os.rename(aside, here)
        os.unlink(link)
"""


def fill(folder, text):
    """Write a collection whose manifest, files and stray files all hold *text*."""
    entries = ""
    for kind, end in FILES.items():
        for name in ("alpha", *(f"a{number}" for number in range(ARTIFACTS))):
            path = f"{kind}s/{name}{'.md' if kind == 'command' else ''}"
            entries += ENTRY.format(name, kind, path, text)
            file = folder / f"{path}{end}"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"---\ndescription: {text}\n---\n")
    (folder / "collection.toml").write_text(HEAD + entries)
    (folder / "skills" / text).mkdir()


@pytest.mark.parametrize("path", ["skills", "skills/a1", "skills/a1/SKILL.md", "agents/a1"])
def test_a_link_swapped_in_between_resolving_and_opening_is_not_followed(tmp_path, path):
    inside, outside = tmp_path / "home" / "collections" / "default", tmp_path / "outside"
    fill(inside, "inside")
    fill(outside, "secret")
    home = Home(tmp_path / "home", None, "default")

    def swapped(tasks):
        (inside / path).rename(inside / "aside")
        (inside / path).symlink_to(outside / path)
        return tasks

    found = load_frontmatter(home, load_manifests(home).entries, track=swapped)

    assert "inside" in set(found["description"].dropna())
    assert "secret" not in set(found["description"].dropna())
    assert set(found["state"]) & {"unreadable", "outside"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "paths",
    [
        ["skills/alpha/SKILL.md", "skills/alpha", "skills", "commands", "commands/alpha.md"],
        ["agents", "agents/alpha", "agents/alpha/AGENT.md"],
        ["collection.toml", "skills"],
        ["."],
    ],
    ids=["plain files", "a folder that is listed", "manifest and listing", "the collection"],
)
def test_nothing_outside_is_read_while_links_are_swapped_in(tmp_path, paths):
    inside, outside = tmp_path / "home" / "collections" / "default", tmp_path / "outside"
    fill(inside, "inside")
    outside /= "default"
    fill(outside, "secret")
    home = Home(tmp_path / "home", None, "default")
    entries = load_manifests(home).entries
    told, loads = {"inside": 0, "secret": 0}, 0
    roots = [str(inside), str(outside)]
    if paths == ["."]:  # the folder itself, seen from the one that it is in
        roots, paths = [str(inside.parent), str(outside.parent)], ["default"]
    command = [sys.executable, "-c", EXCHANGE, *roots, *paths]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as exchange:
        assert exchange.stdout.readline() == b"swapping\n"
        try:
            until = time.monotonic() + SECONDS
            while time.monotonic() < until or loads < LEAST_LOADS:
                manifests = load_manifests(home)
                frames = (
                    manifests.entries,
                    manifests.problems,
                    load_frontmatter(home, entries),
                    load_undeclared(home, entries),
                )
                text = "".join(frame.to_csv() for frame in frames)
                told = {word: count + (word in text) for word, count in told.items()}
                loads += 1
        finally:
            ended = exchange.poll()
            exchange.kill()

    assert ended is None
    assert told["inside"] > 0
    assert told["secret"] == 0, f"in {told['secret']} of {loads} loads"
