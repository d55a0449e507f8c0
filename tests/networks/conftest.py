"""Keras networks: only these tests, and few others, load TensorFlow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
NOISE = (
    "ignore::DeprecationWarning",  # between Keras and TensorFlow
    "ignore::UserWarning:keras",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == HERE:
            item.add_marker(pytest.mark.tensorflow)
            for warning in NOISE:
                item.add_marker(pytest.mark.filterwarnings(warning))


@pytest.fixture(scope="module")
def step_by_step() -> Iterator[None]:
    """Eager execution: tracing a graph takes longer than these trainings."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def in_graphs() -> Iterator[None]:
    """Graph execution, as for users, for one test per network."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(False)
    yield
    tf.config.run_functions_eagerly(True)
