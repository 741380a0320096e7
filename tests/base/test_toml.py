import random

import pytest

from skillmeat_audit.base import toml
from skillmeat_audit.base.toml import parse_in_parts, parse_toml

HEAD = '[collection]\nname = "c"\n\n'
ENTRY = (
    '[[artifacts]]\nname = "a"\ntags = [\n    "x",\n    "y",\n]\n\n[artifacts.metadata]\nv = 1\n\n'
)
TAIL = '[[groups]]\nname = "g"\n\n[[tag_definitions]]\nslug = "s"\n'
WHOLE = HEAD + ENTRY * 7 + TAIL

# Lines that a part may begin or end in the middle of, and that close, open or repeat tables.
LINES = (
    "[[artifacts]]", "[artifacts]", "[artifacts.metadata]", "[artifacts.other]", "artifacts = []",
    "[[artifacts.metadata.x]]", "[[groups]]", "[groups]", "[collection]", "[collection.more]",
    "name = 1", "x = [", "]", "]]", '"""', "'''", 'x = """', "x = '''", 'x = "', '"',
    "# [[artifacts]]",
    "[[artifacts]] # x", " [[artifacts]]", "x = { a = 1 }", "x = {", "}", "a.b = 1", "\\", "", "\r",
)  # fmt: skip


def joined(text):
    """Return the parts of the document in *text* joined, None if it is not parsed in parts."""
    document = {}
    try:
        for part in parse_in_parts(text, "artifacts"):
            tables = part.get("artifacts")
            if isinstance(tables, list) and isinstance(document.get("artifacts"), list):
                part["artifacts"] = document["artifacts"] + tables
            document |= part
    except ValueError:
        return None
    return document


def parsed(text):
    try:
        return parse_toml(text)
    except ValueError:
        return None


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    monkeypatch.setattr(toml, "_TABLES_PER_PART", 2)


def test_the_parts_of_a_document_have_some_of_its_tables_each():
    parts = list(parse_in_parts(WHOLE, "artifacts"))

    assert [len(part["artifacts"]) for part in parts] == [2, 2, 2, 1]
    assert joined(WHOLE) == parse_toml(WHOLE)


@pytest.mark.parametrize(
    "text",
    [
        WHOLE.replace("\n", "\r\n"),
        WHOLE.replace('"c"', '"""\n[[artifacts]]\n"""'),
        WHOLE.replace('"s"', "'''\n[[artifacts]]\n'''"),
        HEAD + "artifacts = []\n",
        HEAD,
        "",
    ],
)
def test_another_document_is_one_part(text):
    assert list(parse_in_parts(text, "artifacts")) == [parse_toml(text)]


@pytest.mark.parametrize(
    "text",
    [
        WHOLE + "[collection]\n",
        WHOLE + "[artifacts]\n",
        WHOLE + "x = [",
        "artifacts = []\n" + WHOLE,
    ],
)
def test_a_document_that_is_wrong_as_a_whole_is_not_parsed_in_parts(text):
    assert joined(text) is parsed(text) is None


def test_random_documents_are_parsed_in_parts_as_they_are_in_whole():
    chance, answered = random.Random(1), 0
    for _ in range(2000):
        lines = WHOLE.split("\n")
        for _ in range(chance.choice((1, 1, 2, 3))):
            at = chance.randrange(len(lines))
            lines[at : at + chance.randrange(3)] = [chance.choice(LINES)]
        text = "\n".join(lines)
        document = joined(text)
        if document is not None:
            answered += 1
            assert document == parsed(text), text

    assert answered > 200
