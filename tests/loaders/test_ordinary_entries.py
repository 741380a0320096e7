import pytest

from skillmeat_audit.loaders.manifest_columns import as_in_rows, columns_of
from skillmeat_audit.loaders.mistyped import value_faults
from skillmeat_audit.loaders.ordinary_entries import is_ordinary
from skillmeat_audit.loaders.refusals import entry_refusal

METADATA = {
    "title": "Alpha", "description": "Does alpha", "author": "Jane", "license": "MIT",
    "version": "1.0", "tags": ["a"], "tools": ["Read"], "dependencies": ["beta"],
}  # fmt: skip
ENTRY = {
    "name": "alpha", "type": "skill", "path": "skills/alpha", "origin": "marketplace",
    "origin_source": "github", "added": "2026-03-01T08:00:00", "tags": ["b"],
    "upstream": "https://github.com/acme/kit", "version_spec": "latest", "uuid": "u1",
    "import_id": "i1", "resolved_sha": "abc", "resolved_version": "1.0",
    "last_updated": "2026-03-02T08:00:00", "metadata": METADATA,
}  # fmt: skip
ODD = (
    "", "x", "a/b", "..", ".a", "local", "github", 5, 1.5, True, [], ["a"], [1], [["a"]], {},
    {"a": 1},
)  # fmt: skip
KEYS = (*ENTRY, "discovered_at", "target_platforms", "other")
METADATA_KEYS = (*METADATA, "model", "linked_artifacts", "effort", "aos_run_uuid", "other")
VARIANTS = (
    *(({**ENTRY, key: value}, key, value) for key in KEYS for value in ODD),
    *(
        ({**ENTRY, "metadata": {**METADATA, key: value}}, f"metadata.{key}", value)
        for key in METADATA_KEYS
        for value in ODD
    ),
    *(({k: v for k, v in ENTRY.items() if k != key}, key, "absent") for key in ENTRY),
    ({"metadata": METADATA}, "all", "absent"),
    (5, "all", 5),
)


def test_an_entry_with_all_the_usual_values_is_ordinary():
    assert is_ordinary(ENTRY)


@pytest.mark.parametrize("key", ["tags", "upstream", "metadata", "origin_source", "last_updated"])
def test_a_key_that_may_be_absent_leaves_an_entry_ordinary(key):
    assert is_ordinary({name: value for name, value in ENTRY.items() if name != key})


def test_what_is_ordinary_is_accepted_and_has_the_types_of_a_row():
    ordinary = [(entry, key, value) for entry, key, value in VARIANTS if is_ordinary(entry)]

    assert len(ordinary) > len(VARIANTS) / 10
    for entry, *change in ordinary:
        assert entry_refusal(entry) is None, change
        assert list(value_faults(entry)) == [], change
        assert columns_of({0: entry}) == columns_of({0: as_in_rows(entry)}), change
