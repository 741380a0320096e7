-- The tables of SkillMeat's cache that matter here, keyed by artifact_id.

CREATE TABLE collections (
    id TEXT NOT NULL,
    name VARCHAR(255) NOT NULL,
    description TEXT,
    created_by TEXT,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL, collection_type VARCHAR, context_category VARCHAR,
    PRIMARY KEY (id),
    CONSTRAINT check_collection_name_length CHECK (length(name) > 0 AND length(name) <= 255)
);

CREATE INDEX idx_collections_created_at ON collections (created_at);

CREATE INDEX idx_collections_created_by ON collections (created_by);

CREATE INDEX idx_collections_name ON collections (name);

CREATE INDEX idx_collections_type ON collections (collection_type);

CREATE TABLE projects (
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    description TEXT,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL,
    last_fetched TIMESTAMP,
    status TEXT DEFAULT 'active',
    error_message TEXT,
    PRIMARY KEY (id),
    UNIQUE (path),
    CONSTRAINT check_projects_status CHECK (status IN ('active', 'stale', 'error'))
);

CREATE INDEX idx_projects_last_fetched ON projects (last_fetched);

CREATE INDEX idx_projects_status ON projects (status);

CREATE TABLE artifacts (
            id VARCHAR NOT NULL,
            project_id VARCHAR NOT NULL,
            name VARCHAR NOT NULL,
            type VARCHAR NOT NULL,
            source VARCHAR,
            deployed_version VARCHAR,
            upstream_version VARCHAR,
            is_outdated BOOLEAN DEFAULT '0' NOT NULL,
            local_modified BOOLEAN DEFAULT '0' NOT NULL,
            created_at DATETIME NOT NULL,
            updated_at DATETIME NOT NULL,
            path_pattern TEXT,
            auto_load BOOLEAN DEFAULT '0' NOT NULL,
            category TEXT,
            content_hash TEXT, content TEXT, description TEXT, target_platforms JSON,
            PRIMARY KEY (id),
            CONSTRAINT check_artifact_type CHECK (
                type IN ('skill', 'command', 'agent', 'mcp_server', 'hook',
                         'project_config', 'spec_file', 'rule_file', 'context_file', 'progress_template')
            ),
            FOREIGN KEY(project_id) REFERENCES projects (id) ON DELETE CASCADE
        );

CREATE INDEX idx_artifacts_is_outdated ON artifacts (is_outdated);

CREATE INDEX idx_artifacts_outdated_type ON artifacts (is_outdated, type);

CREATE INDEX idx_artifacts_project_id ON artifacts (project_id);

CREATE INDEX idx_artifacts_project_type ON artifacts (project_id, type);

CREATE INDEX idx_artifacts_type ON artifacts (type);

CREATE INDEX idx_artifacts_updated_at ON artifacts (updated_at);

CREATE TABLE collection_artifacts (
    collection_id TEXT NOT NULL,
    artifact_id TEXT NOT NULL,
    added_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL, description TEXT, author VARCHAR, license VARCHAR, tags_json TEXT, version VARCHAR, source VARCHAR, origin VARCHAR, origin_source VARCHAR, resolved_sha VARCHAR(64), resolved_version VARCHAR, synced_at DATETIME, tools_json TEXT, deployments_json TEXT,
    PRIMARY KEY (collection_id, artifact_id),
    CONSTRAINT fk_collection_artifacts_collection_id FOREIGN KEY(collection_id) REFERENCES collections (id) ON DELETE CASCADE
);

CREATE INDEX idx_collection_artifacts_added_at ON collection_artifacts (added_at);

CREATE INDEX idx_collection_artifacts_artifact_id ON collection_artifacts (artifact_id);

CREATE INDEX idx_collection_artifacts_collection_id ON collection_artifacts (collection_id);

CREATE INDEX idx_collection_artifacts_synced_at ON collection_artifacts (synced_at);

CREATE INDEX idx_collection_artifacts_tools_json ON collection_artifacts (tools_json);

CREATE TABLE marketplace_sources (
    id VARCHAR NOT NULL,
    repo_url VARCHAR NOT NULL,
    owner VARCHAR NOT NULL,
    repo_name VARCHAR NOT NULL,
    ref VARCHAR DEFAULT 'main' NOT NULL,
    root_hint VARCHAR,
    manual_map TEXT,
    access_token_id VARCHAR,
    trust_level VARCHAR DEFAULT 'basic' NOT NULL,
    visibility VARCHAR DEFAULT 'public' NOT NULL,
    last_sync_at DATETIME,
    last_error TEXT,
    scan_status VARCHAR DEFAULT 'pending' NOT NULL,
    artifact_count INTEGER DEFAULT '0' NOT NULL,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL, description VARCHAR(500), notes VARCHAR(2000), enable_frontmatter_detection BOOLEAN DEFAULT 'false' NOT NULL, path_tag_config TEXT, repo_description VARCHAR(2000), repo_readme TEXT, tags TEXT, counts_by_type TEXT, single_artifact_mode BOOLEAN DEFAULT 'false' NOT NULL, single_artifact_type VARCHAR(20), auto_tags TEXT, indexing_enabled BOOLEAN, clone_target_json TEXT, deep_indexing_enabled BOOLEAN DEFAULT '0' NOT NULL, webhook_secret VARCHAR(64), last_webhook_event_at DATETIME,
    PRIMARY KEY (id),
    CONSTRAINT check_trust_level CHECK (trust_level IN ('untrusted', 'basic', 'verified', 'official')),
    CONSTRAINT check_visibility CHECK (visibility IN ('private', 'internal', 'public')),
    CONSTRAINT check_scan_status CHECK (scan_status IN ('pending', 'scanning', 'success', 'error')),
    UNIQUE (repo_url)
);

CREATE TABLE "marketplace_catalog_entries" (
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
    status VARCHAR DEFAULT 'new' NOT NULL,
    import_date DATETIME,
    import_id VARCHAR,
    metadata_json TEXT,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    raw_score INTEGER,
    score_breakdown JSON,
    excluded_at DATETIME,
    excluded_reason TEXT,
    path_segments TEXT, tools TEXT DEFAULT '[]', linked_artifacts TEXT DEFAULT '[]', title VARCHAR(200), description TEXT, search_tags TEXT, search_text TEXT, deep_search_text TEXT, deep_indexed_at DATETIME, deep_index_files TEXT,
    PRIMARY KEY (id),
    CONSTRAINT check_catalog_status CHECK (status IN ('new', 'updated', 'removed', 'imported', 'excluded')),
    CONSTRAINT check_confidence_score CHECK (confidence_score >= 0 AND confidence_score <= 100),
    CONSTRAINT check_catalog_artifact_type CHECK (artifact_type IN ('skill', 'command', 'agent', 'mcp', 'mcp_server', 'hook', 'project_config', 'spec_file', 'rule_file', 'context_file', 'progress_template')),
    FOREIGN KEY(source_id) REFERENCES marketplace_sources (id) ON DELETE CASCADE
);

CREATE INDEX idx_catalog_entries_tools ON marketplace_catalog_entries (tools);

CREATE INDEX idx_catalog_search_confidence ON marketplace_catalog_entries (confidence_score);

CREATE INDEX idx_catalog_search_name ON marketplace_catalog_entries (name);

CREATE INDEX idx_catalog_search_type_status ON marketplace_catalog_entries (artifact_type, status);

CREATE TABLE tags (
    id TEXT NOT NULL,
    name TEXT(100) NOT NULL,
    slug TEXT(100) NOT NULL,
    color TEXT(7),
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT check_tag_name_length CHECK (length(name) > 0 AND length(name) <= 100),
    CONSTRAINT check_tag_slug_length CHECK (length(slug) > 0 AND length(slug) <= 100),
    CONSTRAINT check_tag_color_format CHECK (color IS NULL OR (length(color) = 7 AND color LIKE '#%'))
);

CREATE UNIQUE INDEX idx_tags_name ON tags (name);

CREATE UNIQUE INDEX idx_tags_slug ON tags (slug);

CREATE TABLE artifact_tags (
                artifact_id VARCHAR NOT NULL,
                tag_id VARCHAR NOT NULL,
                created_at DATETIME NOT NULL,
                PRIMARY KEY (artifact_id, tag_id),
                FOREIGN KEY(tag_id) REFERENCES tags (id) ON DELETE CASCADE
            );

CREATE TABLE groups (
    id TEXT NOT NULL,
    collection_id TEXT NOT NULL,
    name VARCHAR(255) NOT NULL,
    description TEXT,
    position INTEGER DEFAULT '0' NOT NULL,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT fk_groups_collection_id FOREIGN KEY(collection_id) REFERENCES collections (id) ON DELETE CASCADE,
    CONSTRAINT uq_group_collection_name UNIQUE (collection_id, name),
    CONSTRAINT check_group_name_length CHECK (length(name) > 0 AND length(name) <= 255),
    CONSTRAINT check_group_position CHECK (position >= 0)
);

CREATE INDEX idx_groups_collection_id ON groups (collection_id);

CREATE INDEX idx_groups_collection_position ON groups (collection_id, position);

CREATE TABLE group_artifacts (
    group_id TEXT NOT NULL,
    artifact_id TEXT NOT NULL,
    position INTEGER DEFAULT '0' NOT NULL,
    added_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL,
    PRIMARY KEY (group_id, artifact_id),
    CONSTRAINT fk_group_artifacts_group_id FOREIGN KEY(group_id) REFERENCES groups (id) ON DELETE CASCADE,
    CONSTRAINT check_group_artifact_position CHECK (position >= 0)
);

CREATE INDEX idx_group_artifacts_added_at ON group_artifacts (added_at);

CREATE INDEX idx_group_artifacts_artifact_id ON group_artifacts (artifact_id);

CREATE INDEX idx_group_artifacts_group_id ON group_artifacts (group_id);

CREATE INDEX idx_group_artifacts_group_position ON group_artifacts (group_id, position);

CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
