"""`deepface.extract_faces`: `<python with deepface> -m benchmarks.ways.deepface_faces opencv|yunet`.

Never a dependency of the project: it runs in a separate environment. It only finds and crops the face.
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable

from benchmarks.ways.worker import work_on_lines


def main() -> None:
    """With the detector back-end that is named."""
    from deepface import DeepFace  # type: ignore[import-not-found]  # noqa: PLC0415

    backend = sys.argv[1]

    def prepare(photo: bytes) -> Callable[[], object]:
        text = "data:image/jpeg;base64," + base64.b64encode(photo).decode()
        return lambda: DeepFace.extract_faces(text, detector_backend=backend, enforce_detection=False)

    work_on_lines(prepare)


if __name__ == "__main__":
    main()
