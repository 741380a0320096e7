"""What ``doctor`` reports: the condition of one part of an installation."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Condition:
    """The condition of a *topic*; ``advice`` is what to do, empty where nothing is.

    A ``note`` limits what can be done; a ``fault`` stops something that was set up.
    """

    topic: str
    status: Literal["ok", "note", "fault"]
    detail: str
    advice: str = ""
