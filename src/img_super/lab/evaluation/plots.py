"""The report's plots as SVG, reproducible to the byte."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from img_super.lab.evaluation import resampling
from img_super.lab.evaluation.evaluate import Measured
from img_super.lab.evaluation.reliability import reliability
from img_super.lab.evaluation.report import Scored
from img_super.lab.evaluation.robustness import StepFigures


@dataclass(frozen=True, slots=True)
class Words:
    """The words of the plots, by language."""

    bpcer: str
    apcer: str
    score: str
    share: str
    genuine: str
    attacks: str
    attack_share: str
    change: str
    kinds: Mapping[str, str]


ENGLISH: Final = Words(
    "BPCER: genuine documents rejected", "APCER: attacks accepted", "score", "share of samples", "genuine", "attacks",
    "share of attacks", "median |score change|",
    {"jpeg": "JPEG quality", "scale": "scale", "blur": "blur (sigma / side)", "turn": "turned by (degrees)"},
)  # fmt: skip
SPANISH: Final = Words(
    "BPCER: documentos genuinos rechazados", "APCER: ataques aceptados", "score", "proporción de muestras", "genuinos",
    "ataques", "proporción de ataques", "mediana del cambio del score",
    {"jpeg": "calidad JPEG", "scale": "escala", "blur": "desenfoque (sigma / lado)", "turn": "giro (grados)"},
)  # fmt: skip

_CLIFF: Final = 0.1
"""Scores should move less than this in the median."""


def error_curves(results: Sequence[Measured], name: str, words: Words) -> bytes:
    """APCER against BPCER of every model on one set; closer to the lower left is better."""

    def draw(axes: Axes) -> None:
        for result in results:
            scored = result.scored[name]
            curves = resampling.Curves.of(scored.labels, scored.scores, np.ones((1, len(scored.labels))))
            auc = result.figures[name].auc
            label = result.model.title if auc is None else f"{result.model.title} (AUC {auc.value:.3f})"
            axes.plot(curves.bpcer[0], curves.apcer[0], label=label)
        axes.plot([0, 1], [1, 0], color="0.8", linestyle="--", linewidth=0.8)
        axes.set(xlabel=words.bpcer, ylabel=words.apcer, xlim=(0, 1), ylim=(0, 1))
        axes.legend(loc="upper right", frameon=False, fontsize="small")

    return _svg(draw)


def score_histogram(scored: Scored, threshold: float, words: Words) -> bytes:
    """The score distributions of both classes, and the threshold."""

    def draw(axes: Axes) -> None:
        bins = np.linspace(0, 1, 41).tolist()
        for label, text in ((0, words.genuine), (1, words.attacks)):
            scores = scored.scores[scored.labels == label]
            axes.hist(scores, bins=bins, weights=np.full(len(scores), 1 / len(scores)), alpha=0.6, label=text)
        axes.axvline(threshold, color="black", linewidth=1)
        axes.set(xlabel=words.score, ylabel=words.share, xlim=(0, 1))
        axes.legend(loc="upper center", frameon=False)

    return _svg(draw)


def reliability_curve(scored: Scored, words: Words) -> bytes:
    """The share of attacks by score; on the diagonal, scores are calibrated."""

    def draw(axes: Axes) -> None:
        bins = reliability(scored.labels, scored.scores)
        axes.plot([0, 1], [0, 1], color="0.8", linestyle="--", linewidth=0.8)
        axes.plot(bins.mean_score, bins.attack_share, marker="o", label=f"ECE {bins.ece:.3f}")
        axes.set(xlabel=words.score, ylabel=words.attack_share, xlim=(0, 1), ylim=(0, 1))
        axes.legend(loc="upper left", frameon=False)

    return _svg(draw)


def apcer_by_species(results: Sequence[Measured], name: str, words: Words) -> bytes:
    """Missed attacks of each species at each model's own threshold, with 95 % intervals."""

    def draw(axes: Axes) -> None:
        height = 0.8 / len(results)
        species = sorted(results[0].figures[name].species)
        rows = np.arange(len(species))
        for number, result in enumerate(results):
            missed = [result.figures[name].species[kind].apcer for kind in species]
            values = np.array([figure.value for figure in missed])
            ends = np.array([figure.interval_95 for figure in missed]).T
            spans = np.abs(ends - values)
            axes.barh(rows + number * height, values, height, xerr=spans, label=result.model.title, capsize=2)
        axes.set_yticks(rows + 0.4 - height / 2, species)
        axes.set(xlabel=words.apcer, xlim=(0, 1))
        axes.legend(loc="lower right", frameon=False, fontsize="small")

    return _svg(draw)


def robustness_curves(rows: Sequence[StepFigures], words: Words) -> bytes:
    """Median and 95th percentile of the score's change by step, one panel per kind of change."""
    kinds = [kind for kind in words.kinds if any(row.kind == kind for row in rows)]

    def draw(all_axes: Any) -> None:
        for axes, kind in zip(np.atleast_1d(all_axes), kinds, strict=True):
            steps = [row for row in rows if row.kind == kind]
            at = [f"{row.strength:g}" for row in steps]
            for label, changes, style in (
                ("median", [row.median_change for row in steps], "o-"),
                ("p95", [row.p95_change for row in steps], "o:"),
            ):
                axes.plot(at, [np.nan if change is None else change for change in changes], style, label=label)
            axes.axhline(_CLIFF, color="0.8", linewidth=0.8)
            axes.set(xlabel=words.kinds[kind], ylim=(0, None))
        np.atleast_1d(all_axes)[0].set_ylabel(words.change + " / p95")

    return _svg(draw, panels=len(kinds))


def _svg(draw: Callable[[Any], None], panels: int = 1) -> bytes:
    with mpl.rc_context({"svg.hashsalt": "img_super", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(5.4 if panels == 1 else 2.7 * panels, 3.4), layout="constrained")
        draw(figure.subplots(1, panels, sharey=panels > 1))
        file = BytesIO()
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
        return file.getvalue()
