"""One object a thread, for what must not be shared (OpenCV's face detector, LiteRT's interpreter)."""

from collections.abc import Callable
from threading import local
from typing import Generic, TypeVar

T = TypeVar("T")


class PerThread(Generic[T]):
    """Calls `make` the first time that a thread asks, and gives this thread the same object ever after."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._local = local()

    def get(self) -> T:
        value: T
        try:
            value = self._local.value
        except AttributeError:
            value = self._local.value = self._make()
        return value
