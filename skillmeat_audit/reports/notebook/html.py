"""The parts of static HTML for notebooks: no script, bounded, readable untrusted and in any theme.

`Markup` is HTML; every other value is text, and `text_html` escapes and cuts it. Tables have a
caption and header scopes; a word and a shape express each state, the colour only repeats it.

JupyterLab removes ``<style>`` from untrusted output, and keeps ``style`` attributes: alignment and
the colour of signs are in those, the theme's colours and spacing in the style sheet. Where a host
drops both (code hosts do), plain headings and tables remain.
"""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from urllib.parse import urlencode

from markupsafe import Markup

from skillmeat_audit.base.text import printable, shortened

ROW_LIMIT = 100
_VALUE_LIMIT_CHARS = 240
_SHAPES = {"error": "✖", "warning": "▲", "info": "●", "applied": "✔", "skipped": "▲"}
_SHAPES |= {"insert": "+", "update": "✎", "delete": "✖"}
# For signs without the style sheet: middle tones, 3 to 1 on white and on black.
_TONES = {"error": "#d9483b", "warning": "#b87f00", "skipped": "#b87f00", "info": "#0e86c4"}
_TONES |= {"applied": "#3f9142", "missing": "#d55e00", "differs": "#d55e00", "only-here": "#0e86c4"}
_LEFT, _NUMBER = "text-align:left;vertical-align:top", "text-align:right;vertical-align:top"
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
.skillmeat-audit b.right{opacity:.75;font-weight:400}
.skillmeat-audit b.missing,.skillmeat-audit b.differs{
color:color-mix(in srgb,#d55e00 65%,currentColor)!important}
.skillmeat-audit b.only-here{color:color-mix(in srgb,#0e86c4 60%,currentColor)!important}
.skillmeat-audit .bars{white-space:nowrap}
.skillmeat-audit .bar{print-color-adjust:exact;-webkit-print-color-adjust:exact}
.skillmeat-audit details{margin:.2em 0}
.skillmeat-audit summary{cursor:pointer}
.skillmeat-audit svg.time{display:block;max-width:720px;width:100%;height:auto}
.skillmeat-audit img.still{display:none}
.skillmeat-audit .live{display:block!important}
.skillmeat-audit thead th{border-bottom:2px solid var(--jp-border-color1,#888a);
vertical-align:bottom;overflow-wrap:normal}
.skillmeat-audit tbody th{font-weight:600}
.skillmeat-audit td.number,.skillmeat-audit th.number{text-align:right!important}
.skillmeat-audit .tag{white-space:nowrap}
.skillmeat-audit .empty{font-style:italic;opacity:.75}
.skillmeat-audit .error>b{color:color-mix(in srgb,var(--jp-error-color1,#d32f2f) 68%,
currentColor)!important}
.skillmeat-audit .warning>b,.skillmeat-audit .skipped>b{
color:color-mix(in srgb,var(--jp-warn-color1,#f57c00) 60%,currentColor)!important}
.skillmeat-audit .info>b{color:color-mix(in srgb,var(--jp-info-color1,#0097a7) 70%,
currentColor)!important}
.skillmeat-audit .applied>b{
color:color-mix(in srgb,var(--jp-success-color1,#388e3c) 75%,currentColor)!important}
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


def fragment(*parts: Markup) -> str:
    """Return *parts* as one fragment with its style; empty ones are left out.

    It is for a front end, and a plain ``str``: marimo takes a subclass for an object, not for HTML.
    """
    body = Markup("\n").join(part for part in parts if part)
    return str(Markup('<div class="skillmeat-audit">{}\n{}\n</div>').format(_STYLE, body))


def table_html(caption: str, header: Sequence[object], rows: Iterable[Sequence[object]]) -> Markup:
    """Return a table with a caption and scopes; numbers are on the right, as is their heading.

    The first cell of each row is its header.
    """
    listed = [list(row) for row in rows]
    body = _join(Markup("<tr>{}</tr>\n").format(_row(row)) for row in listed)
    numeric = [_is_number(value) for value in listed[0]] if listed else []
    return _table(caption, header, Markup("<tbody>{}</tbody>").format(body), numeric)


def grouped_html(
    caption: str,
    header: Sequence[object],
    groups: Iterable[tuple[object, Iterable[Sequence[object]]]],
) -> Markup:
    """Return a table as `table_html` does, its rows in *groups* with a heading each.

    The heading is to the left even where a host drops our style and has its own for cells.
    """
    body = Markup(
        '<tbody><tr><th scope="rowgroup" colspan="{}" style="{}"><div align="left">{}</div></th>'
        "</tr>\n{}</tbody>\n"
    )
    bodies = (
        body.format(
            len(header),
            _LEFT,
            text_html(title),
            _join(Markup("<tr>{}</tr>").format(_row(row)) for row in rows),
        )
        for title, rows in groups
    )
    return _table(caption, header, _join(bodies))


def _table(
    caption: str, header: Sequence[object], bodies: Markup, numeric: Sequence[bool] = ()
) -> Markup:
    aligned = [*numeric, *[False] * (len(header) - len(numeric))]
    head = _join(map(_heading, header, aligned))
    return Markup(
        '<table><caption style="text-align:left;caption-side:top">{}</caption>\n'
        "<thead><tr>{}</tr></thead>\n{}</table>"
    ).format(text_html(caption), head, bodies)


def _heading(name: object, is_number: bool) -> Markup:
    if is_number:
        cell = Markup('<th scope="col" class="number" style="{}">{}</th>')
        return cell.format(_NUMBER, text_html(name))
    return Markup('<th scope="col" style="{}">{}</th>').format(_LEFT, text_html(name))


def _row(row: Sequence[object]) -> Markup:
    first, *others = row
    header = Markup('<th scope="row" style="{}">{}</th>').format(_LEFT, text_html(first))
    return header + _join(map(_cell, others))


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float, Figure)) and not isinstance(value, bool)


def _cell(value: object) -> Markup:
    if _is_number(value):
        return Markup('<td class="number" style="{}">{}</td>').format(_NUMBER, text_html(value))
    return Markup('<td style="{}">{}</td>').format(_LEFT, text_html(value))


def _join(parts: Iterable[Markup]) -> Markup:
    return Markup("").join(parts)


def tag(word: str, kind: str | None = None) -> Markup:
    """Return *word* with the shape and colour of its *kind* (default: itself)."""
    kind = kind or word
    # The shape is a character, not an image: it is there without styles, and read aloud.
    return Markup('<span class="tag {}"><b{}>{}</b>&nbsp;{}</span>').format(
        kind, _tone(kind), _SHAPES.get(kind, ""), text_html(word)
    )


def sign(glyph: str, kind: str, words: str) -> Markup:
    """Return the *glyph* of a state in the colour of its *kind*, with its *words* on hover."""
    return Markup('<b class="{}" title="{}"{}>{}</b>').format(kind, words, _tone(kind), glyph)


def filter_mark(content: Markup, filters: Mapping[str, str]) -> Markup:
    """Return *content* with the filters of findings that a click on it sets in the explorer."""
    return Markup('<span data-filter="{}">{}</span>').format(urlencode(filters), content)


def _tone(kind: str) -> Markup:
    return Markup(' style="color:{}"').format(_TONES[kind]) if kind in _TONES else Markup()


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


def next_calls(*codes: str, label: str = "next") -> Markup:
    """Return a paragraph of the calls that may follow, after *label*."""
    listed = Markup(" · ").join(Markup("<code>{}</code>").format(text_html(c)) for c in codes)
    return Markup("<p>{}: {}</p>").format(label, listed)
