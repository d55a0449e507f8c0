"""The results as one HTML file for people, the most suspicious first.

It asks for nothing outside itself, and it shows portraits only when the user wanted thumbnails: they are personal data.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Final

from img_super import __version__
from img_super.domain import ModelIdentity, Verdict
from img_super.errors import InputError, input_errors
from img_super.scan.errors import file_errors
from img_super.scan.journal import Journal
from img_super.scan.report_words import WORDS, Language
from img_super.scan.rows import ScanRow, model_name
from img_super.scan.summary import SCORE_BINS, Summary
from img_super.sources.errors import FileError

MOST_SUSPICIOUS: Final = 200
"""So many photos are listed; the results have them all."""

_CHART_WH: Final = (640, 120)
_STYLE: Final = """\
:root { color-scheme: light dark; --edge: color-mix(in srgb, currentcolor 20%, transparent) }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2rem }
dl { display: flex; flex-wrap: wrap; gap: .75rem; margin: 0 }
dl div { border: 1px solid var(--edge); border-radius: .5rem; padding: .5rem 1rem }
dt { font-size: .85rem } dd { margin: 0; font-size: 1.5rem; font-variant-numeric: tabular-nums }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .35rem .5rem; border-bottom: 1px solid var(--edge); vertical-align: middle }
td { overflow-wrap: anywhere } td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
.attack { color: light-dark(#b00020, #ff8a80); font-weight: 600 }
.undetermined { color: light-dark(#8a5300, #ffcc66) }
img { border-radius: .25rem; display: block } svg { max-width: 100%; height: auto } rect { fill: currentcolor }
footer { margin-top: 2rem; font-size: .85rem }
"""


@dataclass(frozen=True, slots=True)
class Report:
    """What a report tells: the counts, and from the journal the most suspicious photos."""

    sources: tuple[str, ...]
    summary: Summary
    journal: Journal
    models: tuple[ModelIdentity, ModelIdentity]
    thumbnails: bool = False
    language: Language = "en"


def write_report(report: Report, path: Path) -> None:
    """Write the HTML file."""
    path.write_text("\n".join(_page(report)) + "\n", encoding="utf-8")


def _page(report: Report) -> Iterator[str]:
    words = WORDS[report.language]
    yield f'<!doctype html>\n<html lang="{report.language}">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield """<meta http-equiv="Content-Security-Policy" """ + (
        """content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">"""
    )
    yield f"<title>{escape(words['title'])}</title>\n<style>\n{_STYLE}</style>\n</head>\n<body>"
    yield f"<h1>{escape(words['title'])}</h1>"
    yield f"<p>{escape(words['of'])} {', '.join(f'<code>{escape(source)}</code>' for source in report.sources)}</p>"
    yield from _counts(report.summary, words)
    yield f"<h2>{escape(words['scores'])}</h2>"
    yield _chart(report.summary.scores, words["chart"])
    yield from _suspicious(report, words)
    yield from _errors(report.summary, words)
    yield from _footer(report, words)
    yield "</body>\n</html>"


def _counts(summary: Summary, words: dict[str, str]) -> Iterator[str]:
    counts = {
        words["photos"]: summary.photos,
        words["attack"]: summary.verdicts[Verdict.ATTACK.value],
        words["undetermined"]: summary.verdicts[Verdict.UNDETERMINED.value],
        words["bona_fide"]: summary.verdicts[Verdict.BONA_FIDE.value],
        words["failed"]: summary.failed,
    }
    yield "<dl>"
    yield from (f"<div><dt>{escape(name)}</dt><dd>{count:,}</dd></div>" for name, count in counts.items())
    yield "</dl>"


def _chart(scores: list[int], label: str) -> str:
    """How many photos have which score, as bars from 0 on the left to 1 on the right."""
    width, height = _CHART_WH
    step, most = width / SCORE_BINS, max(*scores, 1)
    bars = "".join(
        f'<rect x="{place * step:g}" y="{height * (1 - count / most):.1f}" width="{step - 2:g}" '
        f'height="{height * count / most:.1f}"><title>{place / SCORE_BINS:g} - {(place + 1) / SCORE_BINS:g}: '
        f"{count:,}</title></rect>"
        for place, count in enumerate(scores)
    )
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}">{bars}</svg>'


def _suspicious(report: Report, words: dict[str, str]) -> Iterator[str]:
    rows = report.journal.most_suspicious(MOST_SUSPICIOUS)
    yield f"<h2>{escape(words['suspicious'])}</h2>"
    heads = [words["score"], words["verdict"], words["photo"], words["quality"]]
    yield from _table(
        [words["portrait"], *heads] if report.thumbnails else heads, (_cells(row, report, words) for row in rows)
    )


def _cells(row: ScanRow, report: Report, words: dict[str, str]) -> str:
    verdict = row.verdict or ""
    cells = (
        f'<td class="number">{row.score:.4f}</td><td class="{verdict}">{escape(words[verdict])}</td>'
        f"<td>{escape(row.photo)}</td><td>{escape(row.quality or '')}</td>"
    )
    return _portrait(report.journal.thumbnail(row.photo)) + cells if report.thumbnails else cells


def _portrait(jpeg: bytes | None) -> str:
    if jpeg is None:
        return "<td></td>"
    return f'<td><img src="data:image/jpeg;base64,{b64encode(jpeg).decode()}" alt="" width="96" height="96"></td>'


def _errors(summary: Summary, words: dict[str, str]) -> Iterator[str]:
    if not summary.errors:
        return
    kinds: tuple[type[FileError] | type[InputError], ...] = (*input_errors(), *file_errors())
    advice = {kind.code: kind.advice for kind in kinds}
    yield f"<h2>{escape(words['failed'])}</h2>"
    yield from _table(
        [words["count"], words["code"], words["advice"]],
        (
            f'<td class="number">{count:,}</td><td><code>{escape(code)}</code></td>'
            f"<td>{escape(advice.get(code, ''))}</td>"
            for code, count in summary.errors.most_common()
        ),
    )


def _table(heads: list[str], rows: Iterable[str]) -> Iterator[str]:
    yield "<table>\n<thead><tr>" + "".join(f'<th scope="col">{escape(head)}</th>' for head in heads) + "</tr></thead>"
    yield "<tbody>"
    yield from (f"<tr>{row}</tr>" for row in rows)
    yield "</tbody>\n</table>"


def _footer(report: Report, words: dict[str, str]) -> Iterator[str]:
    models = ", ".join(f"{model_name(model)} ({model.sha256[:12]})" for model in report.models)
    made = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    yield f"<footer><p>img_super {__version__}: {escape(models)}. {made}.</p>"
    yield f"<p>{escape(words['caution'])}</p></footer>"
