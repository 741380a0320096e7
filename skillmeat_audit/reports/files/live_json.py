"""Renders what a running SkillMeat shows beside the page model: the key ``live`` of a JSON."""

import msgspec

from skillmeat_audit.model.contracts import records
from skillmeat_audit.model.live import LiveComparison


class LiveDifference(msgspec.Struct, frozen=True):
    """A text that the server shows otherwise than the page model.

    ``column`` is null for an artifact that only one of them lists.
    """

    collection_id: str
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
    """The server without credentials, how many artifacts were compared, and what is wrong."""

    url: str
    compared: int
    differences: list[LiveDifference]
    failures: list[LiveFailure]


def live_record(live: LiveComparison | None) -> LiveRecord | msgspec.UnsetType:
    """Return *live* for a JSON; unset, and so absent, where no server was asked."""
    if live is None:
        return msgspec.UNSET
    return LiveRecord(
        live.answers.url,
        live.compared,
        [LiveDifference(**row) for row in records(live.differences)],
        [LiveFailure(**row) for row in records(live.answers.failures)],
    )
