INSERT INTO collections (id, name, description, created_at, updated_at) VALUES
    ('default', 'Default Collection', 'All artifacts', '2026-01-05 08:00:01.000000', '2026-01-05 08:00:01.000000'),
    ('5f0c4b1e9a7d4e60b812233445566778', 'Team', NULL, '2026-02-10 11:00:00.000000', '2026-02-10 11:00:00.000000');

INSERT INTO projects (id, name, path, created_at, updated_at, status) VALUES
    ('collection_artifacts_global', 'Collection Artifacts', '~/.skillmeat/collections',
     '2026-01-05 08:00:01.000000', '2026-01-05 08:00:01.000000', 'active');

INSERT INTO marketplace_sources
    (id, repo_url, owner, repo_name, scan_status, artifact_count, created_at, updated_at) VALUES
    ('7d1b6f20-0c55-4b11-9a32-0e7fb4c1a001', 'https://github.com/acme-labs/agent-kit', 'acme-labs', 'agent-kit',
     'success', 2, '2026-02-10 09:10:00.000000', '2026-02-10 09:10:00.000000');

INSERT INTO marketplace_catalog_entries
    (id, source_id, artifact_type, name, path, upstream_url, description, status, import_date, import_id,
     detected_at, confidence_score, created_at, updated_at) VALUES
    ('a1', '7d1b6f20-0c55-4b11-9a32-0e7fb4c1a001', 'skill', '1password', 'skills/1password',
     'https://github.com/acme-labs/agent-kit/tree/main/skills/1password', 'Reads secrets with the 1Password CLI (op). Use when a task needs a password or token.',
     'imported', '2026-02-10 09:15:02.140000', '0d6f2a1c-7f0e-4c59-9a5e-2b7f1f9f0c11', '2026-02-10 09:12:00.000000', 95, '2026-02-10 09:12:00.000000', '2026-02-10 09:12:00.000000'),
    ('a2', '7d1b6f20-0c55-4b11-9a32-0e7fb4c1a001', 'skill', 'lock-audit', 'skills/lock-audit',
     'https://github.com/acme-labs/agent-kit/tree/main/skills/lock-audit', 'Checks lock files for drift against the manifest they were made from.',
     'imported', '2026-02-10 09:15:02.140000', '0d6f2a1c-7f0e-4c59-9a5e-2b7f1f9f0c11', '2026-02-10 09:12:00.000000', 95, '2026-02-10 09:12:00.000000', '2026-02-10 09:12:00.000000');

INSERT INTO collection_artifacts
    (collection_id, artifact_id, added_at, description, source, origin, origin_source, tags_json, author, license, tools_json,
     version, synced_at) VALUES
    ('default', 'agent:scribe', '2026-01-05 08:00:01.010000', 'Writes release notes from merged changes.', NULL, 'local', NULL,
     NULL, NULL, NULL, '["Read", "Grep"]', NULL, '2026-02-10 09:30:00.000000'),
    ('default', 'skill:1password', '2026-02-10 09:15:02.131000', 'Reads secrets with the 1Password CLI (op). Use when a task needs a password or token.',
     'https://github.com/acme-labs/agent-kit/tree/main/skills/1password', 'marketplace', 'github', '["security", "secrets"]', 'Jane Fixture', 'MIT',
     '["Bash", "Read"]', '1.3.0', '2026-02-10 09:30:00.010000'),
    ('default', 'skill:lock-audit', '2026-02-10 09:15:02.131900', 'Checks lock files for drift against the manifest they were made from.',
     'https://github.com/acme-labs/agent-kit/tree/main/skills/lock-audit', 'marketplace', 'github', '["ops"]', NULL, 'Apache-2.0', NULL, NULL, '2026-02-10 09:30:00.020000');
