from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from img_super.errors import BadModel
from img_super.model_card import WeightsFile, read_card, write_card
from img_super.pipeline.load import SHIPPED_MODEL, load_pipeline
from img_super.registry.registry import Registry, RegistryState, check_model, is_registry, serving_folder

SHIPPED = read_card(SHIPPED_MODEL)


def variant(folder: Path, version: str, threshold: float = 0.5) -> Path:
    """The shipped weights under another version and threshold."""
    shutil.copytree(SHIPPED_MODEL, folder)
    write_card(msgspec.structs.replace(SHIPPED, version=version, threshold=threshold), folder)
    return folder


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry.create(tmp_path / "models", SHIPPED_MODEL)


def test_new_registry_serves_its_first_model(registry: Registry) -> None:
    assert registry.state.current == SHIPPED.version
    assert serving_folder(registry.folder) == registry.model(SHIPPED.version)
    assert serving_folder(SHIPPED_MODEL) == SHIPPED_MODEL
    with pytest.raises(BadModel, match="already"):
        Registry.create(registry.folder, SHIPPED_MODEL)


def test_promotion_and_rollback_change_what_serves(registry: Registry, tmp_path: Path) -> None:
    registry.add(variant(tmp_path / "new", "0.9.0+cal.1"))
    assert registry.state.current == SHIPPED.version
    registry.promote("0.9.0+cal.1")
    assert load_pipeline(registry.folder).validator.identity.version == "0.9.0+cal.1"
    assert registry.rollback().version == SHIPPED.version
    assert load_pipeline(registry.folder).validator.identity.version == SHIPPED.version
    assert [change.why for change in registry.state.changes] == ["created", "promoted", "rolled_back"]
    with pytest.raises(BadModel, match="Nothing served before"):
        registry.rollback()


def test_any_version_can_be_served(registry: Registry, tmp_path: Path) -> None:
    registry.add(variant(tmp_path / "new", "2"))
    assert load_pipeline(registry.folder / "2").validator.identity.version == "2"


def test_versions_are_immutable(registry: Registry, tmp_path: Path) -> None:
    registry.add(variant(tmp_path / "one", "2"))
    registry.add(tmp_path / "one")
    with pytest.raises(BadModel, match="different model 2"):
        registry.add(variant(tmp_path / "other", "2", threshold=0.6))
    assert read_card(registry.model("2")).threshold == 0.5


def _cut(folder: Path) -> None:
    weights = folder / SHIPPED.files["litert"].name
    weights.write_bytes(weights.read_bytes()[:-1])


def _mixed(folder: Path) -> None:
    shutil.copyfile(folder / SHIPPED.files["litert_int8"].name, folder / SHIPPED.files["litert"].name)


def _foreign(folder: Path) -> None:
    """Weights that match the card but are not a network."""
    content = b"no network at all"
    (folder / "foreign.tflite").write_bytes(content)
    files = {"litert": WeightsFile("foreign.tflite", sha256(content).hexdigest())}
    write_card(msgspec.structs.replace(read_card(folder), files=files, serves="litert"), folder)


def _gone(folder: Path) -> None:
    (folder / "card.json").unlink()


def _other_side(folder: Path) -> None:
    write_card(msgspec.structs.replace(read_card(folder), input_side_px=224), folder)


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (_cut, "sha256 differs"),
        (_mixed, "sha256 differs"),
        (_foreign, "not a LiteRT model"),
        (_gone, "cannot be read"),
        (_other_side, "its card says 224 px"),
    ],
)
def test_damaged_model_is_refused_and_the_old_one_still_serves(
    registry: Registry, tmp_path: Path, harm: Callable[[Path], None], sentence: str
) -> None:
    folder = variant(tmp_path / "new", "2")
    registry.add(folder)
    harm(registry.model("2"))
    with pytest.raises(BadModel, match=f"{sentence}|has no model '2'"):
        registry.promote("2")
    harm(folder)
    with pytest.raises(BadModel, match=sentence):
        check_model(folder)
    assert registry.state.current == SHIPPED.version
    assert load_pipeline(registry.folder).validator.identity.version == SHIPPED.version


@pytest.mark.parametrize("version", ["../escape", "..", "", ".hidden", "a/b"])
def test_version_is_not_a_path(registry: Registry, tmp_path: Path, version: str) -> None:
    """Even if that path leads to a model."""
    there = registry.folder / version
    if not there.exists():
        there.parent.mkdir(parents=True, exist_ok=True)
        variant(there, "2")
    with pytest.raises(BadModel, match="has no model"):
        registry.promote(version)
    with pytest.raises(BadModel, match="cannot be the name"):
        registry.add(variant(tmp_path / "new", version))


def test_damaged_registry_is_reported(registry: Registry) -> None:
    (registry.folder / "registry.json").write_text("{")
    assert is_registry(registry.folder)
    with pytest.raises(BadModel, match="damaged"):
        load_pipeline(registry.folder)
    with pytest.raises(BadModel, match="no registry"):
        Registry.open(registry.folder / "nowhere")


@pytest.mark.parametrize("name", ["../registry.json", "/etc/passwd", "a/b", "..", "", "card.json", ".hidden", "a\\b"])
def test_card_files_must_lie_beside_the_card(registry: Registry, tmp_path: Path, name: str) -> None:
    """Even if the file exists with the right sha256."""
    folder, before = variant(tmp_path / "new", "2"), (registry.folder / "registry.json").read_bytes()
    weights = folder / SHIPPED.files["litert"].name
    card = (folder / "card.json").read_text().replace(f'"{weights.name}"', json.dumps(name))
    (folder / "card.json").write_text(card)
    (folder / "../registry.json").write_bytes(weights.read_bytes())
    with pytest.raises(BadModel, match="not a valid card"):
        registry.add(folder)
    assert (registry.folder / "registry.json").read_bytes() == before


def test_concurrent_promotions_are_all_recorded(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Registry._write

    def write_while_locked(written: Registry, state: RegistryState) -> None:
        with (written.folder / ".lock").open("w") as lock, pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # a lost promotion alone would need luck
        write(written, state)

    monkeypatch.setattr(Registry, "_write", write_while_locked)
    versions = ["2", "3", "4", "5"]
    for version in versions:
        registry.add(variant(tmp_path / version, version))
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(registry.promote, versions))
    assert sorted(change.version for change in registry.state.changes) == sorted([SHIPPED.version, *versions])
    assert set(registry.state.before) | {registry.state.current} == {SHIPPED.version, *versions}


def test_model_that_fails_its_trial_is_refused(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any untrusted weights give a sentence."""
    monkeypatch.setattr("img_super.registry.registry.LiteRtValidator.validate", lambda *_: 1 / 0)
    with pytest.raises(BadModel, match="does not answer"):
        registry.add(variant(tmp_path / "new", "2"))
