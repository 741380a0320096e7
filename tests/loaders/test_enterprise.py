"""One tenant of a SkillMeat enterprise database on a real PostgreSQL: read, never written."""

import json

import pytest
from enterprise_server import KIT, PASSWORD, SCHEMA, TENANT_A, TENANT_B

import skillmeat_audit as sma
from skillmeat_audit.base.errors import DatabaseError
from skillmeat_audit.base.urls import with_tenant
from skillmeat_audit.loaders.database import read_server
from skillmeat_audit.loaders.enterprise_tables import set_tenant
from skillmeat_audit.model.exits import ExitCode

pytest.importorskip("psycopg", reason="install the extra 'postgres'")

pytestmark = pytest.mark.slow

UPSTREAM = f"{KIT}/tree/main/skills/audit"


@pytest.fixture
def audited(tmp_path):
    """Return a function that audits tenant A at a URL."""

    def audit(url, tenant=TENANT_A):
        return sma.audit(with_tenant(url, tenant), state_dir=tmp_path / "state", progress=False)

    return audit


def cells(audit, artifact="skill:audit"):
    """Return rule, expected and actual value of each finding on an artifact."""
    findings = audit.findings[audit.findings["artifact_id"] == artifact]
    values = findings[["rule", "expected", "actual"]].astype(object)
    return [tuple(row) for row in values.where(values.notna(), None).to_numpy()]


def details(audit, rule):
    return audit.findings.loc[audit.findings["rule"] == rule, "detail"].to_list()


def driver_url(database):
    return database.url.replace("postgresql://", "postgresql+psycopg://")


def test_a_tenant_is_compared_with_its_own_files_and_catalogue(two_tenants, audited):
    for tenant, who in ((TENANT_A, "alpha"), (TENANT_B, "bravo")):
        audit = audited(two_tenants.url, tenant)

        assert cells(audit) == [
            ("D001", f"File of {who}.", None),
            ("M001", f'["{who}"]', "[]"),
            ("S001", UPSTREAM, ""),
        ]
        assert cells(audit, f"command:only-{who}") == []
        assert set(audit.findings["disposition"]) == {"none"}
        assert audit.headline.pages.without_description == 1
        assert audit.headline.pages.values_blanked_next == 0


def test_topics_of_the_repository_are_not_compared_with_tags(two_tenants, audited):
    """docs/skillmeat.md#enterprise: they are not an artifact's tags."""
    before = [audited(two_tenants.url, tenant).findings for tenant in (TENANT_A, TENANT_B)]
    two_tenants.execute(
        "UPDATE enterprise_marketplace_catalog_entries SET metadata_json = %s",
        (json.dumps({"github_topics": ["ops"]}),),
    )
    after = [audited(two_tenants.url, tenant).findings for tenant in (TENANT_A, TENANT_B)]
    tags = [findings[findings["column"] == "tags_json"] for findings in after]

    assert all(one.equals(other) for one, other in zip(before, after, strict=True))
    assert [list(each["expected"]) for each in tags] == [['["alpha"]'], ['["bravo"]']]
    assert [list(each["evidence"]) for each in tags] == [["frontmatter"], ["frontmatter"]]


def test_nothing_of_another_tenant_is_printed_and_nothing_is_written(cli, two_tenants, tmp_path):
    before = two_tenants.content()
    home = (two_tenants.url, "--tenant", TENANT_A, "--state-dir", tmp_path / "state")
    outputs = [tmp_path / f"r.{end}" for end in "html md json csv sarif xml prom".split()]

    printed = [
        cli("check", *home, "-v"),
        cli("check", *home, "--format", "json"),
        cli("show", "skill:audit", *home),
        cli("report", *home, *(f"--output={file}" for file in outputs)),
    ]

    texts = [out + err for _, out, err in printed] + [file.read_text() for file in outputs]
    assert [code for code, *_ in printed] == [1, 1, 0, 1]
    assert "File of alpha." in texts[1]
    for text in texts:
        assert "bravo" not in text
        assert TENANT_B not in text
        assert PASSWORD not in text
    assert two_tenants.content() == before


def test_security_alone_hides_the_other_tenant_and_the_transaction_refuses_writes(two_tenants):
    def count(connection):
        set_tenant(connection, TENANT_A)
        return connection.execute("SELECT DISTINCT tenant_id::text FROM enterprise_artifacts")

    def write(connection):
        set_tenant(connection, TENANT_A)
        connection.execute("UPDATE enterprise_artifacts SET description = 'x'")

    assert read_server(driver_url(two_tenants), lambda c: count(c).fetchall()) == [(TENANT_A,)]
    with pytest.raises(DatabaseError, match="read-only transaction"):
        read_server(driver_url(two_tenants), write)


def test_security_stays_on_where_the_address_switches_it_off(two_tenants, audited):
    audit = audited(f"{two_tenants.url}&options=-c%20row_security%3Doff")

    assert len(audit.rows) == 2
    assert details(audit, "X005") == []


def test_a_role_that_bypasses_security_sees_one_tenant_and_is_reported(two_tenants, audited):
    audit = audited(two_tenants.admin_url)

    (detail,) = details(audit, "X005")
    assert "the role bypasses it" in detail
    assert set(audit.rows["artifact_id"]) == {"skill:audit", "command:only-alpha"}
    assert cells(audit)[0] == ("D001", "File of alpha.", None)


def test_an_owner_on_whom_security_is_not_forced_is_reported(enterprise, audited):
    database = enterprise(forced=False)
    for tenant in (TENANT_A, TENANT_B):
        database.insert("enterprise_artifacts", tenant_id=tenant, name=tenant, type="skill")

    audit = audited(database.url)

    assert audit.rows["artifact_id"].to_list() == [f"skill:{TENANT_A}"]
    assert "not forced on the owner" in details(audit, "X005")[0]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ((), "none is given: name one with --tenant UUID"),
        (("--tenant", "'; DROP TABLE artifact_blobs; --"), "is not a UUID"),
        (("--tenant", ""), "is not a UUID"),
        (("--tenant", TENANT_A[:-1]), "is not a UUID"),
        (("--tenant", TENANT_A, "--database", "x"), "it has no other cache"),
    ],
)
def test_without_one_tenant_nothing_is_read(cli, options, reason):
    for verb in ("check", "plan", "report"):
        code, out, err = cli(verb, f"postgresql://u:{PASSWORD}@127.0.0.1:1/x", *options)

        assert (code, out) == (ExitCode.FAILED, "")
        assert reason in err
        assert len(err.splitlines()) == 1
        assert PASSWORD not in err


def test_a_tenant_requires_a_database_as_home(cli, tmp_path):
    code, _, err = cli("check", tmp_path, "--tenant", TENANT_A)

    assert code == ExitCode.FAILED
    assert "--tenant requires HOME to be the address of an enterprise database" in err


def test_a_plan_is_refused_in_one_line(cli, two_tenants, tmp_path):
    plan = tmp_path / "plan.json"

    code, out, err = cli("plan", two_tenants.url, "--tenant", TENANT_A, "-o", plan)

    assert (code, out) == (ExitCode.FAILED, "")
    assert err.startswith("skillmeat-audit: nothing can be planned for an enterprise database")
    assert len(err.splitlines()) == 1
    assert not plan.exists()


def test_an_unattended_repair_is_refused(cli, two_tenants, tmp_path):
    before = two_tenants.content()

    code, _, err = cli(
        "report", two_tenants.url, "--tenant", TENANT_A, "--apply-safe", "-o", tmp_path / "r.md"
    )

    assert code == ExitCode.FAILED
    assert "nothing can be planned" in err
    assert two_tenants.content() == before


def test_no_verb_prints_the_password(cli, two_tenants, tmp_path):
    home, state = with_tenant(two_tenants.url, TENANT_A), ("--state-dir", tmp_path / "state")

    for arguments in (
        ("doctor", home),
        ("runs", home),
        ("undo", home),
        ("history", home, *state),
        ("schedule", home, "--kind", "cron"),
        ("schedule", home, "--kind", "github"),
        ("replay", home),
        ("check", home, "--watch"),
        ("check", home.replace("/enterprise_", "/no_such_"), "--traceback"),
        ("check", home, "surplus", home),
    ):
        _, out, err = cli(*arguments)

        assert out + err
        assert PASSWORD not in out + err, arguments


def test_the_audit_shows_itself_without_the_password(two_tenants, audited):
    audit = audited(two_tenants.url)

    assert f"tenant={TENANT_A}" in repr(audit)
    for text in (repr(audit), audit._repr_html_(), repr(audit.snapshot), str(audit.summary)):
        assert PASSWORD not in text
    with pytest.raises(DatabaseError, match="nothing can be planned"):
        audit.plan()


def test_each_tenant_has_a_history_of_its_own(cli, two_tenants, tmp_path):
    state = ("--state-dir", tmp_path / "state")
    for tenant in (TENANT_A, TENANT_A, TENANT_B):
        cli("report", two_tenants.url, "--tenant", tenant, *state, "-o", tmp_path / "r.md")

    for tenant, runs in ((TENANT_A, 2), (TENANT_B, 1)):
        out = cli("history", with_tenant(two_tenants.url, tenant), *state, "--format", "json")[1]
        assert len(json.loads(out)["runs"]) == runs


def test_what_never_had_a_column_is_noted_once(two_tenants, audited):
    assert details(audited(two_tenants.url), "X004") == [
        "enterprise_artifacts has no columns for origin, origin_source, author, license, tools, "
        "version, resolved_sha, resolved_version: not compared"
    ]


@pytest.mark.parametrize(
    ("change", "gap"),
    [
        ("DROP TABLE artifact_versions", "there is no table artifact_versions"),
        ("DROP TABLE artifact_blobs", "there is no table artifact_blobs"),
        (
            "DROP TABLE enterprise_marketplace_catalog_entries",
            "there is no table enterprise_marketplace_catalog_entries",
        ),
        (
            "ALTER TABLE enterprise_marketplace_catalog_entries DROP description",
            "enterprise_marketplace_catalog_entries has no description",
        ),
        (
            "ALTER TABLE artifact_versions DROP content_payload",
            "artifact_versions has no content_payload",
        ),
        (
            "ALTER TABLE enterprise_artifacts DROP is_active, DROP custom_fields, DROP core_content"
            ", DROP updated_at, DROP created_at, DROP description",
            "enterprise_artifacts has no description",
        ),
        (
            "ALTER TABLE artifact_versions DROP tenant_id CASCADE",
            "artifact_versions has no tenant_id",
        ),
    ],
)
def test_what_an_older_release_lacks_is_noted_once(two_tenants, audited, change, gap):
    two_tenants.execute(change)

    audit = audited(two_tenants.url)

    assert len(audit.rows) == 2
    assert details(audit, "X004").count(f"{gap}: not compared") == 1
    assert not {"F004", "V001"} & set(audit.findings["rule"])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("DROP TABLE enterprise_artifacts CASCADE", "there is no table enterprise_artifacts"),
        (
            "ALTER TABLE enterprise_artifacts DROP tenant_id CASCADE",
            "enterprise_artifacts has no tenant_id",
        ),
        (
            "ALTER TABLE enterprise_artifacts RENAME TO hidden;"
            "CREATE VIEW enterprise_artifacts AS SELECT * FROM hidden;"
            "GRANT SELECT ON enterprise_artifacts TO PUBLIC",
            "enterprise_artifacts is a view or the like",
        ),
        (
            "ALTER TABLE artifact_blobs RENAME TO hidden;"
            "CREATE VIEW artifact_blobs AS SELECT * FROM hidden",
            "artifact_blobs is a view or the like",
        ),
    ],
)
def test_what_cannot_be_read_safely_is_refused(cli, two_tenants, change, reason):
    two_tenants.execute(change)

    code, out, err = cli("check", two_tenants.url, "--tenant", TENANT_A)

    assert (code, out) == (ExitCode.FAILED, "")
    assert reason in err
    assert len(err.splitlines()) == 1


def test_the_newest_version_counts_and_deleted_artifacts_do_not(enterprise, audited):
    database = enterprise()
    values = {"tenant_id": TENANT_A, "type": "agent", "description": "Old."}
    artifact = database.insert("enterprise_artifacts", name="a", **values)
    database.store(artifact, TENANT_A, "---\ndescription: Old.\n---\n")
    database.store(artifact, TENANT_A, "---\ndescription: New.\n---\n")
    database.insert("enterprise_artifacts", name="deleted", is_active=False, **values)
    database.insert(
        "enterprise_artifacts", name="core", core_content="---\ndescription: Core.\n---\n", **values
    )

    audit = audited(database.url)

    assert audit.rows["artifact_id"].to_list() == ["agent:a", "agent:core"]
    assert cells(audit, "agent:a") == [("D002", "New.", "Old.")]
    assert cells(audit, "agent:core") == [("D002", "Core.", "Old.")]


def test_a_source_links_the_only_catalogue_entry_that_has_it(two_tenants, audited):
    two_tenants.execute(
        "UPDATE enterprise_artifacts SET custom_fields = '{}', source_url = %s "
        "WHERE name = 'audit'",
        (f" {UPSTREAM.upper()}",),
    )
    two_tenants.execute("DELETE FROM artifact_versions")

    assert cells(audited(two_tenants.url))[0] == ("D001", "Catalogue of alpha.", None)
    two_tenants.execute(
        "INSERT INTO enterprise_marketplace_catalog_entries (tenant_id, source_id, "
        "artifact_type, name, upstream_url, description) SELECT tenant_id, "
        "source_id, artifact_type, name, upstream_url, 'Other.' FROM "
        "enterprise_marketplace_catalog_entries"
    )
    assert "D001" not in [rule for rule, *_ in cells(audited(two_tenants.url))]


HOSTILE = "evil\x1b[2J\u202e'; DROP TABLE artifact_blobs; --"


def test_hostile_names_and_content_are_shown_harmlessly(cli, enterprise):
    database = enterprise()
    artifact = database.insert(
        "enterprise_artifacts",
        tenant_id=TENANT_A,
        name=HOSTILE,
        type="skill",
        source_url="javascript:alert(1)",
        custom_fields={"catalog_entry_id": HOSTILE},
    )
    database.store(artifact, TENANT_A, b'---\ndescription: "a\\0b"\n---\n\0\0\0', "SKILL.md")
    before = database.content()

    code, out, _ = cli("check", database.url, "--tenant", TENANT_A, "-v")

    assert code == ExitCode.FINDINGS
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "\0" not in out
    assert "S009" in out
    assert database.content() == before


@pytest.mark.parametrize("tags", [{"a": 1}, "text", 7, [1, None], [["x"]], True])
def test_tags_of_a_wrong_type_are_reported(enterprise, audited, tags):
    database = enterprise()
    identity = database.insert(
        "enterprise_artifacts", tenant_id=TENANT_A, name="a", type="skill", description="A."
    )
    statement = "UPDATE enterprise_artifacts SET tags = %s::jsonb WHERE id = %s"
    database.execute(statement, (json.dumps(tags), identity))

    assert [rule for rule, *_ in cells(audited(database.url), "skill:a")] == ["M020"]


@pytest.mark.parametrize(
    "payload",
    [
        "x", 7, [], {"files": 3}, {"files": {"SKILL.md": 5}}, {"files": {"SKILL.md": {}}},
        {"files": {"SKILL.md": {"blob_hash": "' OR true --"}}}, {"files": {"": None}},
    ],
)  # fmt: skip
def test_a_list_of_files_of_a_wrong_type_is_as_none(enterprise, audited, payload):
    database = enterprise()
    artifact = database.insert("enterprise_artifacts", tenant_id=TENANT_A, name="a", type="skill")
    database.store(artifact, TENANT_A, "---\ndescription: From the version.\n---\n")
    statement = "UPDATE artifact_versions SET content_payload = %s::jsonb"
    database.execute(statement, (json.dumps(payload),))

    assert cells(audited(database.url), "skill:a") == [("D001", "From the version.", None)]


def test_content_that_cannot_be_read_is_reported(enterprise, audited):
    database = enterprise()
    for name, content, external in (
        ("bytes", b"---\n\xff\xfe\n---\n", False),
        ("large", b"---\ndescription: x\n---\n" + b"x" * 1024 * 1024, False),
        ("outside", b"---\ndescription: y\n---\n", True),
    ):
        artifact = database.insert(
            "enterprise_artifacts", tenant_id=TENANT_A, name=name, type="skill"
        )
        database.store(artifact, TENANT_A, content, "SKILL.md")
        if external:
            database.execute(
                "UPDATE artifact_blobs SET content = NULL, storage_uri = 's3://x' "
                "WHERE content = %s",
                (content,),
            )

    assert sorted(details(audited(database.url), "F004")) == [
        "is larger than 1024 KiB",
        "is not UTF-8 (byte 4)",
        "its content is stored outside the database",
    ]


def test_an_empty_tenant_has_no_artifacts(two_tenants, audited):
    audit = audited(two_tenants.url, "cccccccc-0000-4000-a000-000000000003")

    assert audit.rows.empty
    assert set(audit.findings["rule"]) == {"X004"}


def test_the_schema_of_an_enterprise_beside_a_local_cache_does_not_change_the_cache(
    cli, home_on_postgres
):
    import psycopg

    home, url = home_on_postgres()
    before = cli("check", home, "--database", url, "--format", "json")[1]
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute(SCHEMA)

    assert cli("check", home, "--database", url, "--format", "json")[1] == before


def test_tenants_are_homes_of_a_fleet_that_is_only_read(cli, two_tenants, monkeypatch, tmp_path):
    file, before = tmp_path / "fleet.toml", two_tenants.content()
    address = two_tenants.url.replace(PASSWORD, "${AUDIT_PASSWORD}")
    entry = '[[homes]]\nname = "{}"\ndatabase = "{}"\ntenant = "{}"\n'
    file.write_text(entry.format("A", address, TENANT_A) + entry.format("B", address, TENANT_B))
    monkeypatch.setenv("AUDIT_PASSWORD", PASSWORD)
    state = ("--state-dir", tmp_path / "state", "--workers", "1")

    checked = cli("fleet", "check", file, "--format", "json", *state)
    planned = cli("fleet", "plan", file, "-o", tmp_path / "plans", *state)
    reported = cli("fleet", "report", file, "-o", tmp_path / "fleet.md", *state)

    homes = json.loads(checked[1])["homes"]
    assert [home["home"] for home in homes] == ["A", "B"]
    assert [home["counts"]["error"] for home in homes] == [2, 2]
    assert planned[0] == ExitCode.FAILED
    assert "nothing can be planned for an enterprise database" in planned[1] + planned[2]
    assert reported[0] == ExitCode.FINDINGS
    for text in (*checked[1:], *planned[1:], *reported[1:], (tmp_path / "fleet.md").read_text()):
        assert PASSWORD not in text
    assert two_tenants.content() == before
