"""The report as one self-contained HTML file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import pybase64
from jinja2 import Environment, FileSystemLoader

from img_super.domain import Float32Array, RgbImage
from img_super.lab.dataset.measured_sets import MeasuredSet
from img_super.lab.evaluation import plots
from img_super.lab.evaluation.evaluate import Measured, Mistake, worst_mistakes
from img_super.lab.evaluation.tables import (
    ENGLISH,
    Table,
    figures_table,
    policies_table,
    precisions_table,
    robustness_table,
)

TEMPLATES: Final = Path(__file__).parent / "templates"
THUMBNAIL_PX: Final = 136


@dataclass(frozen=True, slots=True)
class Plot:
    """An image as a `data:` URL."""

    caption: str
    source: str


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A misjudged sample; `heat_map` is empty if there is none."""

    caption: str
    crop: str
    heat_map: str


@dataclass(frozen=True, slots=True)
class Group:
    """The worst mistakes of one class; `instead` says why none is shown."""

    title: str
    thumbnails: Sequence[Thumbnail]
    instead: str


@dataclass(frozen=True, slots=True)
class Section:
    """One data set."""

    title: str
    tables: Sequence[Table]
    plots: Sequence[Plot]
    mistakes: Sequence[Group]


def html_report(results: Sequence[Measured], sets: Sequence[MeasuredSet], show_real: bool = False) -> str:
    """The whole report: the first model in detail, the others beside it.

    `show_real`: also show crops of real people's documents.
    """
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True)
    main = results[0]
    sections = [_section(results, data, show_real or not data.personal) for data in sets]
    if main.model.card.precisions:
        sections.append(Section("float32 and int8", [precisions_table(main, ENGLISH)], [], []))
    title = f"Evaluation of {main.model.title}"
    return environment.get_template("report.html.j2").render(title=title, sections=sections)


def plots_of(results: Sequence[Measured], name: str, words: plots.Words) -> Mapping[str, bytes]:
    """The SVG plots of one set, by name."""
    main = results[0]
    plots_by_kind = {
        "errors": plots.error_curves(results, name, words),
        "species": plots.apcer_by_species(results, name, words),
        "scores": plots.score_histogram(main.scored[name], main.model.card.threshold, words),
        "reliability": plots.reliability_curve(main.scored[name], words),
    }
    for title, rows in main.robustness.items():
        if title.startswith(name):
            plots_by_kind[f"robustness_{title.rpartition(' ')[2]}"] = plots.robustness_curves(rows, words)
    return plots_by_kind


def _section(results: Sequence[Measured], data: MeasuredSet, may_show: bool) -> Section:
    main = results[0]
    tables = [figures_table(results, data.name, ENGLISH), policies_table(main, data.name, ENGLISH)]
    tables += [
        robustness_table(rows, f"Robustness, {title}", ENGLISH)
        for title, rows in main.robustness.items()
        if title.startswith(data.name)
    ]
    pictures = [
        Plot(kind.replace("_", " "), _url("image/svg+xml", svg))
        for kind, svg in plots_of(results, data.name, plots.ENGLISH).items()
    ]
    return Section(ENGLISH.sets.get(data.name, data.name), tables, pictures, _mistakes(main, data, may_show))


def _mistakes(result: Measured, data: MeasuredSet, may_show: bool) -> list[Group]:
    scored = result.scored[data.name]
    groups = []
    for species, worst in worst_mistakes(scored, result.model.card.threshold).items():
        title = f"{species or 'genuine'}: {len(worst)} shown" if may_show else species or "genuine"
        instead = "None on the wrong side." if may_show or not worst else (
            f"{len(worst)} or more; real documents are personal data and are shown with --show-real only."
        )  # fmt: skip
        thumbnails = [_thumbnail(mistake, data, scored.heat_maps) for mistake in worst] if may_show else []
        groups.append(Group(title, thumbnails, instead))
    return groups


def _thumbnail(mistake: Mistake, data: MeasuredSet, heat_maps: Float32Array | None) -> Thumbnail:
    crop: RgbImage = data.crops[mistake.position]
    small = cv2.resize(crop, (THUMBNAIL_PX, THUMBNAIL_PX), interpolation=cv2.INTER_AREA)
    _, jpeg = cv2.imencode(".jpg", small[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])
    heat_map = ""
    if heat_maps is not None and heat_maps.size:
        grey = np.rint(heat_maps[mistake.position] * 255).astype(np.uint8)
        _, png = cv2.imencode(".png", grey)
        heat_map = _url("image/png", png.tobytes())
    return Thumbnail(
        f"score {mistake.score:.3f}, {data.documents[mistake.position]}", _url("image/jpeg", jpeg.tobytes()), heat_map
    )


def _url(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{pybase64.b64encode(data).decode()}"
