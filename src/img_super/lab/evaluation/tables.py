"""The figures as tables with models side by side: English in the report, Spanish in the documents."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Final

from img_super.figures import Figure, SetFigures
from img_super.lab.evaluation.evaluate import Measured
from img_super.lab.evaluation.robustness import StepFigures


@dataclass(frozen=True, slots=True)
class Table:
    """A table of texts."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def as_markdown(self) -> str:
        lines = [self.head, ["---"] * len(self.head), *self.rows]
        return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


@dataclass(frozen=True, slots=True)
class Names:
    """The words of the tables; the keys of `figures` are fields of `SetFigures`."""

    figure: str
    counted: str
    figures: Mapping[str, str]
    iou: str
    peak: str
    to: str
    policies: Sequence[str]
    robustness: Sequence[str]
    precisions: Sequence[str]
    sets: Mapping[str, str]
    worst: str
    groups: Sequence[str]
    traits: Mapping[str, str]


ENGLISH: Final = Names(
    figure="figure",
    counted="genuine, attacks, documents",
    figures={
        "auc": "AUC", "eer": "EER", "bpcer": "BPCER at the threshold", "apcer": "APCER at the threshold",
        "tpr_at_fpr_1": "TPR at 1 % FPR", "ece": "ECE", "freuid": "FREUID (0 is best)",
    },
    iou="heat map: IoU with the mask",
    peak="heat map: peak inside the mask",
    to="to",
    policies=("policy", "threshold", "a person looks", "BPCER", "APCER", "worst species (APCER)",
              "undetermined: genuine, attacks"),
    robustness=("change", "strength", "median |score change|", "p95", "other verdict", "AUC", "BPCER", "answered"),
    precisions=("weights", "AUC", "ms a crop (median, p90)", "MB", "AUC loss", "median |score change|"),
    sets={"generated_validation": "generated validation", "real_captures": "real captures",
          "other_hands": "other hands"},
    worst="worst",
    groups=("face of", "people", "genuine", "BPCER", "attacks", "APCER"),
    traits={"sex": "", "age": "age ", "skin": "skin: ", "female": "women", "male": "men"},
)  # fmt: skip
SPANISH: Final = Names(
    figure="cifra",
    counted="genuinos, ataques, documentos",
    figures={
        "auc": "AUC", "eer": "EER", "bpcer": "BPCER en el umbral", "apcer": "APCER en el umbral",
        "tpr_at_fpr_1": "TPR con FPR del 1 %", "ece": "ECE", "freuid": "FREUID (0 es lo mejor)",
    },
    iou="mapa de calor: IoU con la máscara",
    peak="mapa de calor: máximo dentro de la máscara",
    to="a",
    policies=("política", "umbral", "mira una persona", "BPCER", "APCER", "peor especie (APCER)",
              "indeterminados: genuinos, ataques"),
    robustness=("cambio", "intensidad", "mediana del cambio del score", "p95",
                 "otro veredicto", "AUC", "BPCER", "respondidas"),
    precisions=("pesos", "AUC", "ms por recorte (mediana, p90)", "MB", "pérdida de AUC",
                "mediana del cambio del score"),
    sets={"generated_validation": "validación generada", "real_captures": "capturas reales",
          "other_hands": "otras manos"},
    worst="la peor",
    groups=("rostro de", "personas", "genuinos", "BPCER", "ataques", "APCER"),
    traits={"sex": "", "age": "edad ", "skin": "piel ", "female": "mujeres", "male": "hombres", "light": "clara",
            "medium": "media", "dark": "oscura"},
)  # fmt: skip


def figures_table(results: Sequence[Measured], name: str, names: Names) -> Table:
    """Every figure of one set, one column per model."""
    columns = [_column(result.figures[name], names) for result in results]
    labels = list(dict.fromkeys(label for column in columns for label in column))
    rows = [[label, *(column.get(label, "-") for column in columns)] for label in labels]
    return Table(names.sets.get(name, name), [names.figure, *(result.model.title for result in results)], rows)


def _column(values: SetFigures, names: Names) -> dict[str, str]:
    """Rows of several figures omit their intervals, which are in the card."""
    counts = ", ".join(map(str, (values.bona_fide, values.attacks, values.documents)))
    column = {names.counted: counts} | {label: _text(figure, names) for label, figure in _labelled(values, names)}
    for label, figures in (("BPCER, APCER", values.bpcer_figures), ("APCER, BPCER", values.apcer_at_bpcer)):
        if figures:
            column[f"{label} {', '.join(figures)}"] = ", ".join(_number(figure.value) for figure in figures.values())
    for species, kind in values.species.items():
        worst = f" ({names.worst})" if species == values.worst_species else ""
        ranking = ", ".join(_number(None if figure is None else figure.value) for figure in (kind.auc, kind.eer))
        column[f"{species}: AUC, EER, APCER"] = f"{ranking}, {_text(kind.apcer, names)}{worst}"
    if values.localisation is not None:
        column[names.iou] = _text(values.localisation.iou, names)
        column[names.peak] = _text(values.localisation.peak_inside, names)
    return column


def _labelled(figures: SetFigures, names: Names) -> Iterator[tuple[str, Figure]]:
    for key, label in names.figures.items():
        figure = figures.eer_figure if key == "eer" else getattr(figures, key)
        if figure is not None:
            yield label, figure


def policies_table(result: Measured, name: str, names: Names) -> Table:
    """A model's policies on one set."""
    rows = []
    for choice, figures in result.policies[name].items():
        policy = result.model.card.policy(choice)
        low, high = policy.undetermined
        referred, worst = figures.undetermined, figures.worst_species
        rows.append([
            f"`{choice}`", f"{policy.threshold:.4f}", f"{low:.4f} {names.to} {high:.4f}",
            _text(figures.bpcer, names), _text(figures.apcer, names),
            "-" if worst is None else f"{worst.name} ({worst.apcer:.3f})",
            f"{referred.bona_fide:.3f}, {_number(referred.attack)}",
        ])  # fmt: skip
    return Table(names.sets.get(name, name), names.policies, rows)


def groups_table(figures: SetFigures, title: str, names: Names) -> Table:
    """One row per group of people."""
    rows = [
        [
            f"{names.traits[trait]}{names.traits.get(group, group)}", str(rates.people), str(rates.bona_fide),
            _text(rates.bpcer, names), str(rates.attacks), _text(rates.apcer, names),
        ]
        for trait, groups in figures.groups.items()
        for group, rates in groups.items()
    ]  # fmt: skip
    return Table(title, names.groups, rows)


def robustness_table(rows: Sequence[StepFigures], title: str, names: Names) -> Table:
    """One row per step."""
    cells = [
        [
            row.kind, f"{row.strength:g}", _number(row.median_change), _number(row.p95_change),
            _number(row.verdicts_changed), _text(row.auc, names), _number(row.bpcer), f"{row.answered:.3f}",
        ]
        for row in rows
    ]  # fmt: skip
    return Table(title, names.robustness, cells)


def precisions_table(result: Measured, names: Names) -> Table:
    """float32 against int8, as compared at export."""
    card = result.model.card
    rows = [
        [
            f"`{file}`" + (" *" if file == card.serves else ""), f"{precision.auc:.4f}",
            f"{precision.median_ms:.1f}, {precision.p90_ms:.1f}", f"{precision.bytes / 1e6:.2f}",
            _number(precision.auc_loss), _number(precision.median_score_change),
        ]
        for file, precision in card.precisions.items()
    ]  # fmt: skip
    return Table("float32 / int8", names.precisions, rows)


def _text(figure: Figure | None, names: Names) -> str:
    if figure is None:
        return "-"
    low, high = figure.interval_95
    return f"{figure.value:.3f} ({low:.3f} {names.to} {high:.3f})"


def _number(value: float | None) -> str:
    return "-" if value is None or isnan(value) else f"{value:.3f}"
