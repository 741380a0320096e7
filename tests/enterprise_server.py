"""A SkillMeat enterprise database on the real PostgreSQL server: two tenants, forced security.

The columns are those of SkillMeat 0.74.0, the policies those of its migrations (ent_033, ent_044).
"""

import hashlib
import json
import uuid
from dataclasses import dataclass

import pytest

TENANT_A = "aaaaaaaa-0000-4000-a000-000000000001"
TENANT_B = "bbbbbbbb-0000-4000-a000-000000000002"
PASSWORD = "hunter2-secret"
KIT = "https://github.com/acme/kit"

SCHEMA = """
CREATE TABLE enterprise_artifacts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), tenant_id uuid NOT NULL,
    name varchar(255) NOT NULL, type varchar(50) NOT NULL, description text,
    source_url varchar(512), scope varchar(50) NOT NULL DEFAULT 'user',
    tags jsonb NOT NULL DEFAULT '[]', custom_fields jsonb NOT NULL DEFAULT '{}',
    is_active boolean NOT NULL DEFAULT true, created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(), core_content text,
    UNIQUE (tenant_id, name, type)
);
CREATE TABLE artifact_versions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), tenant_id uuid NOT NULL,
    artifact_id uuid REFERENCES enterprise_artifacts ON DELETE CASCADE,
    version_tag varchar(100) NOT NULL, content_hash varchar(64) NOT NULL,
    markdown_payload text NOT NULL, content_payload jsonb,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE artifact_blobs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), sha256_hash varchar(64) NOT NULL UNIQUE,
    content bytea, storage_uri text, size_bytes bigint NOT NULL
);
CREATE TABLE enterprise_marketplace_sources (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), tenant_id uuid NOT NULL, repo_url text,
    owner text, repo_name text
);
CREATE TABLE enterprise_marketplace_catalog_entries (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), tenant_id uuid NOT NULL,
    source_id uuid NOT NULL, artifact_type text, name text, path text, upstream_url text,
    status text, confidence_score int, description text, metadata_json jsonb
);
"""
# As migrations made them, and as that of 2026-07-31 rewrote them: it compares texts.
POLICIES = (
    "tenant_id = current_setting('app.current_tenant_id')::uuid",
    "CAST(tenant_id AS text) = current_setting('app.current_tenant_id', true)",
)
TENANT_TABLES = """
    enterprise_artifacts artifact_versions enterprise_marketplace_sources
    enterprise_marketplace_catalog_entries
""".split()


@dataclass
class EnterpriseDatabase:
    """A database: its ``url`` as a role that may read and write, and nothing of another tenant."""

    name: str
    admin_url: str
    role: str

    @property
    def url(self):
        """The address of the role, with its password."""
        host = self.admin_url.partition("?host=")[2]
        return f"postgresql://{self.role}:{PASSWORD}@/{self.name}?host={host}"

    def execute(self, statement, values=()):
        """Execute *statement* as superuser and return its rows."""
        import psycopg

        with psycopg.connect(self.admin_url) as connection:
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def insert(self, table, **values):
        """Insert a row and return its id."""
        columns, marks = ", ".join(values), ", ".join(["%s"] * len(values))
        values = [json.dumps(v) if isinstance(v, dict | list) else v for v in values.values()]
        query = f"INSERT INTO {table} ({columns}) VALUES ({marks}) RETURNING id"
        ((identity,),) = self.execute(query, values)
        return identity

    def store(self, artifact, tenant, text, file=None):
        """Store *text* as a version of *artifact*: as a blob called *file*, else in the version."""
        content = text if isinstance(text, bytes) else text.encode()
        digest = hashlib.sha256(content).hexdigest()
        files = {}
        if file is not None:
            self.execute(
                "INSERT INTO artifact_blobs (sha256_hash, content, size_bytes) VALUES (%s, %s, %s)",
                (digest, content, len(content)),
            )
            files = {"LICENSE": {"blob_hash": "sha256:" + "0" * 64}}
            files[file] = {"blob_hash": f"sha256:{digest}"}
        self.insert(
            "artifact_versions",
            tenant_id=tenant,
            artifact_id=artifact,
            version_tag=digest[:12],
            content_hash=digest,
            markdown_payload="MIT License" if file else text,
            content_payload={"files": files},
        )

    def content(self):
        """Return all rows of all tables, as text."""
        tables = (*TENANT_TABLES, "artifact_blobs")
        return [self.execute(f"SELECT t::text FROM {table} t ORDER BY 1") for table in tables]


@pytest.fixture
def enterprise(postgres_server):
    """Return a function that makes an enterprise database, empty but for its tables."""

    def make(schema=SCHEMA, *, forced=True):
        name = f"enterprise_{uuid.uuid4().hex[:12]}"
        postgres_server.psql(f"CREATE DATABASE {name};")
        role = f"app_{name}"
        database = EnterpriseDatabase(name, postgres_server.get_uri(database=name), role)
        database.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'")
        database.execute(f"GRANT ALL ON SCHEMA public TO {role}")
        database.execute(f"SET ROLE {role}; {schema}")
        database.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
        for table in TENANT_TABLES if forced else ():
            if database.execute("SELECT 1 FROM pg_class WHERE relname = %s", (table,)):
                database.execute(
                    f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;"
                    f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;"
                    f"CREATE POLICY p ON {table} USING ({POLICIES[table in TENANT_TABLES[2:]]})"
                )
        return database

    return make


@pytest.fixture
def two_tenants(enterprise):
    """Return a database in which tenants A and B have an artifact of the same name each."""
    database = enterprise()
    for tenant, who in ((TENANT_A, "alpha"), (TENANT_B, "bravo")):
        source = database.insert(
            "enterprise_marketplace_sources",
            tenant_id=tenant,
            repo_url=KIT,
            owner="acme",
            repo_name="kit",
        )
        entry = database.insert(
            "enterprise_marketplace_catalog_entries",
            tenant_id=tenant,
            source_id=source,
            artifact_type="skill",
            name="audit",
            path="skills/audit",
            upstream_url=f"{KIT}/tree/main/skills/audit",
            status="imported",
            description=f"Catalogue of {who}.",
        )
        artifact = database.insert(
            "enterprise_artifacts",
            tenant_id=tenant,
            name="audit",
            type="skill",
            source_url="",
            custom_fields={"catalog_entry_id": str(entry), "ingest_source": "pack_ingest"},
        )
        text = f"---\nname: audit\ndescription: File of {who}.\ntags: [{who}]\n---\n# Audit\n"
        database.store(artifact, tenant, text, "SKILL.md")
        database.insert(
            "enterprise_artifacts",
            tenant_id=tenant,
            name=f"only-{who}",
            type="command",
            description="Right.",
            tags=["x"],
        )
    return database
