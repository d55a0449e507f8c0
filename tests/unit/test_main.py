from __future__ import annotations

import cv2
import pytest
from fastapi import FastAPI

from img_super import main
from img_super.pipeline.load import PipelineOptions
from img_super.pipeline.pipeline import Pipeline


def test_app_is_created_on_first_access(monkeypatch: pytest.MonkeyPatch, pipeline: Pipeline) -> None:
    monkeypatch.setattr(PipelineOptions, "load", lambda _: pipeline)
    assert isinstance(main.app, FastAPI)


def test_photo_uses_one_thread(monkeypatch: pytest.MonkeyPatch, pipeline: Pipeline) -> None:
    monkeypatch.setattr(PipelineOptions, "load", lambda _: pipeline)
    cv2.setNumThreads(2)
    assert isinstance(main.app, FastAPI)
    assert cv2.getNumThreads() == 1


def test_other_attributes_do_not_exist() -> None:
    with pytest.raises(AttributeError, match="application"):
        main.application  # noqa: B018


def test_failed_start_prints_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMG_SUPER_THREADS", "none")
    with pytest.raises(SystemExit, match=r"img_super cannot start\. IMG_SUPER_THREADS cannot be 'none'"):
        main.app  # noqa: B018
