"""The measured quality of a network: figures taken by evaluation, stored in a card and shown in reports.

Figures that were not measured are None and omitted from the JSON. Names added by newer versions are ignored.
"""

import msgspec


class Figure(msgspec.Struct, frozen=True):
    """A measured value and its 95 % interval over documents."""

    value: float
    interval_95: tuple[float, float]


class ScoreQuantiles(msgspec.Struct, frozen=True, omit_defaults=True):
    """The scores below which the shares of `report.QUANTILES` of each class lie; empty for a missing class.

    Later scores are compared with this distribution.
    """

    bona_fide: tuple[float, ...] = ()
    attack: tuple[float, ...] = ()


class SpeciesFigures(msgspec.Struct, frozen=True, omit_defaults=True):
    """The attacks of one species against all genuine documents; `apcer` at the threshold."""

    attacks: int
    auc: Figure
    apcer: Figure
    eer: Figure | None = None


class Localisation(msgspec.Struct, frozen=True):
    """How well the heat maps of attacks show the superimposition.

    `iou`: of the thresholded map and the mask; `peak_inside`: the share of maps whose peak is inside the mask.
    """

    iou: Figure
    peak_inside: Figure
    iou_by_species: dict[str, float]


class GroupFigures(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Samples of one group of people; rates at the threshold, intervals over people."""

    people: int
    bona_fide: int = 0
    attacks: int = 0
    bpcer: Figure | None = None
    apcer: Figure | None = None


class SetFigures(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A validation network on one data set."""

    # bona_fide, attacks, documents: number of samples and of different documents
    bona_fide: int | None = None
    attacks: int | None = None
    documents: int | None = None
    # auc, eer, bpcer_at_apcer, tpr_at_fpr_1, apcer_at_bpcer: ranking, without a threshold; `..._at_...` by level
    auc: Figure | None = None
    eer: float | None = None
    eer_interval_95: tuple[float, float] | None = None
    bpcer_at_apcer: dict[str, float] = {}
    bpcer_at_apcer_interval_95: dict[str, tuple[float, float]] = {}
    tpr_at_fpr_1: Figure | None = None
    apcer_at_bpcer: dict[str, Figure] = {}
    freuid: Figure | None = None  # 1 - harmonic mean of 1 - AuDET and 1 - APCER at a BPCER of 1 %; 0 is the best
    # wanted_bpcer, bpcer_between, way: the choice of a threshold on a team's own documents
    wanted_bpcer: float | None = None
    bpcer_between: tuple[float, float] | None = None
    way: str | None = None
    # bpcer, apcer, species, worst_species: at the threshold. `apcer` has no interval with few attacks
    bpcer: Figure | None = None
    apcer: Figure | float | None = None
    ece: Figure | None = None  # expected calibration error
    median_score_bona_fide: float | None = None
    score_quantiles: ScoreQuantiles = ScoreQuantiles()
    species: dict[str, SpeciesFigures] = {}
    worst_species: str | None = None
    # By trait, such as `sex`, and group; only known people.
    groups: dict[str, dict[str, GroupFigures]] = {}
    localisation: Localisation | None = None
    quality: dict[str, float] | None = None  # the share of photos that have each warning
    # Of each calibration tried; a single one is named `calibration`.
    log_loss_on_documents_left_out: dict[str, float] | None = None

    @property
    def eer_figure(self) -> Figure | None:
        return None if self.eer is None or self.eer_interval_95 is None else Figure(self.eer, self.eer_interval_95)

    @property
    def bpcer_figures(self) -> dict[str, Figure]:
        """`bpcer_at_apcer` with its intervals."""
        intervals = self.bpcer_at_apcer_interval_95
        return {level: Figure(value, intervals[level]) for level, value in self.bpcer_at_apcer.items()}


class WorstSpecies(msgspec.Struct, frozen=True):
    """The species with the most missed attacks."""

    name: str
    apcer: float


class UndeterminedShares(msgspec.Struct, frozen=True, omit_defaults=True):
    """The share of each class for manual review; None for a missing class."""

    bona_fide: float
    attack: float | None = None


class PolicyFigures(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A policy's figures on one data set; without attacks, of genuine documents only."""

    bpcer: Figure
    apcer: Figure | None = None
    worst_species: WorstSpecies | None = None
    undetermined: UndeterminedShares


class DetectorFigures(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The one-pass detector on photos in every rotation; all but `photos` and `median_iou` are shares of the photos."""

    photos: int | None = None
    answered: float | None = None  # without fallback to the precise detector
    # right_of_answered, median_iou, ghost_for_portrait: of those answered
    right_of_answered: float | None = None
    median_iou: float | None = None
    ghost_for_portrait: float | None = None
    right_of_precise: float | None = None  # the precise detector on the same photos
    # in_one_pass, found, rotation_right: of real captures, including the fallback
    in_one_pass: float | None = None
    found: float | None = None
    rotation_right: float | None = None
