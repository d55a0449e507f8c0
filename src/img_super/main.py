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
    """The service as these settings want it, with the model of its other workers. Raises `StartError`."""
    cv2.setNumThreads(1)  # each photo has its work thread; OpenCV's own took 7 % more of the cores for the same
    options = worker_options(settings)
    return create_app(settings, (replace(options, model=together.served) if together else options).load(), together)


def worker_options(settings: Settings) -> PipelineOptions:
    """For a process that shares the machine's memory with `workers` like it."""
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
    """Make `app` when it is asked for, so that importing this module loads no weights."""
    if name == "app":
        return _app_from_environment()
    raise AttributeError(name)
