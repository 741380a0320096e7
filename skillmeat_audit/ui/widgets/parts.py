"""What the widgets share: labelled controls, a line of code, a static form for where none is."""

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets
from markupsafe import Markup

from skillmeat_audit.reports.notebook.html import fragment, paragraph, text_html

_WIDE = {"description_width": "auto"}
Action = Callable[[], None]


class StaticBox(widgets.VBox):
    """A box that also has a static HTML and text form: for exports, and where it is not trusted."""

    def static_html(self) -> str:
        """Return what is shown where no widget can be."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = super()._repr_mimebundle_(**options) or {}
        return bundle | {"text/plain": repr(self), "text/html": self.static_html()}


def button(text: str, why: str, action: Action, **traits: Any) -> widgets.Button:
    """Return a button that says in its tooltip *why* it would be pressed."""
    made = widgets.Button(description=text, tooltip=why, **traits)
    made.layout.width = "auto"
    made.on_click(lambda _: action())
    return made


def choice(label: str, width: str) -> widgets.Dropdown:
    """Return a labelled list to choose from, still empty.

    While it is closed, JupyterLab takes arrows and letters for commands of its own.
    """
    layout = widgets.Layout(width=width)
    tooltip = f"{label}: Space opens the list, Enter chooses"
    return widgets.Dropdown(description=label, style=_WIDE, layout=layout, tooltip=tooltip)


def row(*children: widgets.Widget) -> widgets.HBox:
    """Return *children* beside each other, in several lines where they do not fit."""
    layout = widgets.Layout(flex_flow="row wrap", align_items="center", grid_gap="4px 12px")
    return widgets.HBox(children, layout=layout)


def code_html(code: str) -> str:
    """Return a line that shows the *code* that does the same."""
    return fragment(Markup(f"<p>the same in code: <code>{text_html(code)}</code></p>"))


def status_html(*parts: object) -> str:
    """Return a line of status, announced to those who cannot see it."""
    return f'<div role="status">{fragment(paragraph(*parts))}</div>'
