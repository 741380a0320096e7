"""The names under which codes, ids and eras are shown to a person."""

from collections.abc import Mapping
from dataclasses import dataclass, field

ERAS = {
    "artifact_id": "cache format of SkillMeat before 0.9.0",
    "artifact_uuid": "cache format of SkillMeat 0.9.0 and later",
    "enterprise": "SkillMeat enterprise",
}
# Layers as people write them; the ids are in findings and JSON.
_LAYERS = {"frontmatter": "front matter", "catalog": "catalogue"}
HOME_LABEL = "the home"  # in the place of an artifact: findings on no artifact


def layer_name(evidence: object) -> str:
    """Return the name of the layer that *evidence* is."""
    return _LAYERS.get(str(evidence), str(evidence))


@dataclass(frozen=True)
class Names:
    """Titles of rules by code, names of DB collections by id, titles of writers by their id."""

    titles: Mapping[str, str]
    collections: Mapping[str, str]
    writers: Mapping[str, str] = field(default_factory=dict)

    def collection(self, collection_id: object) -> str:
        """Return the name of a collection, with its id where several have the same name."""
        name = self.collections.get(str(collection_id)) or str(collection_id)
        # 0.9.0 to 0.45 made a second "Default Collection":
        # docs/skillmeat.md#two-default-collections.
        ambiguous = list(self.collections.values()).count(name) > 1
        return f"{name} ({collection_id})" if ambiguous else name

    def writer(self, writer: object, confidence: object = None) -> str:
        """Return the title of a writer, with its id and the *confidence* in brackets."""
        title = self.writers.get(str(writer), str(writer))
        notes = [] if title.endswith(str(writer)) else [str(writer)]
        notes += [] if confidence is None else [str(confidence)]
        return f"{title} ({', '.join(dict.fromkeys(notes))})" if notes else title
