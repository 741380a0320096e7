"""The nouns of a manifest's repair: one edit per key, and the edits of one file."""

from typing import Literal, TypeAlias

import msgspec

from skillmeat_audit.model.findings import Evidence

# The key that stands for an entry as a whole.
WHOLE_ENTRY = ""


class OtherToml(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A TOML value that is neither text nor a list of texts, in TOML's own words: ``1.10``."""

    toml: str


TomlValue: TypeAlias = str | list[str] | OtherToml | None


class ManifestEdit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One key of one manifest entry to be corrected.

    ``key`` is a dotted path below the entry (``metadata.description``), empty for the entry itself:
    then ``after`` is None and the entry, of which the manifest holds an equal one, is dropped.
    ``before`` is the precondition; None means that there is no such key.
    """

    artifact_id: str
    key: str
    before: TomlValue
    after: TomlValue
    rules: list[str]
    evidence: Evidence | None
    disposition: Literal["safe", "fill", "review"]


class ManifestChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The edits of the manifest of one file collection.

    ``path`` is the manifest's path below the home; ``sha256`` that of the content planned for.
    """

    file_collection: str
    path: str
    sha256: str
    edits: list[ManifestEdit]
