"""What makes a box of widgets behave in a notebook: keys, copy buttons, its static form hidden."""

from pathlib import Path

import anywidget
import traitlets


class Guard(anywidget.AnyWidget):
    """An invisible widget that watches over the box with the class ``static_id``.

    Keys typed in that box do not reach the notebook's shortcuts, its copy buttons work, and its
    static form, which a saved notebook shows without a kernel, is hidden as long as it is there.
    """

    _esm = Path(__file__).parent / "guard.js"
    _css = Path(__file__).parent / "guard.css"
    static_id = traitlets.Unicode().tag(sync=True)
