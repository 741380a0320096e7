"""What is known of SkillMeat (``docs/skillmeat.md``), section by section, for pages of rules."""

import re
from functools import cache

from skillmeat_audit.base.bundled import bundled_folder

# See docs/skillmeat.md#refresh and docs/skillmeat.md#releases.
_REFERENCE = re.compile(r"docs/skillmeat\.md#([a-z0-9-]+)")
# ### Blank after batch import … its first paragraph
_SECTION = re.compile(r"^##+ (.+)\n\n(?!#)(.+(?:\n.+)*)", re.MULTILINE)
_LINK = re.compile(r"\[([^]]+)\]\([^)]+\)")


def facts_in(text: str) -> list[tuple[str, str]]:
    """Return title and first paragraph of the sections that *text* refers to, as plain text."""
    facts = _facts()
    return [facts[anchor] for anchor in _REFERENCE.findall(text) if anchor in facts]


@cache
def _facts() -> dict[str, tuple[str, str]]:
    text = (bundled_folder("docs") / "skillmeat.md").read_text(encoding="utf-8")
    return {
        title.lower().replace(" ", "-"): (title, _plain(paragraph))
        for title, paragraph in _SECTION.findall(text)
    }


def _plain(paragraph: str) -> str:
    return re.sub("[`*]", "", _LINK.sub(r"\1", paragraph))
