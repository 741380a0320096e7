"""The addresses of databases: what is a part of them, and what is never shown."""

import pytest

from skillmeat_audit.model.urls import is_sound, without_password


@pytest.mark.parametrize(
    "url",
    ["postgresql://h/db", "postgresql://u:p%40@h:5432/db?sslmode=require", "postgresql:///db"],
)
def test_an_address_whose_parts_can_be_told_apart_is_sound(url):
    assert is_sound(url)


@pytest.mark.parametrize(
    "rest",
    [
        "u:secret@h:notaport/db", "u:secret@h:99999/db", "u:secret@[::1/db", "u:sec/ret@h/db",
        "u:12/secret@h/db", "u:12?secret@h/db", "u:1#secret@h/db", "u:1@secret@h/db",
    ],
)  # fmt: skip
def test_an_address_in_which_a_password_may_hide_is_not(rest):
    assert not is_sound(f"postgresql://{rest}")


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
