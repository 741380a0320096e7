"""Facts about SkillMeat are in docs/skillmeat.md, and what cites them finds them there."""

import re
from pathlib import Path

from skillmeat_audit.diff.rules import RULES

PROJECT = Path(__file__).parents[2]
FACTS = PROJECT / "docs" / "skillmeat.md"
LINK = re.compile(r"docs/skillmeat\.md(?:#([a-z0-9-]*))?")


def sources():
    folders = ("skillmeat_audit", "docs")
    files = [path for folder in folders for path in sorted((PROJECT / folder).rglob("*.*"))]
    return {
        str(path.relative_to(PROJECT)): path.read_text(encoding="utf-8")
        for path in files
        if path.suffix in {".py", ".md"}
    }


def anchors():
    """Return the anchors of the headings, as code hosts make them."""
    titles = re.findall(r"^#+ (.+)$", FACTS.read_text(encoding="utf-8"), re.MULTILINE)
    return [re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in titles]


def test_headings_have_anchors_of_their_own():
    assert len(set(anchors())) == len(anchors())


def test_every_link_to_the_facts_resolves():
    links = {(name, link) for name, text in sources().items() for link in LINK.findall(text)}
    links |= {(rule.code, link) for rule in RULES for link in LINK.findall(rule.page)}
    inner = re.findall(r"\]\(#([^)]+)\)", FACTS.read_text(encoding="utf-8"))

    assert len(links) > len(RULES) // 2
    assert [(name, link) for name, link in sorted(links) if link not in {"", *anchors()}] == []
    assert set(inner) <= set(anchors())


def test_nothing_cites_sections_of_other_notes():
    assert [name for name, text in sources().items() if "\N{SECTION SIGN}" in text] == []
