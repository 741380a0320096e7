"""What a running SkillMeat answers, and what hostile or broken servers answer."""

import asyncio
import itertools
import logging
import time
from dataclasses import replace
from pathlib import Path

import pytest
from loopback import ARTIFACTS, COLLECTIONS, DEFAULT, Reply, artifact, loopback, page

from skillmeat_audit.base.errors import LiveError, UsageError
from skillmeat_audit.loaders.live import load_live
from skillmeat_audit.loaders.live_requests import LiveLimits
from skillmeat_audit.model.contracts import records

FAST = LiveLimits(connect_seconds=1, read_seconds=1, answer_seconds=1, retry_seconds=(0.01, 0.01))
LISTED = f"{DEFAULT}?limit=100"
GROUPED = f"{DEFAULT}?limit=100&include_groups=true"


def ask(replies, limits=FAST):
    with loopback(replies) as site:
        return load_live(site.url, limits), site


def failures(answers):
    return {each["request"]: (each["status"], each["reason"]) for each in records(answers.failures)}


def plain(reply):
    """Return *reply* to the list without groups only."""
    return lambda query: page([artifact()]) if "include_groups" in query else reply


def test_the_pages_of_every_collection_are_read():
    described = artifact(description="Alpha", source="https://github.com/a/b", origin="github")

    answers, site = ask({DEFAULT: page([described])})

    assert records(answers.pages) == [
        {
            "collection_id": "default",
            "artifact_id": "skill:alpha",
            "description": "Alpha",
            "source": "https://github.com/a/b",
            "origin": "github",
            "origin_source": None,
        }
    ]
    assert answers.complete == {"default"}
    assert failures(answers) == {}
    assert site.methods == {"GET"}
    assert site.requests == {
        COLLECTIONS: 1,
        DEFAULT: 2,
        ARTIFACTS: 1,
        f"{ARTIFACTS}/skill:alpha": 1,
    }


def test_lists_are_read_page_by_page():
    def listed(query):
        start = int(query.get("after", 0))
        cursor = str(start + 100) if start < 200 else None
        return page([artifact(f"skill:{n:03}") for n in range(start, start + 100)], cursor)

    answers, site = ask({DEFAULT: listed}, replace(FAST, details=3))

    assert answers.pages["artifact_id"].to_list() == [f"skill:{n:03}" for n in range(300)]
    assert site.requests[DEFAULT] == 6
    assert failures(answers)["/artifacts/…"] == (
        None,
        "not sent for 297 artifacts: 3 are the limit",
    )


def test_at_most_four_requests_are_sent_at_once():
    items = [artifact(f"skill:{n}") for n in range(20)]
    details = {f"{ARTIFACTS}/{each['id']}": Reply(each, seconds=0.05) for each in items}

    answers, site = ask({DEFAULT: page(items)} | details, replace(FAST, answer_seconds=10))

    assert failures(answers) == {}
    assert 2 <= site.most_at_once <= 4


def test_a_list_with_groups_that_fails_is_a_failure_of_its_own():
    answers, _ = ask(
        {
            DEFAULT: lambda query: (
                Reply({"detail": "no\x1b subscript"}, 500)
                if "include_groups" in query
                else page([artifact()])
            )
        }
    )

    assert failures(answers) == {GROUPED: (500, "no\x1b subscript")}
    assert answers.complete == {"default"}


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_passing_failure_is_retried(status):
    replies = itertools.chain([Reply({}, status)], itertools.repeat(page([artifact()])))

    answers, site = ask({DEFAULT: lambda _: next(replies)})

    assert failures(answers) == {}
    assert site.requests[DEFAULT] == 3


def test_retries_end():
    answers, site = ask({DEFAULT: plain(Reply({}, 503, {"Retry-After": "0"}))})

    assert failures(answers) == {LISTED: (503, "Service Unavailable")}
    assert site.requests[DEFAULT] == 1 + 3
    assert answers.complete == frozenset()


@pytest.mark.slow
def test_a_retry_waits_as_long_as_the_server_asks():
    replies = itertools.chain([Reply({}, 429, {"Retry-After": "1"})], itertools.repeat(page([])))
    started = time.monotonic()

    answers, _ = ask({DEFAULT: lambda _: next(replies)})

    assert failures(answers) == {}
    assert time.monotonic() - started >= 1


def test_a_broken_connection_is_retried():
    class Broken:
        def __iter__(self):
            raise ConnectionError  # after the head of the answer

    replies = itertools.chain([Reply(chunks=Broken(), headers={"Content-Length": "9"})])

    answers, site = ask({DEFAULT: lambda _: next(replies, page([artifact()]))})

    assert failures(answers) == {}
    assert site.requests[DEFAULT] == 3


def test_an_endless_error_keeps_its_status():
    endless = Reply(status=500, chunks=itertools.repeat(b"x" * 65_536))

    answers, _ = ask({DEFAULT: plain(endless)})

    assert failures(answers) == {LISTED: (500, "Internal Server Error")}


def test_a_server_error_is_not_retried():
    answers, site = ask({DEFAULT: plain(Reply(b"<html>", 500))})

    assert failures(answers) == {LISTED: (500, "Internal Server Error")}
    assert site.requests[DEFAULT] == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(seconds=3), "no answer for 0.3 seconds"),
        (Reply(chunks=itertools.repeat(b" "), seconds=0.05), "no complete answer within 1 seconds"),
    ],
)
def test_a_slow_answer_is_given_up(reply, reason):
    started = time.monotonic()

    answers, _ = ask({DEFAULT: plain(reply)}, replace(FAST, read_seconds=0.3))

    assert failures(answers) == {LISTED: (None, reason)}
    assert time.monotonic() - started < 3


def test_an_endless_answer_is_cut_off():
    endless = Reply(chunks=itertools.repeat(b"[" * 65_536))

    answers, _ = ask({DEFAULT: plain(endless)}, replace(FAST, answer_bytes=1_000_000))

    assert failures(answers) == {LISTED: (200, "the answer is larger than 1 MB")}


def test_all_answers_together_have_a_limit():
    answers, _ = ask({}, replace(FAST, total_bytes=100))

    assert answers.pages.empty
    assert set(failures(answers)) >= {LISTED, GROUPED}


@pytest.mark.slow
def test_all_requests_together_have_a_limit():
    slow = Reply(page([]).content, seconds=0.7)

    answers, _ = ask({ARTIFACTS: slow}, replace(FAST, total_seconds=0.3))

    assert failures(answers) == {"(all later requests)": (None, "not sent: 0.3 seconds are over")}
    assert len(answers.pages) == 1


def test_lists_without_end_are_cut_off():
    numbers = itertools.count()

    answers, site = ask(
        {ARTIFACTS: lambda _: page([], str(next(numbers)))}, replace(FAST, pages=20)
    )

    assert [reason for _, reason in failures(answers).values()] == [
        "not sent: 20 pages are the limit"
    ]
    assert site.requests[ARTIFACTS] < 20


@pytest.mark.parametrize("cursor", ["", "same"])
def test_a_cursor_that_leads_nowhere_ends_the_list(cursor):
    answers, site = ask({DEFAULT: plain(page([artifact()], cursor))})

    (reason,) = [reason for _, reason in failures(answers).values()]
    assert reason == "its page names no next page although more follow"
    assert site.requests[DEFAULT] <= 3
    assert answers.complete == frozenset()


def test_a_redirect_on_the_same_server_is_followed():
    moved = Reply({}, 307, {"Location": "/api/v1/moved"})

    answers, _ = ask({DEFAULT: plain(moved), "/moved": page([artifact("skill:moved")])})

    assert answers.pages["artifact_id"].to_list() == ["skill:moved"]


def test_a_redirect_to_another_server_is_refused(monkeypatch):
    monkeypatch.setenv("SKILLMEAT_AUDIT_TOKEN", "secret-token")
    with loopback() as other:
        moved = Reply({}, 302, {"Location": f"{other.url}/api/v1/artifacts"})

        answers, _ = ask({DEFAULT: plain(moved)})

        assert failures(answers) == {
            LISTED: (302, "redirected to another server (127.0.0.1): refused")
        }
        assert other.requests == {}


@pytest.mark.parametrize(
    "target", ["/api/v1/user-collections/default/artifacts", "http://[", "\xff"]
)
def test_redirects_end(target):
    answers, site = ask({DEFAULT: plain(Reply({}, 302, {"Location": target}))})

    assert set(failures(answers)) == {LISTED}
    assert site.requests[DEFAULT] <= 5


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[" * 100_000,
        b"\xff",
        b"[]",
        b'{"items": null}',
        b'{"items": [5]}',
        b'{"items": [{"id": 5}]}',
        b'{"items": [{"id": "a", "source": "\\ud800"}]}',
        b'{"items": [], "page_info": {"has_next_page": "yes"}}',
        b'{"items": [{"id": "a", "source": ' + b"[" * 5000 + b"]" * 5000 + b"}]}",
    ],
)
def test_what_skillmeat_never_sends_is_a_failure(body):
    answers, _ = ask({DEFAULT: plain(Reply(body))})

    ((status, reason),) = failures(answers).values()
    assert status == 200
    assert reason.startswith("the answer is not what SkillMeat sends: ")


def test_a_compressed_answer_is_refused():
    answers, _ = ask({DEFAULT: plain(Reply(b"\x1f\x8b", headers={"Content-Encoding": "gzip"}))})

    assert failures(answers) == {LISTED: (200, "the answer is compressed, which was not requested")}


def test_texts_of_any_type_are_taken():
    odd = artifact(description={"a": [1]}, source=5, origin=True, origin_source="\x00\x1b")

    answers, _ = ask({DEFAULT: page([odd])})

    (only,) = records(answers.pages)
    assert list(only.values())[2:] == ['{"a":[1]}', "5", "true", "\x00\x1b"]


def test_ids_cannot_lead_elsewhere():
    hostile = "../../x?a=b#c/%2e"

    answers, site = ask({COLLECTIONS: page([{"id": hostile}])})

    assert site.requests.keys() - {COLLECTIONS, ARTIFACTS} == {
        "/user-collections/..%2F..%2Fx%3Fa%3Db%23c%2F%252e/artifacts"
    }
    assert len(failures(answers)) == 2


def test_a_server_that_does_not_answer_is_an_error():
    with loopback() as site:
        address = site.url

    with pytest.raises(LiveError, match=r"cannot reach a SkillMeat server at http://127\.0\.0\.1"):
        load_live(address, FAST)


def test_a_server_that_answers_something_else_was_reached():
    answers, _ = ask({COLLECTIONS: Reply({"detail": "Not authenticated"}, 401)})

    reason = "Not authenticated; put a valid token into SKILLMEAT_AUDIT_TOKEN"
    assert failures(answers) == {"/user-collections?limit=100": (401, reason)}


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:8080",
        "file:///etc",
        "http://",
        "http://u:pw@h/?q",
        "http://h:x",
        "http://u:1/pw@h",
    ],
)
def test_a_wrong_address_is_refused_without_showing_it(url):
    with pytest.raises(UsageError, match="--live needs the address of a server") as caught:
        load_live(url)

    assert "pw" not in str(caught.value)


def test_credentials_reach_the_server_and_nothing_else(monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("SKILLMEAT_AUDIT_TOKEN", "secret-token")

    answers, site = ask({COLLECTIONS: Reply({}, 500)})

    assert {headers["Authorization"] for headers in site.headers} == {"Bearer secret-token"}
    assert "secret-token" not in caplog.text + repr(answers) + str(failures(answers))


def test_a_password_in_the_address_is_not_shown(caplog):
    caplog.set_level(logging.DEBUG)
    with loopback() as site:
        answers = load_live(site.url.replace("//", "//user:pass-word@"), FAST)

        assert {headers["Authorization"][:6] for headers in site.headers} == {"Basic "}
    assert answers.url == f"{site.url}/api/v1"
    assert "pass-word" not in caplog.text + str(failures(answers))


@pytest.mark.parametrize("token", ["two\nlines", "nön"])
def test_a_token_that_no_header_can_hold_is_refused_without_showing_it(token, monkeypatch):
    monkeypatch.setenv("SKILLMEAT_AUDIT_TOKEN", token)

    with pytest.raises(UsageError) as caught:
        load_live("http://127.0.0.1:1", FAST)

    assert str(caught.value) == "SKILLMEAT_AUDIT_TOKEN holds characters that no token has"


def test_it_works_where_an_event_loop_runs_already():
    async def notebook():
        return ask({})

    answers, _ = asyncio.run(notebook())

    assert len(answers.pages) == 1


def test_a_certificate_that_nobody_signed_is_refused():
    with loopback(certificate=Path(__file__).with_name("self_signed.pem")) as site:
        with pytest.raises(LiveError, match="certificate"):
            load_live(site.url, FAST)

        assert site.requests == {}
