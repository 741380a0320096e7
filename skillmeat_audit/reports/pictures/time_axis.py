"""Draws on a true time axis: bars by day, lines by run, SkillMeat's releases and fixes as marks.

The text has the colour of the page around it, so that a picture is readable in any theme; values
are in ``<title>``, which browsers show on hover.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from markupsafe import Markup

from skillmeat_audit.base.text import printable
from skillmeat_audit.reports.facts.releases import MARKS, Mark

_WIDTH, _LEFT, _RIGHT, _TOP, _PLOT, _FOOT = 720, 34, 14, 24, 110, 20
_FLOOR = _TOP + _PLOT
_MOST_TICKS, _BAR, _DOT = 9, 5, 3.5
# Up to seven weeks by hours and days; longer axes have months.
_STEPS = (
    (timedelta(seconds=10), "%H:%M:%S"),
    (timedelta(minutes=1), "%H:%M"),
    (timedelta(minutes=10), "%m-%d %H:%M"),
    (timedelta(hours=1), "%m-%d %H:%M"),
    (timedelta(hours=6), "%m-%d %H:%M"),
    (timedelta(days=1), "%m-%d"),
    (timedelta(days=7), "%Y-%m-%d"),
)
# Middle tones (Okabe and Ito), visible on a light and on a dark page; the order of kinds, and the
# dashes of lines, say the same without colour.
COLOURS = {
    "wrong": "#d55e00",
    "right": "#8c8c8c",
    "errors": "#d55e00",
    "warnings": "#b87f00",
    "blank descriptions": "#0e86c4",
}
_DASHES = ("", "6 3", "2 3")


@dataclass(frozen=True)
class Moment:
    """A time (ISO, UTC) with a number for each kind; None where there is none."""

    at: str
    numbers: Mapping[str, int | None]


@dataclass(frozen=True)
class TimeAxis:
    """A picture: ``svg`` without its words, ``marks`` are the numbered marks in sight."""

    label: str
    body: Markup
    marks: tuple[Mark, ...]

    def svg(self, colour: str = "currentColor") -> Markup:
        """Return the picture with its text in *colour*: a grey one is readable as a file."""
        return Markup(
            '<svg xmlns="http://www.w3.org/2000/svg" class="time" role="img" aria-label="{}" '
            'viewBox="0 0 {} {}" font-size="11" font-family="sans-serif" color="{}">{}</svg>'
        ).format(printable(self.label), _WIDTH, _FLOOR + _FOOT, colour, self.body)

    @property
    def legend(self) -> tuple[str, ...]:
        """The marks in words, in the order of their numbers."""
        return tuple(
            f"{number}  {mark.day} {mark.what}" for number, mark in enumerate(self.marks, 1)
        )


@dataclass(frozen=True)
class _Scale:
    first: datetime
    last: datetime
    highest: int

    def x(self, at: str | datetime) -> float:
        moment = at if isinstance(at, datetime) else _moment(at)
        share = (moment - self.first) / (self.last - self.first)
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def y(self, number: float) -> float:
        return _FLOOR - number / self.highest * _PLOT


def bars(label: str, moments: Sequence[Moment]) -> TimeAxis:
    """Return *moments* as bars, the kinds of each on top of one another."""
    heights = [sum(n or 0 for n in each.numbers.values()) for each in moments]
    times = [_moment(each.at) for each in moments] or [_moment(MARKS[0].day)]
    # The release before the first day is in sight: what ran then is the question.
    before = [mark for each in MARKS if (mark := _moment(each.day)) <= min(times)]
    scale = _scale([*times, *before[-1:]], heights, timedelta(days=45))
    return _picture(label, scale, _join(_bar(each, scale) for each in moments))


def lines(label: str, moments: Sequence[Moment]) -> TimeAxis:
    """Return *moments* as a line per kind, with a point for each of them."""
    heights = [n or 0 for each in moments for n in each.numbers.values()]
    times = [_moment(each.at) for each in moments] or [_moment(MARKS[0].day)]
    # Runs of one day, or of one minute, are apart.
    scale = _scale(times, heights, timedelta(minutes=1))
    kinds = dict.fromkeys(kind for each in moments for kind in each.numbers)
    drawn = (_line(kind, number, moments, scale) for number, kind in enumerate(kinds))
    return _picture(label, scale, _join(drawn) + _join(_point(each, scale) for each in moments))


def _scale(times: Sequence[datetime], heights: Sequence[int], least: timedelta) -> _Scale:
    """Return the scale of *times* with room on both sides, *least* long."""
    first, last = min(times), max(times)
    margin = max((least - (last - first)) / 2, (last - first) / 30)
    return _Scale(first - margin, last + margin, max([*heights, 1]))


def _moment(at: str) -> datetime:
    moment = datetime.fromisoformat(at)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _picture(label: str, scale: _Scale, drawn: Markup) -> TimeAxis:
    marks = tuple(mark for mark in MARKS if scale.first <= _moment(mark.day) <= scale.last)
    numbered = enumerate(marks, 1)
    parts = (_axis(scale), drawn, _join(_mark(number, mark, scale) for number, mark in numbered))
    return TimeAxis(label, _join(parts), marks)


def _axis(scale: _Scale) -> Markup:
    line = Markup('<path d="M{} {}V{}H{}" fill="none" stroke="currentColor" opacity=".45"/>')
    top = Markup('<text x="{}" y="{}" text-anchor="end" fill="currentColor">{}</text>')
    return (
        line.format(_LEFT, _TOP, _FLOOR, _WIDTH - _RIGHT)
        + top.format(_LEFT - 5, _TOP + 8, scale.highest)
        + top.format(_LEFT - 5, _FLOOR, 0)
        + _join(_tick(at, label, scale) for at, label in _ticks(scale))
    )


def _ticks(scale: _Scale) -> list[tuple[datetime, str]]:
    """Return the rounded times that the axis has room for, with their labels."""
    span = scale.last - scale.first
    for interval, pattern in _STEPS:
        if span / interval <= _MOST_TICKS:
            start = datetime.combine(scale.first.date(), time(), UTC)
            steps = range(int((scale.last - start) / interval) + 1)
            times = (start + number * interval for number in steps)
            return [(at, f"{at:{pattern}}") for at in times if at >= scale.first]
    months = [
        datetime(year, month, 1, tzinfo=UTC)
        for year in range(scale.first.year, scale.last.year + 1)
        for month in range(1, 13)
    ]
    months = [month for month in months if scale.first < month <= scale.last]
    # A year is a whole number of these.
    for step in (1, 3, 6, 12):
        ticks = [month for month in months if (month.month - 1) % step == 0]
        if len(ticks) <= _MOST_TICKS:
            break
    return [(at, f"{at:%Y-%m}") for at in ticks[:: -(-len(ticks) // _MOST_TICKS) or 1]]


def _tick(at: datetime, label: str, scale: _Scale) -> Markup:
    x = scale.x(at)
    return Markup(
        '<path d="M{:.1f} {}v4" stroke="currentColor" opacity=".45"/>'
        '<text x="{:.1f}" y="{}" text-anchor="middle" fill="currentColor">{}</text>'
    ).format(x, _FLOOR, min(x, _WIDTH - 34), _FLOOR + 16, label)


def _bar(moment: Moment, scale: _Scale) -> Markup:
    middle = _moment(moment.at) + timedelta(hours=12)
    x, floor = scale.x(middle) - _BAR / 2, float(_FLOOR)
    parts = []
    for kind, number in moment.numbers.items():
        if number:
            # A day with one row is visible beside a day with a thousand.
            height = max(_FLOOR - scale.y(number), 2)
            floor -= height
            shape = Markup('<rect x="{:.1f}" y="{:.1f}" width="{}" height="{:.1f}" fill="{}"/>')
            parts.append(shape.format(x, floor, _BAR, height, COLOURS[kind]))
    return Markup("<g><title>{}</title>{}</g>").format(_words(moment), _join(parts))


def _line(kind: str, number: int, moments: Sequence[Moment], scale: _Scale) -> Markup:
    points = " ".join(
        f"{scale.x(each.at):.1f},{scale.y(value):.1f}"
        for each in moments
        if (value := each.numbers.get(kind)) is not None
    )
    return Markup(
        '<polyline points="{}" fill="none" stroke="{}" stroke-width="2" stroke-dasharray="{}"/>'
    ).format(points, COLOURS[kind], _DASHES[number % len(_DASHES)])


def _point(moment: Moment, scale: _Scale) -> Markup:
    x, heights, dots = scale.x(moment.at), list[float](), list[Markup]()
    for kind, number in moment.numbers.items():
        if number is None:
            continue
        # Beside a dot that it would hide: 13 errors and 13 warnings are two dots.
        beside = sum(abs(height - scale.y(number)) < _DOT for height in heights)
        heights.append(scale.y(number))
        circle = Markup('<circle cx="{:.1f}" cy="{:.1f}" r="{}" fill="{}"/>')
        dots.append(circle.format(x + 2 * _DOT * beside, heights[-1], _DOT, COLOURS[kind]))
    if not dots:  # a run that failed
        cross = Markup('<path d="M{:.1f} {}l8 8m0 -8l-8 8" stroke="{}" stroke-width="2"/>')
        dots = [cross.format(x - 4, _FLOOR - 12, COLOURS["errors"])]
    return Markup("<g><title>{}</title>{}</g>").format(_words(moment), _join(dots))


def _words(moment: Moment) -> str:
    numbers = [f"{kind} {n}" for kind, n in moment.numbers.items() if n is not None]
    return f"{moment.at[:16].replace('T', ' ')}: {', '.join(numbers) or 'could not be checked'}"


def _mark(number: int, mark: Mark, scale: _Scale) -> Markup:
    x = scale.x(mark.day)
    # Two levels of numbers: fixes of one week do not lie over one another.
    top = 9 if number % 2 else 20
    return Markup(
        '<g><title>{}</title><path d="M{:.1f} {}V{}" stroke="currentColor" stroke-dasharray="3 3" '
        'opacity=".6"/><text x="{:.1f}" y="{}" text-anchor="middle" fill="currentColor" '
        'font-weight="bold">{}</text></g>'
    ).format(f"{mark.day} {mark.what}", x, top + 2, _FLOOR, x, top, number)


def _join(parts: Sequence[Markup] | Iterator[Markup]) -> Markup:
    return Markup("").join(parts)
