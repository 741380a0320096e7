"""The addresses of databases: what is a part of them, and what is never shown."""

import os
from urllib.parse import quote, unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillmeat_audit.base.urls import (
    is_parseable,
    secrets_in,
    split_tenants,
    with_tenant,
    without_password,
)
from skillmeat_audit.model.exits import ExitCode

FUZZED = int(os.environ.get("FUZZED_EXAMPLES", "200"))


@pytest.mark.parametrize(
    "url",
    ["postgresql://h/db", "postgresql://u:p%40@h:5432/db?sslmode=require", "postgresql:///db"],
)
def test_an_address_with_unambiguous_parts_is_parseable(url):
    assert is_parseable(url)


@pytest.mark.parametrize(
    "rest",
    [
        "u:secret@h:notaport/db",
        "u:secret@h:99999/db",
        "u:secret@[::1/db",
        "u:sec/ret@h/db",
        "u:12/secret@h/db",
        "u:12?secret@h/db",
        "u:1#secret@h/db",
        "u:1@secret@h/db",
    ],
)
def test_an_address_whose_password_is_ambiguous_is_not_parseable(rest):
    assert not is_parseable(f"postgresql://{rest}")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:secret@h:5/db", "postgresql://u@h:5/db"),
        ("postgresql:///db?user=u&password=secret", "postgresql:///db?user=u"),
        ("sqlite:////home/a@b/cache.db", "sqlite:////home/a@b/cache.db"),
    ],
)
def test_no_password_is_shown(url, shown):
    assert without_password(url) == shown


@pytest.mark.parametrize(
    "pair",
    [
        "sslpassword=S3CRET",
        "passwor%64=S3CRET",
        "PassWord=S3CRET",
        "%70assword=S3CRET",
        "SSLPASSWORD=S3CRET",
        "passwor%2564=S3CRET",
        "oauth_client_secret=S3CRET",
        "passwd=S3CRET",
        "scram_client_key=S3CRET",
        "scram_server_key=S3CRET",
        "pass\tword=S3CRET",
        "odbc_connect=UID%3Du%3BPWD%3DS3CRET",
        "dbname=host%3Dh%20password%3DS3CRET",
        "dbname=postgresql%3A%2F%2Fu%3AS3CRET%40h%2Fdb",
        "x=1%26password=S3CRET",
        "password=a=S3CRET",
    ],
)
def test_no_secret_of_the_query_is_shown_and_the_rest_stays(pair):
    shown = without_password(f"postgresql://u@h/db?sslmode=require&{pair}&passfile=/f&sslkey=/k")

    assert shown == "postgresql://u@h/db?sslmode=require&passfile=/f&sslkey=/k"


def test_every_parameter_that_libpq_marks_as_a_password_is_dropped():
    options = pytest.importorskip("psycopg").pq.Conninfo.get_defaults()
    marked = [option.keyword.decode() for option in options if option.dispchar == b"*"]

    assert "password" in marked
    for keyword in marked:
        assert without_password(f"postgresql://h/db?{keyword}=x") == "postgresql://h/db"


@pytest.mark.slow
@given(
    secret=st.text("abcXYZ019%:;=&?#@/\\ ü\t'\"[]", min_size=1).map("S3CRET{}".format),
    keyword=st.sampled_from(["password", "sslpassword", "oauth_client_secret"]),
    data=st.data(),
)
@settings(max_examples=FUZZED, deadline=None)
def test_no_secret_is_shown_in_any_notation(secret, keyword, data):
    def written(text):
        """Encode what may be, and sometimes what must be; vary the case."""
        chosen = data.draw(
            st.lists(st.sampled_from("er%c"), min_size=len(text), max_size=len(text))
        )
        forms = {
            "e": lambda c: quote(c, safe=""),
            "%": lambda c: f"%{ord(c):02x}",
            "r": str,
            "c": str.upper,
        }
        return "".join(
            forms[how](char) if char.isascii() else quote(char)
            for how, char in zip(chosen, text, strict=True)
        )

    for url in (
        f"postgresql://u:{written(secret)}@h/db?sslmode=require",
        f"postgresql://:{written(secret)}@h/db",
        f"postgresql://u@h/db?a=b&{written(keyword)}={written(secret)}&c=d",
        f"postgresql:///?{written(keyword)}={written(secret)}",
    ):
        assert "s3cret" not in unquote(without_password(url)).lower()


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://u:pa%73s@h/db",
        "--database=postgresql://u@h/db?sslpassword=pass",
        "postgresql://u:x/pass@h/db",
    ],
)
def test_secrets_are_returned_as_given_and_decoded(text):
    assert any("pass" in secret for secret in secrets_in(text))


def test_a_connection_string_is_not_a_file_and_is_not_shown(cli, make_home):
    home = make_home()
    for option in ("--database", "--history"):
        verb = "check" if option == "--database" else "report"
        for address in ("host=h user=u password=S3CRET", "postgresql://u:1/S3CRET@h/db"):
            code, out, err = cli(verb, home, option, address)

            assert code == ExitCode.FAILED
            assert "S3CRET" not in out + err
            assert err.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize("pair", ["sslpassword=S3CRET", "passwor%64=S3CRET"])
def test_a_report_on_a_server_saves_no_secret(cli, make_home, tmp_path, pair):
    url = f"postgresql://u:S3CRET@127.0.0.1:1/db?connect_timeout=2&{pair}"
    outputs = [f"-o{tmp_path / 'out'}.{suffix}" for suffix in ("html", "json", "md", "xml")]

    results = [
        cli("report", make_home(at=at), "--state-dir", tmp_path / "state", *outputs, option, url)
        for at, option in (("a", "--database"), ("b", "--history"))
    ]

    assert [code for code, *_ in results] == [ExitCode.FAILED, ExitCode.UNDELIVERED]
    assert "S3CRET" not in str(results)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path for path in written if b"S3CRET" in path.read_bytes()] == []


def test_a_tenant_is_put_into_an_address_and_taken_out_of_it():
    for url in ("postgresql://h/d", "postgresql://u:p@h/d?sslmode=require&x=1"):
        assert split_tenants(with_tenant(url, "t")) == (url, ["t"])

    assert split_tenants("postgresql://h/d?tenant=a&x=1&tenant=b") == (
        "postgresql://h/d?x=1",
        ["a", "b"],
    )
    assert split_tenants("postgresql://h/d") == ("postgresql://h/d", [])
