"""Homes with two manifests to be repaired: the planned one, and a collection beside it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import msgspec
from conftest import dump

from skillmeat_audit.api import repair
from skillmeat_audit.base.toml import parse_toml
from skillmeat_audit.model.manifest_edits import (
    WHOLE_ENTRY,
    ManifestChanges,
    ManifestEdit,
    OtherToml,
)
from skillmeat_audit.repair.plan import encode_plan
from skillmeat_audit.repair.toml_edits import entries_of

TEAM = (
    """\
# the team's, CRLF and an emoji
[[artifacts]]
name = "deploy"
type = "skill"
metadata = { author = { name = "\U0001f3a7", since = 2026-01-02 }, odd = [1, [2]] }

[[groups]]
name = "between"

[[artifacts]]  # twice
name = "twice"
type = "skill"

[[artifacts]]  # twice
name = "twice"
type = "skill"
""".replace("\n", "\r\n")
    .rstrip()
    .encode()
)


@dataclass(frozen=True)
class TwoManifests:
    """A home, its plan of rows and two manifests, and where runs leave their traces."""

    home: Path
    file: Path
    state: Path

    @property
    def database(self):
        return self.home / "cache" / "cache.db"

    @property
    def manifests(self):
        return [self.home / "collections" / n / "collection.toml" for n in ("default", "team")]

    @property
    def options(self):
        return repair.Options(self.state)

    @property
    def plan(self):
        return repair.Plan.load(self.file)

    def contents(self):
        """The bytes of both manifests."""
        return [path.read_bytes() for path in self.manifests]

    def everything(self):
        """The bytes of both manifests, and all rows."""
        return self.contents(), dump(self.database)

    def apply(self):
        return repair.apply(self.plan, options=self.options, recheck=False).outcome

    def undo(self, **named):
        return repair.undo(self.home, options=self.options, **named).outcome

    def runs(self):
        return repair.runs(self.home, options=self.options)

    def save(self, **fields):
        """Replace *fields* of the plan."""
        self.file.write_bytes(encode_plan(msgspec.structs.replace(self.plan.document, **fields)))


def two_manifests(planned, era="artifact_id"):
    """Return the planned home with a collection of its own beside it, in the plan as well."""
    base = planned(era)
    case = TwoManifests(base.home, base.file, base.state)
    team = case.manifests[1]
    team.parent.mkdir()
    team.write_bytes(TEAM)
    edits = [
        ManifestEdit(
            "skill:deploy",
            "metadata.author",
            OtherToml('{"name" = "\U0001f3a7", "since" = 2026-01-02}'),
            "Ada",
            ["L004"],
            "manifest",
            "safe",
        ),
        ManifestEdit("skill:twice", WHOLE_ENTRY, None, None, ["K003"], "manifest", "safe"),
    ]
    changes = ManifestChanges(
        "team", "collections/team/collection.toml", hashlib.sha256(TEAM).hexdigest(), edits
    )
    case.save(manifests=[*case.plan.document.manifests, changes])
    return case


def entry_of(path, name):
    """Return the entry of *name* in the manifest at *path*."""
    return entry_in(path.read_bytes(), name)


def entry_in(content, name):
    """Return the entry of *name* in a manifest."""
    return next(e for e in entries_of(parse_toml(content.decode())) if e["name"] == name)
