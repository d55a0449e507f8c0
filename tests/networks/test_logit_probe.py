from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from img_super.lab.dataset.crops import CropSet, read_crops
from img_super.lab.own_documents.errors import BadLabels
from tests.networks.own_crops import own
from tests.networks.small import small_network

pytestmark = pytest.mark.usefixtures("step_by_step")

FEATURES = 6 * 16
"""Of the small network: pooled, and four times the channels of its trunk."""


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import keras

    keras.utils.set_random_seed(1)
    path = tmp_path_factory.mktemp("first") / "first.keras"
    small_network(32).save(path)
    return path


def loaded(path: Path) -> Any:
    import keras

    return keras.saving.load_model(path, compile=False, safe_mode=True)


def answers(network: Any, crops: CropSet) -> dict[str, Any]:
    found = network(crops.crops.astype(np.float32), training=False)
    return {name: np.asarray(values) for name, values in found.items()}


def auc(crops: CropSet, logits: Any) -> float:
    return float(roc_auc_score(crops.labels, logits))


def test_features_are_enough_to_learn_from(first: Path, data_set: Path, tmp_path: Path) -> None:
    from img_super.lab.own_documents.logit_probe import fine_tune_head

    crops, network = own(), loaded(first)
    logit = network.get_layer("logit")
    logit.set_weights([0 * weights for weights in logit.get_weights()])
    network.save(tmp_path / "says_nothing.keras")
    tuned = fine_tune_head(crops, read_crops(data_set), tmp_path / "says_nothing.keras", tmp_path / "run", 4)
    before, after = answers(network, crops), answers(loaded(tuned.weights), crops)
    assert auc(crops, before["logit"][:, 0]) == 0.5
    assert auc(crops, tuned.logits) > 0.85
    assert auc(crops, after["logit"][:, 0]) > 0.95
    assert np.array_equal(before["heat_map"], after["heat_map"])


def test_evaluation_excludes_training_documents(
    first: Path, data_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Features only reveal a crop's document, so its label could only be memorised."""
    from img_super.lab.own_documents import logit_probe
    from img_super.lab.own_documents.logit_probe import PooledFeatures, fine_tune_head

    crops = own().at(np.array([2 * number + (number % 2) for number in range(20)]))

    def see_the_document(_: object, of: CropSet, mirrored: bool = False) -> PooledFeatures:
        documents = np.unique(of.documents, return_inverse=True)[1] if of.rows[0].shard == "own" else -1
        return PooledFeatures(
            (np.arange(FEATURES) == np.broadcast_to(documents, len(of.rows))[:, None]) * 1.0, np.zeros(len(of.rows))
        )

    monkeypatch.setattr(logit_probe, "see", see_the_document)
    monkeypatch.setattr(logit_probe, "check_documents", lambda *_, **__: None)
    tuned = fine_tune_head(crops, read_crops(data_set), first, tmp_path, 4)
    assert auc(crops, tuned.logits) <= 0.5


def test_attacks_are_made_from_training_photos(
    first: Path, data_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Genuine photos are enough; an attack's features only reveal that it is one, and its host's document."""
    from img_super.lab.own_documents import logit_probe
    from img_super.lab.own_documents.logit_probe import PooledFeatures, fine_tune_head

    crops, seen = own(), []
    genuine = crops.at(np.flatnonzero(crops.labels == 0))

    def see_attacks(_: object, of: CropSet, mirrored: bool = False) -> PooledFeatures:
        if of.rows[0].shard == "exchanged":
            seen.append(of)
        return PooledFeatures(np.repeat(of.labels[:, None] * 1.0, FEATURES, 1), np.zeros(len(of.rows)))

    monkeypatch.setattr(logit_probe, "see", see_attacks)
    tuned = fine_tune_head(genuine, read_crops(data_set), first, tmp_path, 4, times=3)
    assert len(seen[0].rows) == 2 * 3 * 20
    assert len(tuned.logits) == 20
    assert tuned.exchanged is not None
    before, after = tuned.exchanged
    assert (auc(seen[0], before.scores), auc(seen[0], after.scores)) == (0.5, 1.0)
    assert before.documents.tolist() == seen[0].documents.tolist()


def test_nothing_is_learned_without_attacks(first: Path, data_set: Path, tmp_path: Path) -> None:
    from img_super.lab.own_documents.logit_probe import fine_tune_head

    crops = own(12)
    genuine = crops.at(np.flatnonzero(crops.labels == 0))
    with pytest.raises(BadLabels, match="0 different documents labelled attack"):
        fine_tune_head(genuine, read_crops(data_set), first, tmp_path, 4, times=0)
    few = crops.at(np.flatnonzero((crops.labels == 0) | (np.arange(24) < 6)))
    with pytest.raises(BadLabels, match=r"3 different documents labelled attack.*Leave them out"):
        fine_tune_head(few, read_crops(data_set), first, tmp_path, 4)


def test_probes_add_up_on_the_logit(first: Path) -> None:
    from img_super.lab.own_documents.logit_probe import LogitProbe, looking_only, see, with_head

    crops, network = own(4), loaded(first)
    rng = np.random.default_rng(1)
    one, two = (LogitProbe(trust, rng.normal(size=FEATURES), bias) for trust, bias in ((0.5, 1.0), (2.0, -0.3)))
    with_one = with_head(network, one)
    assert answers(with_one, crops)["logit"][:, 0] == pytest.approx(
        one.logits(see(looking_only(network), crops)), abs=1e-4
    )
    with_both = with_head(with_one, two)
    assert answers(with_both, crops)["logit"][:, 0] == pytest.approx(
        two.logits(see(looking_only(with_one), crops)), abs=1e-4
    )
    assert len(with_both.layers) == len(with_one.layers)


def test_shipped_network_accepts_a_probe() -> None:
    from img_super.lab.own_documents.logit_probe import LogitProbe, looking_only, see, with_head
    from img_super.validator.network import build_network

    crops, network = own(1), build_network(32, 8)
    seen = see(looking_only(network), crops)
    assert seen.pooled.shape == (2, 4 * (8 + 160))  # of the neck and of the trunk
    probe = LogitProbe(0.5, np.random.default_rng(1).normal(size=seen.pooled.shape[1]), 1.0)
    after = answers(with_head(network, probe), crops)
    assert after["logit"][:, 0] == pytest.approx(probe.logits(seen), abs=1e-4)
    assert np.array_equal(after["heat_map"], answers(network, crops)["heat_map"])


def test_trains_on_mirror_images(first: Path) -> None:
    from img_super.lab.own_documents.logit_probe import looking_only, see

    crops, looking = own(3), looking_only(loaded(first))
    turned = replace(crops, crops=crops.crops[:, :, ::-1])
    assert see(looking, crops, mirrored=True).pooled == pytest.approx(see(looking, turned).pooled)
    assert see(looking, crops).pooled != pytest.approx(see(looking, turned).pooled)


def test_too_few_documents_of_a_class_are_refused(first: Path, data_set: Path, tmp_path: Path) -> None:
    from img_super.lab.own_documents.logit_probe import fine_tune_head

    with pytest.raises(BadLabels, match="takes at least 10"):
        fine_tune_head(own(9), read_crops(data_set), first, tmp_path, 4)


def test_real_attacks_outweigh_many_exchanges() -> None:
    """Exchanges outnumber a team's photos, and teach the opposite of its attacks."""
    from img_super.lab.own_documents.logit_probe import PooledFeatures, _Examples, fit

    def examples(each: int, attack: float) -> _Examples:
        labels = np.repeat([0, 1], each)
        noise = np.random.default_rng(each).normal(0, 1, (2 * each, 3))
        noise[:, 0] += attack * labels
        return _Examples(PooledFeatures(noise, np.zeros(2 * each)), labels, np.zeros(2 * each, np.int64))

    probe = fit(examples(60, 1.5), examples(600, -1.0), examples(100, 0.0), 60)
    assert probe.weights[0] > 0


def test_benchmark_of_fine_tuning_compares_on_unseen_documents(first: Path, data_set: Path) -> None:
    from benchmarks.fine_tuning import measured

    found = measured("ours", own(), read_crops(data_set), first, (8, 9))
    assert (found["photos"], found["documents"]) == (40, 20)
    before, *after = found["auc"]
    assert len(after) == 2
    assert min(after) > before
