"""The proofs of a commit that a run's journal stores; `service.proofs` says how they work."""

import msgspec


class VersionProof(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="user_version"):
    """SQLite's ``user_version`` ``before`` the run, and the number set in its transaction."""

    before: int
    during: int


class TransactionProof(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="transaction"):
    """The number of a PostgreSQL transaction, and the object ids of its database and table."""

    server: str
    number: int


Proof = VersionProof | TransactionProof
