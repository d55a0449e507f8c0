from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import pytest

from img_super.domain import UInt8Array
from img_super.lab.dataset.crops import CropSet, read_crops
from img_super.lab.own_documents.errors import BadLabels
from img_super.lab.training.recipe import Recipe
from tests.networks.own_crops import own
from tests.networks.small import small_network

pytestmark = pytest.mark.usefixtures("step_by_step")

TINY = Recipe("tiny", input_side_px=32, epochs=1, batch_size=8, learning_rate=1e-3, neck_channels=8)


def test_documents_are_either_trained_on_or_held_out() -> None:
    from img_super.lab.own_documents.fine_tune import fold_indices

    crops, seen = own(), []
    for learned, left_out in fold_indices(crops, 4, seed=1):
        assert not set(crops.documents[learned]) & set(crops.documents[left_out])
        assert set(crops.labels[left_out].tolist()) == {0, 1}
        seen += left_out.tolist()
    assert sorted(seen) == list(range(40))


def test_mixes_in_as_many_generated_crops_by_document(data_set: Path) -> None:
    from img_super.lab.own_documents.fine_tune import mixed

    crops, generated = own(5), read_crops(data_set)
    both = mixed(crops, generated, 32, seed=1)
    assert len(both.rows) == 20
    assert both.has_mask is not None
    # The mask of the team's own attacks is unknown; of all others it is known.
    assert both.has_mask.tolist() == [row.label == 0 for row in crops.rows] + [True] * 10
    drawn = [row.document for row in both.rows[10:]]
    assert sorted(drawn) == sorted(2 * sorted(set(drawn)))


def test_resizes_generated_crops(data_set: Path) -> None:
    from img_super.lab.own_documents.fine_tune import mixed

    crops = own(5)
    larger = CropSet(crops.crops.repeat(2, 1).repeat(2, 2), crops.masks, crops.rows, crops.has_mask)
    assert mixed(larger, read_crops(data_set), 64, seed=1).crops.shape == (20, 64, 64, 3)


def test_unknown_masks_have_no_weight() -> None:
    from img_super.lab.dataset.batches import Batches

    _, answers, counts = Batches(own(4), TINY, False)[0]
    assert counts["heat_map"].shape == answers["heat_map"].shape[:3]
    assert counts["heat_map"][:, 0, 0].tolist() == [1 - label for label in answers["logit"][:, 0]]
    assert counts["logit"].tolist() == [1] * 8


class Remembering:
    """A fake network whose logits reveal its training crops, by their last byte."""

    def __init__(self, learned: set[int]) -> None:
        self.learned = learned

    def predict(self, crops: UInt8Array, **_: object) -> dict[str, npt.NDArray[np.float64]]:
        return {"logit": np.array([[float(int(crop[-1, -1, -1]) in self.learned)] for crop in crops])}


def test_evaluation_excludes_training_and_validation_documents(
    data_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from img_super.lab.own_documents import fine_tune as fine_tune_module
    from img_super.lab.own_documents.fine_tune import fine_tune
    from img_super.lab.training.train import Run

    runs: dict[str, Remembering] = {}

    def learn(recipe: Recipe, training: CropSet, validation: CropSet, run: Run) -> Remembering:
        ours = np.flatnonzero([row.shard == "own" for row in training.rows])
        assert len(training.rows) == 2 * len(ours)
        assert recipe.watched_crops == len(validation.rows)
        assert not set(training.documents[ours]) & set(validation.documents)
        seen = {int(crop[-1, -1, -1]) for crop in (*training.crops[ours], *validation.crops)}
        runs[run.folder.name] = Remembering(seen)
        return runs[run.folder.name]

    monkeypatch.setattr(fine_tune_module, "train", learn)
    crops = own()
    for number, crop in enumerate(crops.crops):
        crop[-1, -1, -1] = number // 2  # the document
    told: list[str] = []
    tuned = fine_tune(TINY, crops, read_crops(data_set), tmp_path / "first.keras", tmp_path / "run", 4, told.append)
    assert tuned.logits.tolist() == [0.0] * 40
    assert list(runs) == ["part-1", "part-2", "part-3", "part-4", "all"]
    assert runs["all"].learned == set(range(20))
    assert tuned.weights == tmp_path / "run" / "all" / "best.keras"
    assert len(told) == 5


def test_training_starts_from_the_given_weights(
    data_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    from img_super.lab.own_documents.fine_tune import mixed
    from img_super.lab.training.train import Run, train

    monkeypatch.setattr("img_super.lab.training.train.build_network", small_network)
    keras.utils.set_random_seed(1)
    first = small_network(32)
    first.save(tmp_path / "first.keras")
    still = msgspec.structs.replace(TINY, learning_rate=1e-9, frozen=("stem", "neck"))
    both = mixed(own(2), read_crops(data_set), 32, seed=1)
    tuned = train(still, both, own(2), Run(tmp_path / "run", tmp_path / "first.keras"))
    seen = own(2).crops.astype(np.float32)
    one, other = (np.asarray(network(seen, training=False)["logit"]) for network in (first, tuned))
    assert other == pytest.approx(one, abs=0.05)


def test_too_few_documents_of_a_class_are_refused(data_set: Path, tmp_path: Path) -> None:
    from img_super.lab.own_documents.fine_tune import fine_tune

    with pytest.raises(BadLabels, match="takes at least 10"):
        fine_tune(TINY, own(9), read_crops(data_set), tmp_path / "x.keras", tmp_path, 4)


def test_recipe_uses_small_steps() -> None:
    from img_super.lab.training.recipe import RECIPES, read_recipe

    whole, tuned = (read_recipe(RECIPES / f"{name}.toml") for name in ("lite0_288", "fine_tune"))
    assert tuned.learning_rate < whole.learning_rate
    assert msgspec.structs.asdict(tuned)["frozen"][: len(whole.frozen)] == whole.frozen
