"""`uvicorn img_super.main:app`: settings -> pipeline -> app, nothing else."""

import os
import sys
from dataclasses import replace

import cv2
from fastapi import FastAPI

from img_super.api.app import create_app
from img_super.api.garbage import set_aside_what_stays
from img_super.api.metrics import FOLDER_VARIABLE
from img_super.api.together import Together
from img_super.errors import StartError
from img_super.pipeline.load import PipelineOptions
from img_super.pipeline.memory import usable_memory_bytes
from img_super.settings import Settings, load_settings


def build_app(settings: Settings, together: Together | None = None) -> FastAPI:
    """The service for these settings, with the other workers' model. Raises `StartError`."""
    cv2.setNumThreads(1)  # each photo has a work thread; OpenCV's own threads cost 7 % more processor time
    options = worker_options(settings)
    return create_app(settings, (replace(options, model=together.served) if together else options).load(), together)


def worker_options(settings: Settings) -> PipelineOptions:
    """Options for one of several `workers` that share the machine's memory."""
    each_thread_bytes = usable_memory_bytes() * settings.memory_percent // 100 // (settings.threads * settings.workers)
    return settings.pipeline_options(each_thread_bytes)


def _app_from_environment() -> FastAPI:
    try:
        app = build_app(load_settings(), Together.found(os.environ.get(FOLDER_VARIABLE)))
    except StartError as error:
        sys.exit(f"img_super cannot start. {error}")
    set_aside_what_stays()
    return app


def __getattr__(name: str) -> FastAPI:
    """Create `app` on first access, so that importing this module loads no weights."""
    if name == "app":
        return _app_from_environment()
    raise AttributeError(name)
