"""What all widgets share: a box with a static form, labelled controls, lines of status and code."""

from collections.abc import Callable, Iterator
from typing import Any

import ipywidgets as widgets
from markupsafe import Markup

from skillmeat_audit.reports.notebook.html import fragment, paragraph, text_html

LABEL_STYLE = {"description_width": "auto"}


class StaticBox(widgets.VBox):
    """A box that also has a static HTML and text form, for exports and untrusted notebooks."""

    @property
    def html(self) -> str:
        """The HTML that the box displays now, without its controls."""
        return "\n".join(
            child.value for child in descendants(self) if isinstance(child, widgets.HTML)
        )

    def control(self, label: str) -> Any:
        """Return the control with this *label*; raise `KeyError` if none is displayed."""
        for child in descendants(self):
            # A hidden check box keeps its description from an earlier page.
            if getattr(child, "description", None) == label and child.layout.display != "none":
                return child
        raise KeyError(label)

    def static_html(self) -> str:
        """Return the HTML to show where no widget can run."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        # The front end takes the widget where it can, else the HTML: GitHub, nbviewer, an export.
        bundle: dict[str, Any] = super()._repr_mimebundle_(**options) or {}
        return bundle | {"text/plain": repr(self), "text/html": self.static_html()}


def descendants(box: widgets.Widget) -> Iterator[widgets.Widget]:
    """Yield every widget inside *box*, at any depth."""
    for child in getattr(box, "children", ()):
        yield child
        yield from descendants(child)


def button(text: str, tooltip: str, action: Callable[[], None]) -> widgets.Button:
    """Return a button that calls *action*."""
    new_button = widgets.Button(description=text, tooltip=tooltip, layout={"width": "auto"})
    new_button.on_click(lambda _: action())
    return new_button


def checkbox(label: str, *, ticked: bool = False) -> widgets.Checkbox:
    """Return a labelled box to tick, as wide as its label."""
    return widgets.Checkbox(ticked, description=label, indent=False, layout={"width": "auto"})


def dropdown(label: str, width: str) -> widgets.Dropdown:
    """Return a labelled drop-down list without options."""
    # While the list is closed, JupyterLab takes arrows and letters as its own commands, so the
    # tooltip says how to open it.
    tooltip = f"{label}: Space opens the list, Enter chooses"
    return widgets.Dropdown(
        description=label, style=LABEL_STYLE, layout={"width": width}, tooltip=tooltip
    )


def row(*children: widgets.Widget) -> widgets.HBox:
    """Return *children* side by side, wrapped to more lines where they do not fit."""
    layout = widgets.Layout(flex_flow="row wrap", align_items="center", grid_gap="4px 12px")
    return widgets.HBox(children, layout=layout)


def code_html(code: str) -> str:
    """Return a line that shows the *code* for the same action."""
    return fragment(Markup(f"<p>the same in code: <code>{text_html(code)}</code></p>"))


def status_html(*parts: object) -> str:
    """Return a status line that screen readers announce when it changes."""
    # role=status: announced when it changes, without taking the focus (WAI-ARIA).
    return f'<div role="status">{fragment(paragraph(*parts))}</div>'
