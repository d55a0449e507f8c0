from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest


def write_data_set(folder: Path, count: int, side_px: int = 32, seed: int = 1) -> Path:
    """Attacks have a bright square in the middle: a task that a few steps can learn."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    crops = rng.integers(0, 120, (count, side_px, side_px, 3), dtype=np.uint8)
    masks = np.zeros((count, 56, 56), np.uint8)
    crops[labels == 1, 8:24, 8:24] = 250
    masks[labels == 1, 14:42, 14:42] = 255
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "shard-00000.npz", crops=crops, masks=masks)
    rows = [
        {"shard": "shard-00000", "position": i, "label": int(label), "species": "face_swap" if label else "",
         "document": f"d{i // 2}", "more": 1}
        for i, label in enumerate(labels)
    ]  # fmt: skip
    (folder / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture(scope="session")
def data_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data_set(tmp_path_factory.mktemp("data"), 32)
