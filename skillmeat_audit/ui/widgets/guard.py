"""What makes a box of widgets behave in a notebook: keys, copy buttons, its static form hidden."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets


class Guard(anywidget.AnyWidget):
    """An invisible widget that watches over the box with the class ``static_id``.

    Keys typed in that box do not reach the notebook's shortcuts, its copy buttons work, and its
    static form, which a saved notebook shows without a kernel, is hidden as long as it is there.
    A click on a part of a chart calls *on_filter* with its filters.
    """

    _esm = Path(__file__).parent / "guard.js"
    _css = Path(__file__).parent / "guard.css"
    static_id = traitlets.Unicode().tag(sync=True)

    def __init__(
        self, on_filter: Callable[[dict[str, str]], None] | None = None, **traits: Any
    ) -> None:
        super().__init__(**traits)
        self._on_filter = on_filter
        self.on_msg(lambda _widget, message, _buffers: self.receive(message))

    def receive(self, message: Any) -> None:
        """Set the filters of what was clicked: `filter_mark` wrote them."""
        filters = message.get("filter") if isinstance(message, dict) else None
        if self._on_filter is not None and isinstance(filters, dict):
            self._on_filter({str(name): str(value) for name, value in filters.items()})
