"""The figures of a replay, per artifact, as a terminal and a notebook show them."""

from collections.abc import Mapping
from typing import Any

LEGEND = (
    "right: description and source are what manifest, file and catalogue say. SQL counts SELECT, "
    "INSERT, UPDATE and DELETE; reads counts files read. kept: rows right in both after "
    "SkillMeat's next refresh."
)

ReplayedPath = Mapping[str, Any]  # a record of ``REPLAYS``


def path_figures(path: ReplayedPath) -> dict[str, str]:
    """Return the figures of one path by the heading of their column."""
    artifacts = path["artifacts"]
    # Both have to last for the row to be right: the smaller number is the honest one.
    lasting = min(path["kept_descriptions"], path["kept_sources"])
    seconds = path["seconds"]
    return {
        "right description": f"{path['descriptions']}/{artifacts}",
        "right source": f"{path['sources']}/{artifacts}",
        "wrong cells": str(path["wrong_cells"]),
        "SQL": f"{path['statements'] / artifacts:.2f}",
        "commits": f"{path['commits'] / artifacts:.2f}",
        "reads": f"{path['reads'] / artifacts:.2f}",
        "ms": "–" if seconds is None else f"{seconds / artifacts * 1000:.2f}",
        "kept": f"{lasting}/{artifacts}",
    }
