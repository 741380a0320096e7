-- The tables of SkillMeat's cache that matter here, keyed by artifact_uuid.

CREATE TABLE collections (
    id VARCHAR NOT NULL,
    name VARCHAR(255) NOT NULL,
    description TEXT,
    created_by VARCHAR,
    slug VARCHAR(255),
    collection_type VARCHAR,
    context_category VARCHAR,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    owner_id VARCHAR,
    owner_type VARCHAR,
    visibility VARCHAR,
    enforce_override BOOLEAN DEFAULT 'false' NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT check_collection_name_length CHECK (length(name) > 0 AND length(name) <= 255)
);

CREATE INDEX idx_collections_created_at ON collections (created_at);

CREATE INDEX idx_collections_created_by ON collections (created_by);

CREATE INDEX idx_collections_name ON collections (name);

CREATE INDEX idx_collections_type ON collections (collection_type);

CREATE UNIQUE INDEX ix_collections_slug_unique ON collections (slug);

CREATE TABLE projects (
    id VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    path VARCHAR NOT NULL,
    description TEXT,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    last_fetched DATETIME,
    status VARCHAR DEFAULT 'active' NOT NULL,
    error_message TEXT,
    deleted_at DATETIME,
    default_deployment_profile_ids JSON,
    owner_id VARCHAR,
    owner_type VARCHAR,
    visibility VARCHAR,
    PRIMARY KEY (id),
    CONSTRAINT check_project_status CHECK (status IN ('active', 'stale', 'error', 'deleted')),
    UNIQUE (path)
);

CREATE TABLE artifacts (
    id VARCHAR NOT NULL,
    uuid VARCHAR NOT NULL,
    project_id VARCHAR,
    name VARCHAR NOT NULL,
    type VARCHAR NOT NULL,
    source VARCHAR,
    deployed_version VARCHAR,
    upstream_version VARCHAR,
    is_outdated BOOLEAN DEFAULT '0' NOT NULL,
    local_modified BOOLEAN DEFAULT '0' NOT NULL,
    path_pattern TEXT,
    auto_load BOOLEAN DEFAULT '0' NOT NULL,
    category TEXT,
    content_hash TEXT,
    content TEXT,
    context_module_id VARCHAR,
    core_content TEXT,
    description TEXT,
    target_platforms JSON,
    overlay_config JSON,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    owner_id VARCHAR,
    owner_type VARCHAR,
    visibility VARCHAR,
    enforce_override BOOLEAN DEFAULT 'false' NOT NULL,
    latest_deployment_id VARCHAR,
    collection_tier VARCHAR,
    namespace VARCHAR,
    fqan VARCHAR,
    origin_uuid VARCHAR,
    origin_fqan VARCHAR,
    PRIMARY KEY (id),
    CONSTRAINT check_artifact_type CHECK (type IN ('skill', 'command', 'agent', 'mcp', 'mcp_server', 'hook', 'workflow', 'composite', 'project_config', 'spec_file', 'rule_file', 'context_file', 'progress_template', 'context_module', 'template', 'group', 'deployment_set', 'context_pack', 'bundle', 'reviewer_role', 'council', 'orchestration', 'soul')),
    CONSTRAINT check_artifacts_collection_tier CHECK (collection_tier IN ('marketplace', 'enterprise', 'team', 'dev', 'project') OR collection_tier IS NULL),
    CONSTRAINT check_artifacts_fqan_format CHECK (fqan LIKE '%://%/%@%' OR fqan IS NULL),
    FOREIGN KEY(project_id) REFERENCES projects (id) ON DELETE CASCADE
);

CREATE INDEX idx_artifacts_fqan ON artifacts (fqan) WHERE fqan IS NOT NULL;

CREATE UNIQUE INDEX idx_artifacts_project_tier_fqan_unique ON artifacts (project_id, namespace, name, type) WHERE collection_tier = 'project';

CREATE INDEX idx_artifacts_project_type ON artifacts (project_id, type);

CREATE UNIQUE INDEX idx_artifacts_upper_tier_fqan_unique ON artifacts (collection_tier, namespace, name, type) WHERE collection_tier IN ('enterprise', 'team', 'dev');

CREATE INDEX ix_artifacts_context_module_id ON artifacts (context_module_id);

CREATE UNIQUE INDEX ix_artifacts_uuid ON artifacts (uuid);

CREATE TABLE collection_artifacts (
    collection_id VARCHAR NOT NULL,
    artifact_uuid VARCHAR NOT NULL,
    added_at DATETIME NOT NULL,
    description TEXT,
    author VARCHAR,
    license VARCHAR,
    tags_json TEXT,
    tools_json TEXT,
    deployments_json TEXT,
    version VARCHAR,
    artifact_content_hash VARCHAR(64),
    artifact_structure_hash VARCHAR(64),
    artifact_file_count INTEGER DEFAULT '0' NOT NULL,
    artifact_total_size INTEGER DEFAULT '0' NOT NULL,
    source VARCHAR,
    origin VARCHAR,
    origin_source VARCHAR,
    resolved_sha VARCHAR(64),
    resolved_version VARCHAR,
    synced_at DATETIME,
    PRIMARY KEY (collection_id, artifact_uuid),
    FOREIGN KEY(collection_id) REFERENCES collections (id) ON DELETE CASCADE,
    FOREIGN KEY(artifact_uuid) REFERENCES artifacts (uuid) ON DELETE CASCADE
);

CREATE INDEX idx_collection_artifacts_added_at ON collection_artifacts (added_at);

CREATE INDEX idx_collection_artifacts_artifact_uuid ON collection_artifacts (artifact_uuid);

CREATE INDEX idx_collection_artifacts_collection_id ON collection_artifacts (collection_id);

CREATE TABLE marketplace_sources (
    id VARCHAR NOT NULL,
    source_type VARCHAR(32) DEFAULT 'github' NOT NULL,
    instance_base_url VARCHAR,
    instance_collection_id VARCHAR,
    instance_bearer_token TEXT,
    repo_url VARCHAR NOT NULL,
    owner VARCHAR NOT NULL,
    repo_name VARCHAR NOT NULL,
    ref VARCHAR DEFAULT 'main' NOT NULL,
    root_hint VARCHAR,
    description VARCHAR(500),
    notes VARCHAR(2000),
    repo_description VARCHAR(2000),
    repo_readme TEXT,
    tags TEXT,
    auto_tags TEXT,
    manual_map TEXT,
    access_token_id VARCHAR,
    trust_level VARCHAR DEFAULT 'basic' NOT NULL,
    visibility VARCHAR DEFAULT 'public' NOT NULL,
    enable_frontmatter_detection BOOLEAN DEFAULT 'false' NOT NULL,
    indexing_enabled BOOLEAN,
    path_tag_config TEXT,
    clone_target_json TEXT,
    deep_indexing_enabled BOOLEAN DEFAULT '0' NOT NULL,
    webhook_secret VARCHAR(64),
    last_webhook_event_at DATETIME,
    single_artifact_mode BOOLEAN DEFAULT 'false' NOT NULL,
    single_artifact_type VARCHAR(20),
    last_sync_at DATETIME,
    last_error TEXT,
    scan_status VARCHAR DEFAULT 'pending' NOT NULL,
    artifact_count INTEGER DEFAULT '0' NOT NULL,
    counts_by_type TEXT,
    latest_release_tag VARCHAR,
    latest_release_id BIGINT,
    latest_release_published_at DATETIME,
    latest_release_prerelease BOOLEAN,
    latest_release_url VARCHAR,
    latest_release_metadata_json TEXT,
    releases_etag VARCHAR,
    default_pin_policy VARCHAR(32),
    webhook_subscription_status VARCHAR(16) DEFAULT 'none',
    webhook_subscription_error TEXT,
    poll_interval_seconds INTEGER,
    sync_policy_json TEXT,
    ard_catalog_url VARCHAR(2048),
    ard_registry_url VARCHAR(2048),
    ard_trust_tier VARCHAR(32),
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT check_trust_level CHECK (trust_level IN ('untrusted', 'basic', 'verified', 'official')),
    CONSTRAINT check_visibility CHECK (visibility IN ('private', 'internal', 'public')),
    CONSTRAINT check_scan_status CHECK (scan_status IN ('pending', 'scanning', 'success', 'error')),
    UNIQUE (repo_url)
);

CREATE TABLE marketplace_catalog_entries (
    id VARCHAR NOT NULL,
    source_id VARCHAR NOT NULL,
    artifact_type VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    path VARCHAR NOT NULL,
    upstream_url VARCHAR NOT NULL,
    detected_version VARCHAR,
    detected_sha VARCHAR,
    detected_at DATETIME NOT NULL,
    confidence_score INTEGER NOT NULL,
    raw_score INTEGER,
    score_breakdown JSON,
    status VARCHAR DEFAULT 'new' NOT NULL,
    import_date DATETIME,
    import_id VARCHAR,
    excluded_at DATETIME,
    excluded_reason TEXT,
    path_segments TEXT,
    title VARCHAR(200),
    description TEXT,
    search_tags TEXT,
    search_text TEXT,
    deep_search_text TEXT,
    deep_indexed_at DATETIME,
    deep_index_files TEXT,
    search_vector TEXT,
    metadata_json TEXT,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT check_catalog_artifact_type CHECK (artifact_type IN ('skill', 'command', 'agent', 'mcp', 'mcp_server', 'hook', 'composite', 'project_config', 'spec_file', 'rule_file', 'context_file', 'progress_template', 'context_module', 'template', 'group', 'deployment_set', 'context_pack', 'bundle', 'reviewer_role', 'council', 'orchestration', 'soul')),
    CONSTRAINT check_catalog_status CHECK (status IN ('new', 'updated', 'removed', 'imported', 'excluded')),
    CONSTRAINT check_confidence_score CHECK (confidence_score >= 0 AND confidence_score <= 100),
    FOREIGN KEY(source_id) REFERENCES marketplace_sources (id) ON DELETE CASCADE
);

CREATE TABLE tags (
    id VARCHAR NOT NULL,
    name VARCHAR(100) NOT NULL,
    slug VARCHAR(100) NOT NULL,
    color VARCHAR(7),
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT check_tag_name_length CHECK (length(name) > 0 AND length(name) <= 100),
    CONSTRAINT check_tag_slug_length CHECK (length(slug) > 0 AND length(slug) <= 100),
    CONSTRAINT check_tag_color_format CHECK (color IS NULL OR (length(color) = 7 AND color LIKE '#%')),
    UNIQUE (name),
    UNIQUE (slug)
);

CREATE UNIQUE INDEX idx_tags_name ON tags (name);

CREATE UNIQUE INDEX idx_tags_slug ON tags (slug);

CREATE TABLE artifact_tags (
    artifact_uuid VARCHAR NOT NULL,
    tag_id VARCHAR NOT NULL,
    created_at DATETIME NOT NULL,
    PRIMARY KEY (artifact_uuid, tag_id),
    FOREIGN KEY(artifact_uuid) REFERENCES artifacts (uuid) ON DELETE CASCADE,
    FOREIGN KEY(tag_id) REFERENCES tags (id) ON DELETE CASCADE
);

CREATE INDEX idx_artifact_tags_artifact_uuid ON artifact_tags (artifact_uuid);

CREATE INDEX idx_artifact_tags_created_at ON artifact_tags (created_at);

CREATE INDEX idx_artifact_tags_tag_id ON artifact_tags (tag_id);

CREATE TABLE groups (
    id VARCHAR NOT NULL,
    collection_id VARCHAR NOT NULL,
    name VARCHAR(255) NOT NULL,
    description TEXT,
    tags_json TEXT DEFAULT '[]' NOT NULL,
    color VARCHAR(32) DEFAULT 'slate' NOT NULL,
    icon VARCHAR(32) DEFAULT 'layers' NOT NULL,
    position INTEGER DEFAULT '0' NOT NULL,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    owner_id VARCHAR,
    owner_type VARCHAR,
    visibility VARCHAR,
    artifact_uuid VARCHAR,
    PRIMARY KEY (id),
    CONSTRAINT uq_group_collection_name UNIQUE (collection_id, name),
    CONSTRAINT check_group_name_length CHECK (length(name) > 0 AND length(name) <= 255),
    CONSTRAINT check_group_position CHECK (position >= 0),
    FOREIGN KEY(collection_id) REFERENCES collections (id) ON DELETE CASCADE,
    UNIQUE (artifact_uuid),
    CONSTRAINT fk_groups_artifact_uuid FOREIGN KEY(artifact_uuid) REFERENCES artifacts (uuid) ON DELETE SET NULL
);

CREATE INDEX idx_groups_collection_id ON groups (collection_id);

CREATE INDEX idx_groups_collection_position ON groups (collection_id, position);

CREATE TABLE group_artifacts (
    group_id VARCHAR NOT NULL,
    artifact_uuid VARCHAR NOT NULL,
    position INTEGER DEFAULT '0' NOT NULL,
    added_at DATETIME NOT NULL,
    PRIMARY KEY (group_id, artifact_uuid),
    CONSTRAINT check_group_artifact_position CHECK (position >= 0),
    FOREIGN KEY(group_id) REFERENCES groups (id) ON DELETE CASCADE,
    FOREIGN KEY(artifact_uuid) REFERENCES artifacts (uuid) ON DELETE CASCADE
);

CREATE INDEX idx_group_artifacts_added_at ON group_artifacts (added_at);

CREATE INDEX idx_group_artifacts_artifact_uuid ON group_artifacts (artifact_uuid);

CREATE INDEX idx_group_artifacts_group_id ON group_artifacts (group_id);

CREATE INDEX idx_group_artifacts_group_position ON group_artifacts (group_id, position);

CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
