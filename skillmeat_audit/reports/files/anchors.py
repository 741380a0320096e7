"""The anchors of a page: one per artifact, at the first place that is about it."""

import re
from collections.abc import Iterable


class Anchors:
    """Gives each of *artifacts* an id that is unique on the page and the same each time."""

    def __init__(self, artifacts: Iterable[str]) -> None:
        self._ids: dict[str, str] = {}
        for artifact in artifacts:
            # skill:a b → artifact-skill-a-b
            name = "artifact-" + re.sub(r"[^A-Za-z0-9._]+", "-", artifact).strip("-")
            if artifact not in self._ids:
                taken = name in self._ids.values()
                self._ids[artifact] = f"{name}-{len(self._ids)}" if taken else name
        self._unused = set(self._ids)

    def link(self, artifact: str) -> str:
        """Return the address of *artifact* on the page, empty where nothing is about it."""
        return f"#{self._ids[artifact]}" if artifact in self._ids else ""

    def take(self, artifact: str) -> str:
        """Return the id of *artifact* for the element that is about it, once."""
        if artifact not in self._unused:
            return ""
        self._unused.remove(artifact)
        return self._ids[artifact]
