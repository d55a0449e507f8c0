from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from img_super.api.app import create_app
from img_super.api.metrics import FOLDER_VARIABLE, Metrics
from img_super.api.services import Services
from img_super.figures import ScoreQuantiles, SetFigures
from img_super.model_card import ModelCard
from img_super.pipeline.pipeline import Pipeline
from img_super.settings import Settings
from tests.conftest import FakeDetector, FakeValidator

PNG = {"content-type": "image/png"}


def numbers(client: TestClient) -> dict[tuple[str, ...], float]:
    """Every sample by name and label values, ordered by label name."""
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return {
        (sample.name, *(sample.labels[label] for label in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_counts_requests_errors_stages_scores_and_verdicts(
    client: TestClient, validator: FakeValidator, photo_bytes: bytes
) -> None:
    client.post("/super", content=photo_bytes, headers=PNG)
    validator.score = 0.1
    client.post("/super", content=photo_bytes, headers=PNG)
    client.post("/face", content=photo_bytes, headers=PNG)
    client.post("/face", content=b"hello", headers=PNG)
    client.get("/nowhere/to/be/found")
    seen = numbers(client)
    assert seen["img_super_requests_total", "POST", "/super", "200"] == 2
    assert seen["img_super_requests_total", "POST", "/face", "415"] == 1
    assert seen["img_super_requests_total", "GET", "(unknown)", "404"] == 1
    assert seen["img_super_errors_total", "not_an_image"] == 1
    assert seen["img_super_request_seconds_count", "/super"] == 2
    assert seen["img_super_stage_seconds_count", "decode"] == 3
    assert seen["img_super_stage_seconds_count", "validate"] == 2
    assert seen["img_super_score_bucket", "0.1"] == 1
    assert seen[("img_super_score_sum",)] == pytest.approx(0.85)
    assert seen["img_super_verdicts_total", "TRUE", "attack"] == 1
    assert seen["img_super_verdicts_total", "FALSE", "bona_fide"] == 1
    assert not [name for name in seen if name[0] == "img_super_undetermined_total"]


def test_counts_reasons_for_undetermined(
    client: TestClient, validator: FakeValidator, detector: FakeDetector, photo_bytes: bytes
) -> None:
    validator.score = 0.55  # within the card's band
    client.post("/super", content=photo_bytes, headers=PNG)
    assert detector.answer
    detector.answer = replace(detector.answer, no_document=True)
    client.post("/super", content=photo_bytes, headers=PNG)
    seen = numbers(client)
    assert seen["img_super_undetermined_total", "score_between"] == 1
    assert seen["img_super_undetermined_total", "no_document"] == 1


def test_shows_the_queue_and_the_models(settings: Settings, pipeline: Pipeline) -> None:
    client = TestClient(create_app(settings, pipeline))  # without lifespan, so that no warm-up changes the metrics
    services: Services = client.app.state.services  # type: ignore[attr-defined]
    services.metrics.in_hand(2, 5)
    seen = numbers(client)
    assert seen[("img_super_photos_working",)] == 2
    assert seen[("img_super_photos_waiting",)] == 5
    models = {name[1:3] for name in seen if name[0] == "img_super_model_info"}
    assert models == {("1", "fake_detector"), ("2", "fake_validator")}


def test_genuine_score_histogram_comes_from_the_card(
    settings: Settings, detector: FakeDetector, card: ModelCard
) -> None:
    quantiles = [0.02, 0.03, *(step / 40 for step in range(1, 20)), 0.49, 0.5]  # evenly from 0.02 to 0.5
    figures = {"generated_validation": SetFigures(bona_fide=100, score_quantiles=ScoreQuantiles(tuple(quantiles)))}
    telling = msgspec.structs.replace(card, figures=figures)
    seen = numbers(TestClient(create_app(settings, Pipeline(detector, FakeValidator(telling)))))
    shares = {name[1]: value for name, value in seen.items() if name[0] == "img_super_score_usual"}
    assert shares.keys() == {name[1] for name in seen if name[0] == "img_super_score_bucket"} - {"+Inf"}
    assert shares["0.25"] == pytest.approx(0.5)
    assert shares["0.45"] == pytest.approx(0.9)
    assert (shares["0.5"], shares["1.0"]) == (1, 1)


def test_card_without_genuine_scores_shows_none(client: TestClient) -> None:
    assert not [name for name in numbers(client) if name[0] == "img_super_score_usual"]


WORKER = """
import sys
from img_super.api.metrics import Metrics
from img_super.domain import Decision, ModelIdentity, Verdict
metrics = Metrics()
metrics.show_models(ModelIdentity("network", "before", "0" * 64))
metrics.show_models(ModelIdentity("network", sys.argv[1], "0" * 64))
metrics.decided(Decision(0.9, 0.5, Verdict.ATTACK), ())
metrics.in_hand(1, 4)
print(metrics.text().decode())
"""


def test_workers_are_summed_and_dead_ones_have_no_gauges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), FOLDER_VARIABLE: str(tmp_path)}
    for worker in (1, 2):
        command = [sys.executable, "-c", WORKER, str(worker)]  # each with another model version
        done = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)
        assert f'img_super_verdicts_total{{reco="TRUE",verdict="attack"}} {worker}.0' in done.stdout
        assert "img_super_photos_waiting 4.0" in done.stdout
        assert done.stdout.count("img_super_model_info{") == 1
        assert f'model_version="{worker}"' in done.stdout
    assert list(tmp_path.glob("counter_*.db"))
    # After both have ended: this process started without the variable, so it only reads their files.
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    asked = Metrics()
    asked.show_models()
    told = asked.text().decode()
    assert 'img_super_verdicts_total{reco="TRUE",verdict="attack"} 2.0' in told
    assert "img_super_photos_waiting" not in told
    assert "img_super_model_info{" not in told
