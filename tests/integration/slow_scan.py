"""`img-super scan` with a slow pipeline, so that a test can stop it midway on any machine."""

from __future__ import annotations

import signal
import time

from img_super.cli.app import app
from img_super.pipeline.photo import Photo
from img_super.pipeline.pipeline import Look, Pipeline
from img_super.pipeline.watch import Watch, unwatched
from img_super.scan import crew, journal

PAUSE_S = 0.06


class SlowPipeline(Pipeline):
    def look(self, photo: Photo, watch: Watch = unwatched) -> Look:
        time.sleep(PAUSE_S)
        return super().look(photo, watch)


class SlowWork(crew.Work):
    def load_pipeline(self) -> Pipeline:
        real = super().load_pipeline()
        return SlowPipeline(real.detector, real.validator, quick_detector=real.quick_detector)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs of a shell ignore it by default
    crew.Work = SlowWork  # type: ignore[misc]
    journal.COMMIT_EVERY_S = 0.1  # type: ignore[misc]
    app()
