INSERT INTO collections (id, name, description, created_at, updated_at) VALUES
    ('default', 'Default Collection', 'Default artifact collection', '2026-01-05 08:00:01.000000', '2026-01-05 08:00:01.000000');

INSERT INTO projects (id, name, path, created_at, updated_at, status) VALUES
    ('collection_artifacts_global', 'Collection Artifacts', '~/.skillmeat/collections',
     '2026-01-05 08:00:01.000000', '2026-01-05 08:00:01.000000', 'active');

INSERT INTO marketplace_sources
    (id, repo_url, owner, repo_name, scan_status, artifact_count, created_at, updated_at) VALUES
    ('7d1b6f20-0c55-4b11-9a32-0e7fb4c1a001', 'https://github.com/acme-labs/agent-kit', 'acme-labs', 'agent-kit',
     'success', 1, '2026-02-12 09:10:00.000000', '2026-02-12 09:10:00.000000');

INSERT INTO marketplace_catalog_entries
    (id, source_id, artifact_type, name, path, upstream_url, description, status, import_date, import_id,
     detected_at, confidence_score, created_at, updated_at) VALUES
    ('a1', '7d1b6f20-0c55-4b11-9a32-0e7fb4c1a001', 'skill', '1password', 'skills/1password',
     'https://github.com/acme-labs/agent-kit/tree/main/skills/1password', NULL,
     'imported', '2026-02-12 09:21:00.091583', '0c378645-22b0-4c7a-94a7-f1bf4387fdec', '2026-02-12 09:20:00.000000', 66,
     '2026-02-12 09:20:00.000000', '2026-02-12 09:21:00.091583');

INSERT INTO collection_artifacts
    (collection_id, artifact_id, added_at, description, source, origin, origin_source, synced_at) VALUES
    ('default', 'skill:1password', '2026-02-12 09:21:00.050592', NULL,
     'https://github.com/acme-labs/agent-kit/tree/main/skills/1password', 'marketplace', 'github', '2026-02-12 09:21:00.050700');
