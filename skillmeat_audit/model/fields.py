"""The catalogue of audited columns: how their values compare, and which layers hold them."""

from dataclasses import dataclass
from typing import Literal

from skillmeat_audit.model.findings import Evidence

Kind = Literal["text", "list", "exact"]

M, F, C = Evidence.MANIFEST, Evidence.FRONTMATTER, Evidence.CATALOG


@dataclass(frozen=True)
class Field:
    """One audited column of ``collection_artifacts``.

    ``kind`` says how two values compare (`diff.compare.differs`); ``layers`` names the layers that
    may hold the value, the most trusted first.
    """

    column: str
    kind: Kind
    layers: tuple[Evidence, ...]


FIELDS = (
    # docs/skillmeat.md#refresh copies the manifest over the row: so it comes first everywhere.
    # Origin and resolved version are in no other layer.
    Field("description", "text", (M, F, C)),
    # No front matter names a source; a catalogue entry has its address.
    Field("source", "exact", (M, C)),
    Field("origin", "exact", (M,)),
    Field("origin_source", "exact", (M, C)),
    Field("tags_json", "list", (M, F)),
    Field("author", "exact", (M, F)),
    Field("license", "exact", (M, F)),
    Field("tools_json", "list", (M, F)),
    Field("version", "exact", (M, F)),
    Field("resolved_sha", "exact", (M,)),
    Field("resolved_version", "exact", (M,)),
)
FIELD = {field.column: field for field in FIELDS}
COLUMNS = tuple(FIELD)
LIST_COLUMNS = tuple(field.column for field in FIELDS if field.kind == "list")

# When a row was last synchronised. The service writes it with every row, so a repair may consist of
# it alone: RUN_TIME is what a finding and a plan then name as the new value.
STAMP = "synced_at"
RUN_TIME = "now"

# What SkillMeat accepts as a tool name (its Tool enum, the same 18 in every release).
TOOLS = frozenset(
    """
    Read Write Edit MultiEdit Glob Grep NotebookEdit Bash KillShell AskUserQuestion TodoWrite
    WebFetch WebSearch Task TaskOutput Skill EnterPlanMode ExitPlanMode
    """.split()
)

# Suffixes that SkillMeat ignores on both sides when it looks an artifact up (since 2026-02-12).
SUFFIXES = (".md", ".txt", ".json", ".yaml", ".yml")


def stem_of(artifact_id: str) -> str:
    """Return *artifact_id* without one of the suffixes that SkillMeat ignores in a look-up."""
    if "." not in artifact_id:
        return artifact_id
    return next(
        (artifact_id.removesuffix(end) for end in SUFFIXES if artifact_id.endswith(end)),
        artifact_id,
    )


# SkillMeat's names of hosts in origin_source.
HOSTS = {"github.com": "github", "gitlab.com": "gitlab", "bitbucket.org": "bitbucket"}

# Origins that have no origin source.
HOSTLESS_ORIGINS = ("local", "github")

# Where SkillMeat's startup puts the artifacts of every file collection.
DEFAULT_COLLECTION = "default"

# The file that declares the artifacts of a file collection.
MANIFEST_NAME = "collection.toml"
MANIFEST_LIMIT_BYTES = 256 * 1024 * 1024  # a larger one is neither read nor written
