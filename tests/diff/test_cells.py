"""Which cells are listed, against a cell by cell definition of it in plain Python."""

import json

from builders import entry, row, snapshot
from hypothesis import given, settings
from hypothesis import strategies as st

from skillmeat_audit.diff.comparison import compare
from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.fields import FIELD

TEXTS = (None, "", " \n", "one", "one\r\ntwo", "one\ntwo \n", "é", "\u00a0")
LISTS = (None, "", "[]", "null", '["a", "b"]', '["b","a"]', '["a"]', "no JSON")
VALUES = {"description": TEXTS, "tags_json": LISTS, "license": TEXTS, "resolved_sha": TEXTS}
LAYERS = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in VALUES.items()})
CHECKED = ("row", "column", "status", "expected", "actual", "evidence", "disposition")


def comparable(column, value):
    """Return *value* as it compares, None for an absent one."""
    if value and FIELD[column].kind == "text":
        value = value.replace("\r\n", "\n").rstrip()
    if value and FIELD[column].kind == "list" and value != "no JSON":
        value = sorted(json.loads(value) or ())
    return value or None


def wrong_cells(number, declared, written, held):
    """Yield the wrong cells of one artifact, as `CHECKED` lists their columns."""
    for column in VALUES:
        layers = {"manifest": declared[column]}
        if len(FIELD[column].layers) > 1:
            layers["frontmatter"] = written[column]
        believed = [layer for layer in layers if comparable(column, layers[layer]) is not None]
        evidence = believed[0] if believed else None
        expected, actual = layers.get(evidence), held[column]
        is_blank = comparable(column, actual) is None
        if comparable(column, expected) != comparable(column, actual):
            status = "missing" if is_blank else "differs" if believed else "extra"
            disposition = "fill" if is_blank else "review" if believed else "none"
            disposition = "safe" if evidence == "manifest" else disposition
            yield number, column, status, expected, actual, evidence, disposition


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(LAYERS, LAYERS, LAYERS), max_size=6), st.randoms())
def test_exactly_the_wrong_cells_are_listed(artifacts, random):
    ids = [f"skill:{number}" for number in range(len(artifacts))]
    layers = dict(zip(ids, artifacts, strict=True))
    entries = [entry(name, **declared) for name, (declared, _, _) in layers.items()]
    random.shuffle(entries)
    rows = [row(name, origin="local", **held) for name, (_, _, held) in layers.items()]
    files = {name: written for name, (_, written, _) in layers.items()}

    cells = records(compare(snapshot(entries, rows, written=files)).cells)

    assert [tuple(cell[column] for column in CHECKED) for cell in cells] == [
        cell for number, each in enumerate(artifacts) for cell in wrong_cells(number, *each)
    ]


def test_cells_belong_to_their_row_where_another_has_no_entry():
    rows = [row("skill:a", origin="local"), row("skill:b", origin="local", author="Joe")]

    cells = records(compare(snapshot([entry("skill:b", author="Jane")], rows)).cells)

    assert [(cell["row"], cell["artifact_id"], cell["actual"]) for cell in cells] == [
        (1, "skill:b", "Joe")
    ]
