"""What Keras builds, trains and exports: these tests load TensorFlow when they run, and hardly any other test does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
NOISE = (
    "ignore::DeprecationWarning",  # of Keras and TensorFlow among themselves
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
    """Operation by operation: TensorFlow takes longer to write a step down as a graph than these trainings take."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def in_graphs() -> Iterator[None]:
    """As users train, for one test of each network."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(False)
    yield
    tf.config.run_functions_eagerly(True)
