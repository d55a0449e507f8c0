"""A histogram of scores: axes, the threshold, and bars in the colours of the verdicts."""

from collections.abc import Callable, Iterator
from html import escape
from typing import Final

from img_super.domain import Verdict
from img_super.scan.summary import SCORE_BINS, Summary

_LEFT, _TOP, _WIDTH, _HEIGHT, _BELOW = 48, 22, 640, 150, 26
_TICKS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
_FROM_BELOW: Final = (Verdict.BONA_FIDE, Verdict.UNDETERMINED, Verdict.ATTACK)

Number = Callable[[float], str]


def chart(summary: Summary, words: dict[str, str], number: Number) -> str:
    """The chart as SVG; `number` formats numbers for the report's language."""
    most = max(*summary.scores, 1)
    parts = [*_axes(most, number), *_bars(summary, most, words, number), *_threshold(summary, words, number)]
    size = f"{_LEFT + _WIDTH + 16} {_TOP + _HEIGHT + _BELOW}"
    return f'<svg viewBox="0 0 {size}" role="img" aria-label="{escape(words["chart"])}">{"".join(parts)}</svg>'


def _axes(most: int, number: Number) -> Iterator[str]:
    floor = _TOP + _HEIGHT
    yield f'<path class="axis" d="M{_LEFT} {_TOP}V{floor}H{_LEFT + _WIDTH}"/>'
    for tick in _TICKS:
        yield f'<text x="{_LEFT + tick * _WIDTH:g}" y="{floor + 18}" text-anchor="middle">{number(tick)}</text>'
    for count, y in ((most, _TOP + 5), (0, floor)):
        yield f'<text x="{_LEFT - 8}" y="{y}" text-anchor="end">{number(count)}</text>'


def _bars(summary: Summary, most: int, words: dict[str, str], number: Number) -> Iterator[str]:
    step = _WIDTH / SCORE_BINS
    for place in range(SCORE_BINS):
        below = 0
        span = f"{number(place / SCORE_BINS)} - {number((place + 1) / SCORE_BINS)}"
        for verdict in _FROM_BELOW:
            count = summary.by_verdict[verdict.value][place]
            if count:
                below += count
                yield (
                    f'<rect class="{verdict.value}" x="{_LEFT + place * step + 1:g}" width="{step - 2:g}" '
                    f'y="{_TOP + _HEIGHT * (1 - below / most):.1f}" height="{_HEIGHT * count / most:.1f}">'
                    f"<title>{span}, {escape(words[verdict.value])}: {number(count)}</title></rect>"
                )


def _threshold(summary: Summary, words: dict[str, str], number: Number) -> Iterator[str]:
    if summary.threshold is None:
        return
    x = _LEFT + summary.threshold * _WIDTH
    yield f'<path class="threshold" d="M{x:g} {_TOP - 6}V{_TOP + _HEIGHT}"/>'
    label = f"{escape(words['threshold'])} {number(summary.threshold)}"
    yield f'<text x="{x:g}" y="{_TOP - 10}" text-anchor="middle">{label}</text>'
