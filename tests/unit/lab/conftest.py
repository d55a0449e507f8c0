"""People made of ellipses, sufficient without the networks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from img_super.lab.synthesis import crew
from img_super.lab.synthesis.portraits.portrait import Portrait
from img_super.lab.synthesis.sources import Sources


def person(name: str, tone: int) -> Portrait:
    image = np.full((160, 160, 3), (90, 120, 160), np.uint8)
    matte = np.zeros((160, 160), np.uint8)
    for canvas, colour in ((image, (tone, tone - 30, tone - 50)), (matte, 255)):
        cv2.ellipse(canvas, (80, 70), (30, 40), 0, 0, 360, colour, -1)
        cv2.ellipse(canvas, (80, 150), (60, 40), 0, 0, 360, colour, -1)
    landmarks = np.array([[68, 62], [92, 62], [80, 75], [70, 90], [90, 90]], np.float32)
    turns = np.linspace(0, 2 * np.pi, 36, endpoint=False)
    outline = np.stack([80 + 26 * np.sin(turns), 72 - 34 * np.cos(turns)], -1).astype(np.float32)
    return Portrait(name, "drawn", image, matte, landmarks, outline, (50.0, 32.0, 60.0, 78.0))


@pytest.fixture(scope="session")
def sources() -> Sources:
    table = np.full((200, 200, 3), 120, np.uint8)
    people = (person("drawn/anna", 200), person("drawn/bert", 160), person("drawn/carl", 120))
    return Sources(people, (table,), ("procedural",), (), Path())


class PoolOfOne:
    """A fake `multiprocessing` pool without processes."""

    def Pool(self, _processes: int, start: Callable[..., None], arguments: tuple[Any, ...]) -> PoolOfOne:  # noqa: N802
        start(*arguments)
        return self

    def __enter__(self) -> PoolOfOne:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to end."""

    def imap_unordered(self, work: Callable[[int], int], items: Iterable[int]) -> Iterator[int]:
        return map(work, items)


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Renders shards in this process: others take seconds to start and do not see the tests' replacements."""
    monkeypatch.setattr(crew, "get_context", lambda _: PoolOfOne())
    monkeypatch.setattr(crew, "_writes", [])
    threads = cv2.getNumThreads()
    yield
    cv2.setNumThreads(threads)
