"""The pipeline in process, from base64 text to the answer: `python -m benchmarks.ways.ours [litert|tensorflow]`.

`IMG_SUPER_DETECTOR` chooses the detector.
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable

import cv2

from benchmarks.ways.worker import work_on_lines
from img_super.api.base64_image import decode_base64
from img_super.cli.pipeline import pipeline_for


def main() -> None:
    """With the back-end that is named, or LiteRT."""
    cv2.setNumThreads(1)  # as the service does
    pipeline, _ = pipeline_for(backend=sys.argv[1] if len(sys.argv) > 1 else None)

    def prepare(photo: bytes) -> Callable[[], object]:
        text = base64.b64encode(photo).decode()
        return lambda: pipeline.super(decode_base64(text))

    work_on_lines(prepare)


if __name__ == "__main__":
    main()
