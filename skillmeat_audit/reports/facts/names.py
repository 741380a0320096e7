"""What codes and ids are called when they are shown to a person."""

from collections.abc import Mapping
from dataclasses import dataclass

ERAS = {
    "artifact_id": "keyed by artifact_id (schema before 2026-02-19)",
    "artifact_uuid": "keyed by artifact_uuid (schema since 2026-02-19)",
}


@dataclass(frozen=True)
class Names:
    """What codes and ids are called: titles of rules, names of DB collections."""

    titles: Mapping[str, str]
    collections: Mapping[str, str]

    def collection(self, collection_id: object) -> str:
        """Return the name of a collection, with its id where others have the same name."""
        name = self.collections.get(str(collection_id)) or str(collection_id)
        alike = list(self.collections.values()).count(name) > 1
        return f"{name} ({collection_id})" if alike else name
