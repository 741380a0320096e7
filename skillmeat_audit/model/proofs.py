"""How a database itself proves that a run was committed; a run's journal keeps one of these."""

import msgspec


class VersionProof(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="user_version"):
    """SQLite's ``user_version``: ``before`` the run, and the number set in its transaction."""

    before: int
    during: int


class TransactionProof(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="transaction"):
    """The number of a PostgreSQL transaction, and the database and table it was in."""

    server: str
    number: int


Proof = VersionProof | TransactionProof
