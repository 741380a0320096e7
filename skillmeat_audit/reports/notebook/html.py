"""The parts of static HTML for notebooks: no script, bounded, readable untrusted and in any theme.

`Markup` is HTML; every other value is text, and `text_html` escapes and cuts it. Tables have a
caption and header scopes; a word and a shape express each state, the colour only repeats it. Where
a host drops styles (code hosts do), plain headings and tables remain.
"""

from collections.abc import Iterable, Sequence
from html import escape

from markupsafe import Markup

from skillmeat_audit.base.text import printable, shortened

ROW_LIMIT = 100
_VALUE_LIMIT_CHARS = 240
_SHAPES = {"error": "✖", "warning": "▲", "info": "●", "applied": "✔", "skipped": "▲"}
_SHAPES |= {"insert": "+", "update": "✎", "delete": "✖"}
# JupyterLab's own colours, with ours as fallback, mixed with the colour of the text: the contrast
# is at least 4.5 to 1 on a light page and on a dark one.
_STYLE = Markup("""<style>
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
.skillmeat-audit pre.diff{margin:.5em 0;padding:.4em .6em;white-space:pre-wrap;
overflow-wrap:anywhere;font-size:inherit;color:inherit;background:none;
border-left:3px solid var(--jp-border-color2,#8886)}
.skillmeat-audit pre.diff ins,.skillmeat-audit pre.diff del{text-decoration:none}
.skillmeat-audit pre.diff ins{background:#388e3c26;
color:color-mix(in srgb,var(--jp-success-color1,#388e3c) 40%,currentColor)}
.skillmeat-audit pre.diff del{background:#d32f2f26;
color:color-mix(in srgb,var(--jp-error-color1,#d32f2f) 40%,currentColor)}
.skillmeat-audit code{background:none;padding:0;font-size:inherit;color:inherit}
</style>""")


class Figure(str):
    """A formatted number, aligned to the right as numbers are."""

    __slots__ = ()


def text_html(value: object) -> Markup:
    """Return *value* as HTML: `Markup` unchanged, text printable, cut and escaped, None empty."""
    if isinstance(value, Markup):
        return value
    text = "" if value is None else shortened(printable(value), _VALUE_LIMIT_CHARS)
    return Markup(escape(text))  # html.escape: its entities are in the stored notebooks


def fragment(*parts: Markup) -> Markup:
    """Return *parts* as one fragment with its style; empty ones are left out."""
    body = Markup("\n").join(part for part in parts if part)
    return Markup('<div class="skillmeat-audit">{}\n{}\n</div>').format(_STYLE, body)


def table_html(caption: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Markup:
    """Return a table with a caption and scopes; numbers are on the right.

    The first cell of each row is its header.
    """
    body = _join(Markup("<tr>{}</tr>\n").format(_row(row)) for row in rows)
    return _table(caption, header, Markup("<tbody>{}</tbody>").format(body))


def grouped_html(
    caption: str, header: Sequence[str], groups: Iterable[tuple[object, Iterable[Sequence[object]]]]
) -> Markup:
    """Return a table as `table_html` does, its rows in *groups* with a heading each.

    The heading is to the left even where a host drops our style and has its own for cells.
    """
    body = Markup(
        '<tbody><tr><th scope="rowgroup" colspan="{}"><div align="left">{}</div></th></tr>\n'
        "{}</tbody>\n"
    )
    bodies = (
        body.format(
            len(header),
            text_html(title),
            _join(Markup("<tr>{}</tr>").format(_row(row)) for row in rows),
        )
        for title, rows in groups
    )
    return _table(caption, header, _join(bodies))


def _table(caption: str, header: Sequence[str], bodies: Markup) -> Markup:
    head = _join(Markup('<th scope="col">{}</th>').format(text_html(name)) for name in header)
    return Markup("<table><caption>{}</caption>\n<thead><tr>{}</tr></thead>\n{}</table>").format(
        text_html(caption), head, bodies
    )


def _row(row: Sequence[object]) -> Markup:
    first, *others = row
    header = Markup('<th scope="row">{}</th>').format(text_html(first))
    return header + _join(map(_cell, others))


def _cell(value: object) -> Markup:
    is_number = isinstance(value, (int, Figure))
    cell = Markup('<td class="number">{}</td>') if is_number else Markup("<td>{}</td>")
    return cell.format(text_html(value))


def _join(parts: Iterable[Markup]) -> Markup:
    return Markup("").join(parts)


def tag(word: str, kind: str | None = None) -> Markup:
    """Return *word* with the shape and colour of its *kind* (default: itself)."""
    kind = kind or word
    # The shape is a character, not an image: it is there without styles, and read aloud.
    return Markup('<span class="tag {}"><b>{}</b>&nbsp;{}</span>').format(
        kind, _SHAPES.get(kind, ""), text_html(word)
    )


def empty_sign(word: str = "(empty)") -> Markup:
    """Return the sign of an absent value."""
    return Markup('<span class="empty">{}</span>').format(text_html(word))


def join_parts(*parts: object) -> Markup:
    """Return *parts*, without empty ones, joined by middle dots."""
    return Markup(" · ").join(text_html(part) for part in parts if part)


def paragraph(*parts: object) -> Markup:
    """Return a paragraph of *parts*, joined by middle dots; nothing if all are empty."""
    content = join_parts(*parts)
    return Markup("<p>{}</p>").format(content) if content else content


def strong(text: object) -> Markup:
    """Return *text* in bold."""
    return Markup("<strong>{}</strong>").format(text_html(text))


def next_calls(*codes: str) -> Markup:
    """Return a paragraph of the calls that may follow."""
    listed = Markup(" · ").join(Markup("<code>{}</code>").format(text_html(c)) for c in codes)
    return Markup("<p>next: {}</p>").format(listed)
