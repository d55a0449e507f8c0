"""One object per thread, for objects that must not be shared (OpenCV's face detector, LiteRT's interpreter)."""

from collections.abc import Callable
from threading import local
from typing import Generic, TypeVar

T = TypeVar("T")


class PerThread(Generic[T]):
    """Calls `make` on a thread's first access, and then always returns this thread's object."""

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
