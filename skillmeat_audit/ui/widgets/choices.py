"""The choices of the repair panel: what a plan takes, where it writes, how much it overwrites."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import ipywidgets as widgets

from skillmeat_audit.api.options import Options
from skillmeat_audit.api.planning import TARGETS
from skillmeat_audit.api.values import Audit, Plan
from skillmeat_audit.model.findings import WRITABLE
from skillmeat_audit.repair.overwrites import overwrite_limit
from skillmeat_audit.ui.widgets.controls import LABEL_STYLE, checkbox, dropdown, row
from skillmeat_audit.ui.widgets.panel_texts import DISPOSITION_LABELS, TARGET_LABELS


class RepairChoices(widgets.VBox):
    """The controls that decide what is planned; calls *on_change* when one of them changes."""

    def __init__(self, options: Options, rows: int, on_change: Callable[[], None]) -> None:
        self._options, self._default_limit = options, overwrite_limit(rows)
        self._dispositions = {
            disposition: checkbox(label, ticked=disposition in WRITABLE)
            for disposition, label in DISPOSITION_LABELS.items()
        }
        self._deletes = checkbox("delete orphans")
        limit = options.max_overwrites
        self.limit = widgets.BoundedIntText(
            self._default_limit if limit is None else limit,
            min=0,
            max=rows,
            description="rows that may be overwritten or deleted",
            layout={"width": "360px"},
            style=LABEL_STYLE,
        )
        self._targets = dropdown("writes", "290px")
        self._targets.options, self._targets.value = list(TARGET_LABELS.items()), TARGETS
        controls = [self._targets, *self._dispositions.values(), self._deletes, self.limit]
        for control in controls:
            control.observe(lambda _: on_change(), "value")
        super().__init__([row(*controls)])

    @property
    def options(self) -> Options:
        """The options of a run: those given, with the limit of overwritten rows."""
        limit = self.limit.value
        # Nothing to state where the limit is the one that a run has anyway.
        if self._options.max_overwrites is None and limit == self._default_limit:
            return self._options
        return replace(self._options, max_overwrites=limit)

    @property
    def code(self) -> str:
        """The arguments of `Audit.plan` as code."""
        arguments = self._arguments()
        code = f"dispositions={arguments['dispositions']!r}"
        code += ", deletes=True" if arguments["deletes"] else ""
        targets = arguments["targets"]
        return code if targets == TARGETS else f"{code}, targets={targets!r}"

    def plan(self, audit: Audit) -> Plan:
        """Return the plan for *audit*."""
        return audit.plan(**self._arguments())

    def _arguments(self) -> dict[str, Any]:
        chosen = tuple(key.value for key, box in self._dispositions.items() if box.value)
        return {
            "dispositions": chosen,
            "deletes": self._deletes.value,
            "targets": self._targets.value,
        }
