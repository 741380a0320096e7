"""The file of a fleet: what it may say, and one clear line for each fault."""

import pytest

from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.fleets.addresses import database_address
from skillmeat_audit.fleets.definition import load_definition
from skillmeat_audit.fleets.requests import address_of

FAULTS = [
    ("", "no home is defined; add [[homes]] with a path or a glob that matches"),
    ("time-limit = 0", "Expected `float` > 0.0"),
    ("time-limt = 5", "Object contains unknown field `time-limt`"),
    ('[[homes]]\npath = "a"\nglob = "b"', "homes[1]: give either a path or a glob"),
    ("[[homes]]\n", "homes[1]: give either a path or a glob"),
    ('[[homes]]\npath = "a"\ncollour = "red"', "unknown field `collour`"),
    ("[[homes]]\npath = 3", "Expected `str | null`, got `int` - at `$.path`"),
    ('[[homes]]\npath = "a"\nselect = ["Z9"]', "homes[1]: no rule has the code Z9"),
    ('[groups.x]\nignore = ["Z9"]\n[[homes]]\npath = "a"', "groups.x: no rule has the code Z9"),
    ('[groups.x]\n[[homes]]\npath = "a"\ngroup = "y"', "no group is called y"),
    ('[[homes]]\nglob = "*"\nname = "n"', "a name or a database is for one home"),
    ('[[homes]]\npath = "a"\ndatabase = "mysql://h/d"', "database of the kind mysql"),
    ('[[homes]]\npath = "a"\ndatabase = "postgresql://u:pw@h/d"', "has a password; write ${NAME}"),
    ('[[homes]]\npath = "a"\n[[homes]]\nname = "b"\npath = "./a"', "is listed 2 times"),
    ('[[homes]]\npath = "a"\nallow-links = ["b"]', "allow-links b is neither absolute"),
    ('[[homes]]\npath = "a"\ntenant = "x"', "homes[1]: give either a path or a glob"),
    ('[[homes]]\ntenant = "x"', "a tenant requires the address of an enterprise database"),
    ('[[homes]]\ntenant = "x"\ndatabase = "a.db"', "a tenant requires the address"),
    ('[[homes]]\ntenant = "x"\ndatabase = "postgresql://h/d"', "the tenant x is not a UUID"),
    ("[[homes]", "cannot read the fleet file"),
]


@pytest.mark.parametrize(("text", "reason"), FAULTS)
def test_a_fault_is_told_in_one_line(tmp_path, text, reason):
    file = tmp_path / "fleet.toml"
    file.write_text(text)

    with pytest.raises(UsageError) as raised:
        load_definition(file)

    lines = str(raised.value).splitlines()
    assert reason in lines[0]
    assert len(lines) == 1


def test_every_faulty_home_has_a_line_of_its_own(tmp_path):
    file = tmp_path / "fleet.toml"
    file.write_text('[[homes]]\n[[homes]]\npath = "a"\n[[homes]]\npath = "b"\ntime-limit = -1\n')

    with pytest.raises(UsageError) as raised:
        load_definition(file)

    assert [line.partition("homes[")[2][0] for line in str(raised.value).splitlines()] == ["1", "3"]


def test_the_command_line_prints_a_line_for_each_fault(cli, tmp_path):
    file = tmp_path / "fleet.toml"
    file.write_text("[[homes]]\n[[homes]]\n")
    code, out, err = cli("fleet", "check", file)

    fault = "give either a path or a glob, or a database and its tenant"
    assert (code, out) == (2, "")
    assert err == "".join(f"skillmeat-audit: {file}: homes[{n}]: {fault}\n" for n in (1, 2))


def test_a_home_overrides_its_group_and_a_group_the_file(tmp_path):
    file = tmp_path / "fleet.toml"
    file.write_text(
        'time-limit = 5\nignore = ["F"]\nmax-overwrites = 1\n'
        '[groups.servers]\ntime-limit = 50\nselect = ["D"]\n'
        '[[homes]]\npath = "/srv/a"\ngroup = "servers"\nmax-overwrites = 0\nread-only = true\n'
        '[[homes]]\npath = "b"\n'
    )
    server, other = load_definition(file).homes

    assert (server.time_limit, server.settings.max_overwrites) == (50, 0)
    assert (server.settings.select, server.settings.ignore) == (["D"], ["F"])
    assert (server.path, server.settings.read_only) == ("/srv/a", True)
    assert (other.time_limit, other.settings.max_overwrites, other.settings.select) == (5, 1, [])
    assert other.path == str(tmp_path / "b")  # relative to the file, wherever it is used


def test_a_glob_names_homes_in_order_and_groups_select_them(tmp_path):
    for name in ("c", "a", "b"):
        (tmp_path / "homes" / name / ".skillmeat").mkdir(parents=True)
    file = tmp_path / "fleet.toml"
    file.write_text(
        '[[homes]]\npath = "z"\n[[homes]]\nglob = "homes/*/.skillmeat"\ngroup = "lab"\n'
    )
    fleet = load_definition(file)

    assert [home.path.removeprefix(str(tmp_path)) for home in fleet.homes] == [
        "/z",
        "/homes/a/.skillmeat",
        "/homes/b/.skillmeat",
        "/homes/c/.skillmeat",
    ]
    assert len(fleet.in_groups(["lab"]).homes) == 3
    with pytest.raises(UsageError, match="no home is in the group lib; groups with homes: lab"):
        fleet.in_groups(["lib"])


def test_credentials_are_taken_from_the_environment_and_quoted(monkeypatch):
    monkeypatch.setenv("PASSWORD", "p@ss/word")
    monkeypatch.setenv("ADDRESS", "postgresql://u:p%40ss@h/d")

    assert database_address("postgresql://u:${PASSWORD}@h/d") == "postgresql://u:p%40ss%2Fword@h/d"
    assert database_address("${ADDRESS}") == "postgresql://u:p%40ss@h/d"
    assert database_address("/srv/cache.db") == "/srv/cache.db"
    with pytest.raises(UsageError, match="the variable MISSING of the database's address"):
        database_address("postgresql://u:${MISSING}@h/d")


def test_tenants_of_one_database_are_homes_of_their_own(tmp_path, monkeypatch):
    file = tmp_path / "fleet.toml"
    tenants = "AAAAAAAA-0000-4000-A000-000000000001", "bbbbbbbb000040000000000000000002"
    addresses = "postgresql://u:${PASSWORD}@h/d", "${ADDRESS}"
    file.write_text(
        "".join(
            f'[[homes]]\ndatabase = "{address}"\ntenant = "{tenant}"\n'
            for address, tenant in zip(addresses, tenants, strict=True)
        )
    )
    monkeypatch.setenv("PASSWORD", "pw")
    monkeypatch.setenv("ADDRESS", "postgresql://u:pw@h/d?sslmode=require")

    homes = load_definition(file).homes

    assert [home.path for home in homes] == [
        "postgresql://u@h/d?tenant=aaaaaaaa-0000-4000-a000-000000000001",
        "${ADDRESS}?tenant=bbbbbbbb-0000-4000-0000-000000000002",
    ]
    assert [address_of(home) for home in homes] == [
        ("postgresql://u:pw@h/d?tenant=aaaaaaaa-0000-4000-a000-000000000001", None),
        ("postgresql://u:pw@h/d?sslmode=require&tenant=bbbbbbbb-0000-4000-0000-000000000002", None),
    ]
