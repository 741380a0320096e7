"""The columns that the newest release of SkillMeat needs in the tables that an audit reads.

SkillMeat creates tables that are missing and never adds a column to one that exists: an older
database that it opens lacks these columns, and its pages answer error 500
(docs/skillmeat.md#half-migrated-schemas). Compared with the release itself by `make conformance`.
"""

from collections.abc import Mapping

NEWEST_RELEASE = "0.74.0"
# Every database that SkillMeat made has this table, from the first release on. One without it (a
# bundled sample) holds only what an audit reads, and is not meant to be opened by SkillMeat.
OWN_TABLE = "cache_metadata"

_COLUMNS = {
    "collection_artifacts": """
        collection_id artifact_uuid added_at description author license tags_json tools_json
        deployments_json version artifact_content_hash artifact_structure_hash
        artifact_file_count artifact_total_size source origin origin_source resolved_sha
        resolved_version synced_at
    """,
    "artifacts": """
        id uuid project_id name type source deployed_version upstream_version is_outdated
        local_modified path_pattern auto_load category content_hash content
        context_module_id core_content description target_platforms overlay_config
        created_at updated_at owner_id owner_type visibility enforce_override
        latest_deployment_id collection_tier namespace fqan origin_uuid origin_fqan
    """,
    "collections": """
        id name description created_by slug collection_type context_category created_at
        updated_at owner_id owner_type visibility enforce_override
    """,
    "marketplace_catalog_entries": """
        id source_id artifact_type name path upstream_url detected_version detected_sha
        detected_at confidence_score raw_score score_breakdown status import_date import_id
        excluded_at excluded_reason path_segments title description search_tags search_text
        deep_search_text deep_indexed_at deep_index_files search_vector metadata_json
        created_at updated_at
    """,
    "marketplace_sources": """
        id source_type instance_base_url instance_collection_id instance_bearer_token
        repo_url owner repo_name ref root_hint description notes repo_description
        repo_readme tags auto_tags manual_map access_token_id trust_level visibility
        enable_frontmatter_detection indexing_enabled path_tag_config clone_target_json
        deep_indexing_enabled webhook_secret last_webhook_event_at single_artifact_mode
        single_artifact_type last_sync_at last_error scan_status artifact_count
        counts_by_type latest_release_tag latest_release_id latest_release_published_at
        latest_release_prerelease latest_release_url latest_release_metadata_json
        releases_etag default_pin_policy webhook_subscription_status
        webhook_subscription_error poll_interval_seconds sync_policy_json ard_catalog_url
        ard_registry_url ard_trust_tier created_at updated_at
    """,
    "groups": """
        id collection_id name description tags_json color icon position created_at
        updated_at owner_id owner_type visibility artifact_uuid
    """,
    "group_artifacts": """
        group_id artifact_uuid position added_at
    """,
}
_NAMED = 3  # columns of a table that a finding names
NEWEST_COLUMNS = {table: tuple(names.split()) for table, names in _COLUMNS.items()}


def missing_columns(columns: Mapping[str, frozenset[str]]) -> list[str]:
    """Return in words which of *columns* (by table) the newest release misses."""
    lacking = {
        table: [name for name in NEWEST_COLUMNS[table] if name not in columns[table]]
        for table in NEWEST_COLUMNS
        if table in columns
    }
    return [f"{table} lacks {_first(names)}" for table, names in lacking.items() if names]


def _first(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
