from __future__ import annotations

import numpy as np
import pytest

from img_super.figures import SetFigures
from img_super.lab.evaluation import metrics
from img_super.lab.evaluation.evaluate import Measured, MeasuredModel
from img_super.lab.evaluation.report import Scored, figures
from img_super.lab.evaluation.resampling import Curves
from img_super.lab.evaluation.tables import ENGLISH, figures_table
from img_super.model_card import read_card
from img_super.pipeline.load import SHIPPED_MODEL


def column(found: SetFigures) -> dict[str, str]:
    """The figures as in the report's table."""
    card = read_card(SHIPPED_MODEL)
    measured = Measured(MeasuredModel(SHIPPED_MODEL, card, "litert", b""), {}, {"some": found}, {}, {})
    return {row[0]: row[1] for row in figures_table([measured], "some", ENGLISH).rows}


LABELS = np.array([0, 0, 0, 0, 1, 1, 1, 1])
APART = np.array([0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9])
MIXED = np.array([0.1, 0.2, 0.3, 0.7, 0.4, 0.6, 0.8, 0.9])


@pytest.mark.parametrize(
    ("scores", "auc", "eer", "bpcer_at_ten"), [(APART, 1.0, 0.0, 0.0), (MIXED, 14 / 16, 0.25, 0.25), (-APART, 0, 1, 1)]
)
def test_ranking_figures(scores: np.ndarray, auc: float, eer: float, bpcer_at_ten: float) -> None:
    curves = Curves.of(LABELS, scores)
    assert metrics.auc(LABELS, scores) == pytest.approx(auc)
    assert curves.equal_error_rate() == pytest.approx(eer)
    assert curves.bpcer_at_apcer(0.10) == pytest.approx(bpcer_at_ten)


def test_single_class_has_no_auc() -> None:
    assert np.isnan(metrics.auc(np.ones(4), APART[:4]))


@pytest.mark.parametrize(("threshold", "rejected", "accepted"), [(0.35, 0.25, 0.0), (0.6, 0.25, 0.25), (0.75, 0, 0.5)])
def test_score_at_the_threshold_counts_as_an_attack(threshold: float, rejected: float, accepted: float) -> None:
    assert metrics.bpcer(MIXED[LABELS == 0], threshold) == rejected
    assert metrics.apcer(MIXED[LABELS == 1], threshold) == accepted


@pytest.mark.parametrize("level", [0.0, 0.05, 0.1, 0.5])
def test_threshold_keeps_its_promise(level: float) -> None:
    genuine = np.random.default_rng(1).uniform(0, 1, 200)
    threshold = metrics.threshold_for_bpcer(genuine, level)
    assert metrics.bpcer(genuine, threshold) <= level
    assert metrics.bpcer(genuine, threshold - 0.02) > level


def test_detection_rate_at_a_low_false_alarm_rate() -> None:
    assert Curves.of(LABELS, APART).tpr_at_fpr(0.01) == 1
    assert Curves.of(LABELS, MIXED).tpr_at_fpr(0.01) == 0.5


def test_challenge_score_is_one_minus_a_harmonic_mean() -> None:
    assert Curves.of(LABELS, APART).freuid() == 0
    assert Curves.of(LABELS, -APART).freuid() == 1
    kept, found = 14 / 16, 0.5  # 1 - AuDET, and 1 - APCER without rejected genuine documents
    assert Curves.of(LABELS, MIXED).freuid() == pytest.approx(1 - 2 / (1 / kept + 1 / found))


def test_report_has_every_species_and_a_table() -> None:
    species = np.array(["", "", "", "", "face_swap", "face_swap", "pasted_head", "pasted_head"])
    documents = np.array(["a", "b", "c", "d"] * 2)
    found = figures(Scored(LABELS, species, documents, MIXED), 0.5)
    assert found.bpcer is not None
    assert found.bpcer.value == 0.25
    assert found.species["face_swap"].apcer.value == 0.5
    assert found.species["face_swap"].eer is not None
    assert found.documents == 4
    assert found.worst_species == "face_swap"
    assert found.localisation is None
    table = column(found)
    assert len(table) == 1 + 7 + 2 + 2
    assert table["face_swap: AUC, EER, APCER"].endswith(", 0.500 (0.000 to 1.000) (worst)")
    assert table["APCER, BPCER 5%, 1%"] == "0.500, 0.500"


def test_without_attacks_it_reports_on_genuine_documents() -> None:
    found = figures(Scored(LABELS[:4], np.array([""] * 4), np.array(list("abcd")), MIXED[:4]), 0.5)
    assert found.attacks == 0
    assert column(found).keys() == {ENGLISH.counted, "BPCER at the threshold"}


def test_report_has_localisation_when_maps_and_masks_exist() -> None:
    masks = np.zeros((8, 8, 8), np.uint8)
    masks[4:, 2:6, 2:6] = 255
    heat_maps = (masks > 0).astype(np.float32)
    documents = np.array(list("abcdabcd"))
    species = np.where(LABELS == 1, "face_swap", "").astype(np.str_)
    found = figures(Scored(LABELS, species, documents, MIXED, heat_maps, masks), 0.5)
    assert found.localisation is not None
    assert found.localisation.iou.value == 1
    assert found.localisation.iou_by_species == {"face_swap": 1.0}
    assert column(found)[ENGLISH.peak] == "1.000 (1.000 to 1.000)"
