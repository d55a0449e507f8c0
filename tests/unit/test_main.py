from __future__ import annotations

import cv2
import pytest
from fastapi import FastAPI

from img_super import main
from img_super.pipeline.load import PipelineOptions
from img_super.pipeline.pipeline import Pipeline


def test_the_app_is_made_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch, pipeline: Pipeline) -> None:
    monkeypatch.setattr(PipelineOptions, "load", lambda _: pipeline)
    assert isinstance(main.app, FastAPI)


def test_a_photo_is_worked_on_by_one_thread(monkeypatch: pytest.MonkeyPatch, pipeline: Pipeline) -> None:
    monkeypatch.setattr(PipelineOptions, "load", lambda _: pipeline)
    cv2.setNumThreads(2)
    assert isinstance(main.app, FastAPI)
    assert cv2.getNumThreads() == 1


def test_other_names_are_not_made() -> None:
    with pytest.raises(AttributeError, match="application"):
        main.application  # noqa: B018


def test_a_start_that_cannot_be_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMG_SUPER_THREADS", "none")
    with pytest.raises(SystemExit, match=r"img_super cannot start\. IMG_SUPER_THREADS cannot be 'none'"):
        main.app  # noqa: B018
