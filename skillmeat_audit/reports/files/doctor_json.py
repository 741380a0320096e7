"""Renders the condition of an installation as JSON: ``skillmeat-audit/doctor/1``."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from skillmeat_audit.model.condition import Condition
from skillmeat_audit.reports.files.ascii_json import ascii_json


class ConditionRecord(msgspec.Struct, frozen=True):
    """The condition of one part; ``advice`` is what to do, empty where nothing is."""

    topic: str
    status: Literal["ok", "note", "fault"]
    detail: str
    advice: str


class DoctorDocument(
    msgspec.Struct, frozen=True, tag_field="schema", tag="skillmeat-audit/doctor/1"
):
    """The condition of every part of an installation."""

    conditions: list[ConditionRecord]


def doctor_json(conditions: Sequence[Condition]) -> bytes:
    """Return *conditions* as ``skillmeat-audit/doctor/1``, in their order."""
    return ascii_json(DoctorDocument([ConditionRecord(**vars(each)) for each in conditions]))
