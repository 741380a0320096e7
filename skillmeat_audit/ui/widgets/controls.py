"""What all widgets share: a box with a static form, labelled controls, lines of status and code."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import ipywidgets as widgets
from IPython import get_ipython
from IPython.display import display
from markupsafe import Markup

from skillmeat_audit.reports.notebook.html import fragment, paragraph, text_html
from skillmeat_audit.ui.widgets.grid import Grid
from skillmeat_audit.ui.widgets.guard import Guard

LABEL_STYLE = {"description_width": "auto"}
# A notebook that is reopened without its kernel has no model: Jupyter says so in a box without any
# element, and the static form follows. Only the box of this widget is hidden.
_WITHOUT_KERNEL = (
    '.jp-OutputArea:has([data-skillmeat-static="{0}"]) '
    ".jp-OutputArea-output:not(:has(*)){{display:none}}"
)


class StaticBox(widgets.VBox):
    """A box that also has a static HTML and text form, for exports and untrusted notebooks."""

    def __init__(
        self,
        children: Sequence[widgets.Widget],
        on_filter: Callable[[dict[str, str]], None] | None = None,
    ) -> None:
        super().__init__(children)
        self._static_id = f"skillmeat-audit-{self.model_id}"
        self.add_class(self._static_id)
        self.guard = Guard(on_filter, static_id=self._static_id)
        self.children = (*children, self.guard)

    @property
    def html(self) -> str:
        """The HTML that the box displays now, without its controls."""
        return "\n".join(filter(None, map(_html, descendants(self))))

    def control(self, label: str) -> Any:
        """Return the control with this *label*; raise `KeyError` if none is displayed."""
        for child in descendants(self):
            if getattr(child, "description", None) == label:
                return child
        raise KeyError(label)

    def static_html(self) -> str:
        """Return the HTML to show where no widget can run."""
        raise NotImplementedError

    def update_code(self) -> None:
        """Show the code for what is displayed, with the names that variables have now."""

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        # The front end takes the widget where it can, else the HTML: GitHub, nbviewer, an export.
        bundle: dict[str, Any] = super()._repr_mimebundle_(**options) or {}
        return bundle | {"text/plain": repr(self), "text/html": self.static_html()}

    def _ipython_display_(self) -> None:
        """Display the widget, and after it its static form, which the guard hides."""
        # In one output, the static form is lost in a trusted notebook that is saved and reopened:
        # Jupyter prefers the widget, and then has no model for it.
        self.update_code()
        bundle = self._repr_mimebundle_()
        static = Markup('<div data-skillmeat-static="{0}"><style>{1}</style>{2}</div>').format(
            self._static_id,
            Markup(_WITHOUT_KERNEL.format(self._static_id)),
            Markup(bundle.pop("text/html")),
        )
        display(bundle, raw=True)  # type: ignore[no-untyped-call]
        static_bundle = {"text/html": static, "text/plain": ""}
        display(static_bundle, raw=True)  # type: ignore[no-untyped-call]


def descendants(box: widgets.Widget) -> Iterator[widgets.Widget]:
    """Yield every widget inside *box*, at any depth."""
    for child in getattr(box, "children", ()):
        yield child
        yield from descendants(child)


def _html(widget: widgets.Widget) -> str:
    if isinstance(widget, Grid):
        lines = (cell for line in widget.window["lines"] for cell, _ in line["cells"])
        return "\n".join((widget.status, *lines))
    hidden = widget.layout.display == "none" if isinstance(widget, widgets.HTML) else True
    return "" if hidden else str(widget.value)


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
    return widgets.Dropdown(
        description=label, style=LABEL_STYLE, layout={"width": width}, tooltip=label
    )


def row(*children: widgets.Widget) -> widgets.HBox:
    """Return *children* side by side, wrapped to more lines where they do not fit."""
    layout = widgets.Layout(flex_flow="row wrap", align_items="center", grid_gap="4px 12px")
    return widgets.HBox(children, layout=layout)


def variable_name(value: object, default: str) -> str:
    """Return the name of the notebook's variable that holds *value*, or *default*."""
    shell = get_ipython()
    variables = [] if shell is None else list(shell.user_ns.items())
    named = (name for name, held in variables if held is value and not name.startswith("_"))
    return next(named, default)


def code_html(label: str, code: str, origin: str = "") -> str:
    """Return a line that shows the *code* for what *label* says, with a button to copy it.

    *origin* is the code that had the same effect when it ran.
    """
    copy = Markup('<button type="button" class="copy" title="copy the code">copy</button>')
    shown = Markup("{}: <code>{}</code> {}").format(label, text_html(code), copy)
    made_by = Markup("made by <code>{}</code>").format(text_html(origin)) if origin else ""
    return fragment(paragraph(shown, made_by))


def status_html(*parts: object) -> str:
    """Return a status line that screen readers announce when it changes."""
    # role=status: announced when it changes, without taking the focus (WAI-ARIA).
    return f'<div role="status">{fragment(paragraph(*parts))}</div>'
