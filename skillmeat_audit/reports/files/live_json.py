"""Renders what a running SkillMeat shows beside the page model: the key ``live`` of a JSON."""

import msgspec

from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.live import LiveComparison


class LiveDifference(msgspec.Struct, frozen=True):
    """A text that the server shows otherwise than the page model.

    ``page`` is collection, list (of all artifacts) or artifact (its own page); ``collection_id`` is
    null on the latter two, ``column`` for an artifact that only one of them lists.
    """

    page: str
    collection_id: str | None
    artifact_id: str
    column: str | None
    model: str | None
    live: str | None


class LiveFailure(msgspec.Struct, frozen=True):
    """A request that failed; ``status`` is null where there was no answer."""

    request: str
    status: int | None
    reason: str


class LiveRecord(msgspec.Struct, frozen=True):
    """The server without credentials, how many artifacts were compared, and what is wrong.

    ``compared`` counts them on pages of collections, ``singles`` in the list and on their own page.
    """

    url: str
    compared: int
    singles: int
    differences: list[LiveDifference]
    failures: list[LiveFailure]


def live_record(live: LiveComparison | None) -> LiveRecord | msgspec.UnsetType:
    """Return *live* for a JSON; unset, and so absent, where no server was asked."""
    if live is None:
        return msgspec.UNSET
    return LiveRecord(
        live.answers.url,
        live.compared,
        live.singles,
        [LiveDifference(**row) for row in records(live.differences)],
        [LiveFailure(**row) for row in records(live.answers.failures)],
    )
