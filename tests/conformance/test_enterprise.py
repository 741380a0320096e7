"""The tables of an enterprise database: the columns that are read are those of SkillMeat."""

import importlib
from pathlib import Path

import pytest
from enterprise_server import POLICIES

from skillmeat_audit.loaders.enterprise_tables import (
    ARTIFACTS,
    BLOBS,
    CATALOG_ENTRIES,
    CATALOG_SOURCES,
    COMPARED,
    VERSIONS,
)
from skillmeat_audit.model.fields import COLUMNS

enterprise = pytest.importorskip("skillmeat.cache.models_enterprise")

READ = {
    ARTIFACTS: "id tenant_id name type description source_url tags custom_fields is_active "
    "created_at updated_at core_content",
    VERSIONS: "tenant_id artifact_id created_at markdown_payload content_payload",
    BLOBS: "sha256_hash content",
    CATALOG_ENTRIES: "id tenant_id source_id artifact_type name path upstream_url description "
    "status confidence_score",
    CATALOG_SOURCES: "id tenant_id repo_url owner repo_name",
}


@pytest.mark.parametrize("table", READ)
def test_every_column_that_is_read_exists(table):
    columns = set(enterprise.EnterpriseBase.metadata.tables[table].columns.keys())

    assert set(READ[table].split()) <= columns


def test_what_is_said_to_have_no_column_has_none():
    columns = set(enterprise.EnterpriseBase.metadata.tables[ARTIFACTS].columns.keys())
    absent = [name for name in COLUMNS if name not in COMPARED]

    assert len(absent) == 8
    assert not columns & {*absent, *(name.removesuffix("_json") for name in absent)}


def test_the_tenant_is_set_as_skillmeat_sets_it():
    helpers = importlib.import_module("skillmeat.cache.migrations.rls_helpers")

    assert helpers.TENANT_GUC == "app.current_tenant_id"
    assert helpers.tenant_predicate() == POLICIES[1]


def test_nothing_stores_topics_with_a_catalogue_entry():
    """Topics are read at one place and written nowhere: tags are not compared with them."""
    package = Path(importlib.import_module("skillmeat").__file__).parent
    sources = {path: path.read_text("utf-8") for path in package.rglob("*.py")}
    naming = {path.name for path, text in sources.items() if "github_topics" in text}
    as_key = [
        line for text in sources.values() for line in text.splitlines() if '"github_topics"' in line
    ]
    columns = enterprise.EnterpriseBase.metadata.tables[CATALOG_ENTRIES].columns.keys()

    assert naming == {"enterprise_marketplace.py", "pack_ingestion.py"}
    assert [line.strip() for line in as_key] == [
        'github_topics = _meta.get("github_topics", []) or []'
    ]
    assert not [name for name in columns if "tag" in name or "topic" in name]
