"""The parts of static HTML for notebooks: no script, bounded, readable untrusted and in any theme.

Everything that is not `Markup` is text from outside, and is escaped and cut. Tables carry a caption
and header scopes; a state is told by word and shape, colour only repeats it. Where a host drops
styles (code hosts do), what is left are plain headings and tables.
"""

from collections.abc import Iterable, Sequence
from html import escape

from skillmeat_audit.base.text import printable, shortened

ROW_LIMIT = 100
_VALUE_LIMIT_CHARS = 240
_SHAPES = {
    "error": "✖", "warning": "▲", "info": "●", "applied": "✔", "skipped": "▲",
    "insert": "+", "update": "✎", "delete": "✖",
}  # fmt: skip
# Colours are JupyterLab's own where it is there, else ours, mixed with the colour of the text: so
# they stand out enough (4.5 to 1) from a light page and from a dark one.
_STYLE = """<style>
.skillmeat-audit{font-size:var(--jp-ui-font-size1,13px);line-height:1.45;overflow-x:auto}
.skillmeat-audit p{margin:.3em 0}
.skillmeat-audit table{border-collapse:collapse;margin:.7em 0;font-size:inherit}
.skillmeat-audit caption{caption-side:top;text-align:left;font-weight:600;padding:.2em 0;
color:inherit}
.skillmeat-audit th,.skillmeat-audit td{text-align:left!important;vertical-align:top;
padding:.2em .8em .2em 0;border:0;border-bottom:1px solid var(--jp-border-color2,#8886);
background:none;white-space:normal;max-width:34em;overflow-wrap:break-word}
.skillmeat-audit .value{overflow-wrap:anywhere}
.skillmeat-audit .long{display:block;min-width:9em}
.skillmeat-audit th[scope=rowgroup]{padding-top:.7em}
.skillmeat-audit thead th{border-bottom:2px solid var(--jp-border-color1,#888a);
vertical-align:bottom;overflow-wrap:normal}
.skillmeat-audit tbody th{font-weight:600}
.skillmeat-audit td.number,.skillmeat-audit th.number{text-align:right!important}
.skillmeat-audit .tag{white-space:nowrap}
.skillmeat-audit .empty{font-style:italic;opacity:.75}
.skillmeat-audit .error>b{color:color-mix(in srgb,var(--jp-error-color1,#d32f2f) 68%,currentColor)}
.skillmeat-audit .warning>b,.skillmeat-audit .skipped>b{
color:color-mix(in srgb,var(--jp-warn-color1,#f57c00) 60%,currentColor)}
.skillmeat-audit .info>b{color:color-mix(in srgb,var(--jp-info-color1,#0097a7) 70%,currentColor)}
.skillmeat-audit .applied>b{
color:color-mix(in srgb,var(--jp-success-color1,#388e3c) 75%,currentColor)}
.skillmeat-audit mark{background:#ffe58a;color:#1b1b1b;text-decoration:underline;padding:0 .1em}
.skillmeat-audit code{background:none;padding:0;font-size:inherit;color:inherit}
</style>"""


class Markup(str):
    """HTML of our own making, shown as it is."""

    __slots__ = ()


class Figure(str):
    """A number in a form of its own, shown at the right as numbers are."""

    __slots__ = ()


def fragment(*parts: str) -> str:
    """Return *parts* as one fragment with its style; empty ones are left out."""
    body = "\n".join(part for part in parts if part)
    return f'<div class="skillmeat-audit">{_STYLE}\n{body}\n</div>'


def table_html(caption: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table with a caption and scopes, every value escaped and cut; numbers are right.

    The first cell of each row heads it.
    """
    body = "".join(f"<tr>{_row(row)}</tr>\n" for row in rows)
    return _table(caption, header, f"<tbody>{body}</tbody>")


def grouped_html(
    caption: str,
    header: Sequence[str],
    groups: Iterable[tuple[str, Iterable[Sequence[object]]]],
) -> str:
    """Return a table as `table_html` does, its rows in *groups* under a heading each.

    The heading is to the left even where a host drops our style and has its own for cells.
    """
    bodies = (
        f'<tbody><tr><th scope="rowgroup" colspan="{len(header)}">'
        f'<div align="left">{text_html(title)}</div></th></tr>\n'
        f"{''.join(f'<tr>{_row(row)}</tr>' for row in rows)}</tbody>\n"
        for title, rows in groups
    )
    return _table(caption, header, "".join(bodies))


def _table(caption: str, header: Sequence[str], bodies: str) -> str:
    head = "".join(f'<th scope="col">{text_html(name)}</th>' for name in header)
    return (
        f"<table><caption>{text_html(caption)}</caption>\n<thead><tr>{head}</tr></thead>\n"
        f"{bodies}</table>"
    )


def _row(row: Sequence[object]) -> str:
    first, *others = row
    return f'<th scope="row">{text_html(first)}</th>' + "".join(map(_cell, others))


def _cell(value: object) -> str:
    kind = ' class="number"' if isinstance(value, (int, Figure)) else ""
    return f"<td{kind}>{text_html(value)}</td>"


def text_html(value: object) -> str:
    """Return *value* as HTML text: printable, cut, escaped; nothing for None."""
    if isinstance(value, Markup):
        return value
    return "" if value is None else escape(shortened(printable(value), _VALUE_LIMIT_CHARS))


def tag(word: str, kind: str | None = None) -> Markup:
    """Return *word* with the shape of its *kind* (default: itself), the colour with the shape."""
    kind = kind or word
    shape = _SHAPES.get(kind, "")
    return Markup(f'<span class="tag {kind}"><b>{shape}</b>&nbsp;{text_html(word)}</span>')


def empty_sign(word: str = "(empty)") -> Markup:
    """Return the sign for a value that is not there."""
    return Markup(f'<span class="empty">{text_html(word)}</span>')


def join_parts(*parts: object) -> Markup:
    """Return *parts* that say something, joined by middle dots."""
    return Markup(" · ".join(text_html(part) for part in parts if part))


def paragraph(*parts: object) -> str:
    """Return a paragraph of *parts*, joined by middle dots; nothing where they are silent."""
    said = join_parts(*parts)
    return f"<p>{said}</p>" if said else ""


def strong(text: object) -> Markup:
    """Return *text* in bold."""
    return Markup(f"<strong>{text_html(text)}</strong>")


def next_calls(*codes: str) -> str:
    """Return a paragraph that names the next next_calls."""
    listed = " · ".join(f"<code>{text_html(code)}</code>" for code in codes)
    return f"<p>next: {listed}</p>"
