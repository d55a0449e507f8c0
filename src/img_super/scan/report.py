"""The results for people: one HTML file, the most suspicious photos first.

It loads nothing external, and shows portraits, which are personal data, only if the user asked for thumbnails.
"""

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
from img_super.scan.report_chart import Number, chart
from img_super.scan.report_words import WORDS, Language
from img_super.scan.rows import ScanRow, model_name
from img_super.scan.summary import Summary
from img_super.sources.errors import FileError

MOST_SUSPICIOUS: Final = 200
"""Number of photos listed; the results have them all."""

_SPANISH: Final = str.maketrans({",": ".", ".": ","})
_FILTERED: Final = (Verdict.ATTACK, Verdict.UNDETERMINED, Verdict.BONA_FIDE)
_STYLE: Final = """\
:root { color-scheme: light dark; --edge: color-mix(in srgb, currentcolor 20%, transparent) }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2rem }
dl { display: flex; flex-wrap: wrap; gap: .75rem; margin: 0 }
dl div { border: 1px solid var(--edge); border-radius: .5rem; padding: .5rem 1rem }
dt { font-size: .85rem } dd { margin: 0; font-size: 1.5rem; font-variant-numeric: tabular-nums }
table { border-collapse: collapse; width: 100% }
.filters span { display: inline-block }
:is(h2, dt, th, .attack, .undetermined, .bona_fide)::first-letter { text-transform: uppercase }
th, td { text-align: left; padding: .35rem .5rem; border-bottom: 1px solid var(--edge); vertical-align: middle }
td.name { overflow-wrap: anywhere }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
.attack { color: light-dark(#b00020, #ff8a80); font-weight: 600 }
.undetermined { color: light-dark(#8a5300, #ffcc66) }
.bona_fide { color: light-dark(#35506b, #a9c4de) }
.filters { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem }
body:has(#show-attack:not(:checked)) tr:has(td.attack), body:has(#show-bona_fide:not(:checked)) tr:has(td.bona_fide),
body:has(#show-undetermined:not(:checked)) tr:has(td.undetermined) { display: none }
.axis, .threshold { fill: none; stroke: currentcolor } .threshold { stroke-dasharray: 4 3 }
svg text { fill: currentcolor; font-size: 12px; font-variant-numeric: tabular-nums }
img { border-radius: .25rem; display: block } svg { max-width: 100%; height: auto } rect { fill: currentcolor }
footer { margin-top: 2rem; font-size: .85rem }
"""


@dataclass(frozen=True, slots=True)
class Report:
    """A report's content: the counts and, from the journal, the most suspicious photos."""

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
    yield from _counts(report.summary, words, _number_in(report.language))
    yield f"<h2>{escape(words['scores'])}</h2>"
    yield chart(report.summary, words, _number_in(report.language))
    yield from _suspicious(report, words)
    yield from _errors(report.summary, words, _number_in(report.language))
    yield from _footer(report, words)
    yield "</body>\n</html>"


def _counts(summary: Summary, words: dict[str, str], number: Number) -> Iterator[str]:
    counts = {
        words["photos"]: summary.photos,
        words["attack"]: summary.verdicts[Verdict.ATTACK.value],
        words["undetermined"]: summary.verdicts[Verdict.UNDETERMINED.value],
        words["bona_fide"]: summary.verdicts[Verdict.BONA_FIDE.value],
        words["failed"]: summary.failed,
    }
    yield "<dl>"
    yield from (f"<div><dt>{escape(name)}</dt><dd>{number(count)}</dd></div>" for name, count in counts.items())
    yield "</dl>"


def _suspicious(report: Report, words: dict[str, str]) -> Iterator[str]:
    rows = report.journal.most_suspicious(MOST_SUSPICIOUS)
    yield f"<h2>{escape(words['suspicious'])}</h2>"
    yield from _filters(words)
    heads = [words["score"], words["verdict"], words["photo"], words["quality"]]
    yield from _table(
        [words["portrait"], *heads] if report.thumbnails else heads, (_cells(row, report, words) for row in rows)
    )


def _filters(words: dict[str, str]) -> Iterator[str]:
    """Without a script: CSS hides the rows of unticked verdicts."""
    yield '<p class="filters">'
    for verdict in _FILTERED:
        name = f'<span class="{verdict.value}">{escape(words[verdict.value])}</span>'
        yield f'<label><input type="checkbox" id="show-{verdict.value}" checked> {name}</label>'
    yield "</p>"


def _number_in(language: Language) -> Number:
    def number(value: float) -> str:
        text = f"{value:,}" if isinstance(value, int) else f"{round(value, 4):,g}"
        return text.translate(_SPANISH) if language == "es" else text

    return number


def _cells(row: ScanRow, report: Report, words: dict[str, str]) -> str:
    verdict = row.verdict or ""
    cells = (
        f'<td class="number">{_number_in(report.language)(row.score or 0)}</td>'
        f'<td class="{verdict}">{escape(words[verdict])}</td><td class="name">{escape(row.photo)}</td>'
        f"<td>{escape(', '.join(_remarks(row, words)))}</td>"
    )
    return _portrait(report.journal.thumbnail(row.photo)) + cells if report.thumbnails else cells


def _remarks(row: ScanRow, words: dict[str, str]) -> Iterator[str]:
    yield from (words.get(f"quality.{code}", code) for code in (row.quality or "").split())
    if row.outside:
        yield words["outside"].format(count=row.outside)


def _portrait(jpeg: bytes | None) -> str:
    if jpeg is None:
        return "<td></td>"
    return f'<td><img src="data:image/jpeg;base64,{b64encode(jpeg).decode()}" alt="" width="96" height="96"></td>'


def _errors(summary: Summary, words: dict[str, str], number: Number) -> Iterator[str]:
    if not summary.errors:
        return
    kinds: tuple[type[FileError] | type[InputError], ...] = (*input_errors(), *file_errors())
    advice = {kind.code: kind.advice for kind in kinds}
    yield f"<h2>{escape(words['failed'])}</h2>"
    yield from _table(
        [words["count"], words["code"], words["advice"]],
        (
            f'<td class="number">{number(count)}</td><td><code>{escape(code)}</code></td>'
            f"<td>{escape(words.get(f'advice.{code}') or advice.get(code, ''))}</td>"
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
    date = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    yield f"<footer><p>img_super {__version__}: {escape(models)}. {date}.</p>"
    yield f"<p>{escape(words['caution'])}</p></footer>"
