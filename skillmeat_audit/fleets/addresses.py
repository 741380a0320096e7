"""Addresses of databases whose credentials are in the environment."""

import os
import re
from urllib.parse import quote

from skillmeat_audit.base.errors import UsageError
from skillmeat_audit.base.text import printable
from skillmeat_audit.base.urls import secrets_in

SCHEMES = ("sqlite", "postgresql", "postgresql+psycopg")
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")  # ${AUDIT_PASSWORD}


def check_address(address: str) -> None:
    """Raise `UsageError` unless *address* is one that a fleet's file may hold."""
    if _VARIABLE.fullmatch(address) or "://" not in address:
        return
    scheme = address.partition("://")[0]
    if scheme not in SCHEMES:
        raise UsageError(
            f"cannot read a database of the kind {printable(scheme)}; "
            f"give a file, or one of {', '.join(f'{each}://…' for each in SCHEMES)}"
        )
    if any(not _VARIABLE.fullmatch(secret) for secret in secrets_in(address)):
        raise UsageError(
            "the database's address has a password; write ${NAME} in its place, and set the "
            "variable NAME in the environment"
        )


def is_path(address: str) -> bool:
    """Return whether *address* is the path of a file."""
    return "://" not in address and not _VARIABLE.fullmatch(address)


def database_address(address: str | None) -> str | None:
    """Return *address* with the values of its variables; raise `UsageError` for an unset one.

    Only the process that opens the database calls this: no credentials are sent to another one.
    """
    if address is None or is_path(address):
        return address
    # A variable that is a part of an address holds plain text; one that is all of it, an address.
    is_whole = _VARIABLE.fullmatch(address) is not None

    def value_of(match: re.Match[str]) -> str:
        value = os.environ.get(match[1])
        if not value:
            raise UsageError(
                f"the variable {match[1]} of the database's address is not set in the environment"
            )
        return value if is_whole else quote(value, safe="")

    return _VARIABLE.sub(value_of, address)
