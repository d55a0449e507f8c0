from __future__ import annotations

import json

import msgspec
import pytest
from fastapi.testclient import TestClient

from img_super import __version__
from img_super.api.app import create_app
from img_super.api.base64_image import decode_base64
from img_super.domain import Box, Detection, DocumentPlace, Face, Rotation
from img_super.figures import Figure, PolicyFigures, UndeterminedShares
from img_super.model_card import CARD_FILE, Policy, PolicyName, read_card
from img_super.pipeline.decode import decode_image
from img_super.pipeline.load import SHIPPED_MODEL
from img_super.pipeline.pipeline import Pipeline
from img_super.settings import Settings
from tests.conftest import FakeDetector, FakeValidator
from tests.waiting import until

PNG = {"content-type": "image/png"}


def test_face_follows_the_contract(client: TestClient, photo_bytes: bytes) -> None:
    portrait = {"y_min": 30, "x_min": 40, "y_max": 110, "x_max": 100, "confidence": 0.9}
    ghost = {"y_min": 60, "x_min": 150, "y_max": 90, "x_max": 170, "confidence": 0.95}
    answer = client.post("/face", content=photo_bytes, headers=PNG)
    assert answer.json() == {
        **portrait,
        "faces": [portrait, ghost],
        "rotation": 0,
        "portraits": [portrait],
        "outside": [],
    }


def test_super_follows_the_contract(client: TestClient, photo_bytes: bytes) -> None:
    answer = client.post("/super", content=photo_bytes, headers=PNG).json()
    assert [warning["code"] for warning in answer.pop("quality")] == ["small_portrait", "cut_off"]
    assert [reason["code"] for reason in answer.pop("reasons")] == ["score_high"]
    (document,) = answer.pop("documents")
    assert (document["score"], document["coord"]) == (answer["score"], answer["coord"])
    assert answer == {
        "score": 0.75,
        "reco": "TRUE",
        "coord": {"y_min": 30, "x_min": 40, "y_max": 110, "x_max": 100},
        "threshold": 0.6,
        "verdict": "attack",
        "model": {"name": "fake_validator", "version": "2", "sha256": "1" * 64},
        "outside": [],
    }


@pytest.mark.parametrize("path", ["/face", "/super"])
def test_reports_faces_outside_every_document(
    client: TestClient, detector: FakeDetector, photo_bytes: bytes, path: str
) -> None:
    portrait, ghost, beside, owner = (Face(Box(x, 30, x + 40, 80), 0.9) for x in (20, 52, 100, 160))
    place = DocumentPlace(Box(10, 20, 60, 90), ((5, 10), (95, 10), (95, 100), (5, 100)))
    detector.answer = Detection(portrait, (owner, ghost, beside), 0, place)
    answer = client.post(path, content=photo_bytes, headers=PNG).json()
    assert [face["x_min"] for face in answer["outside"]] == [160]
    if path == "/super":
        assert [face["x_min"] for face in answer["documents"][0]["ghosts"]] == [52, 100]
    detector.answer = Detection(portrait, (), 0, no_document=True)
    answer = client.post(path, content=photo_bytes, headers=PNG).json()
    assert [face["x_min"] for face in answer["outside"]] == [20]


@pytest.mark.parametrize(
    ("score", "reco", "verdict"),
    [
        (0.1, "FALSE", "bona_fide"),
        (0.5999, "FALSE", "undetermined"),
        (0.6, "TRUE", "undetermined"),
        (0.9, "TRUE", "attack"),
    ],
)
def test_reco_follows_the_threshold(
    client: TestClient, validator: FakeValidator, photo_bytes: bytes, score: float, reco: str, verdict: str
) -> None:
    validator.score = score
    answer = client.post("/super", content=photo_bytes, headers=PNG).json()
    assert (answer["reco"], answer["verdict"]) == (reco, verdict)


@pytest.mark.parametrize("path", ["/face", "/super"])
def test_reports_no_face(client: TestClient, detector: FakeDetector, photo_bytes: bytes, path: str) -> None:
    detector.answer = None
    answer = client.post(path, content=photo_bytes, headers=PNG)
    assert (answer.status_code, answer.json()["code"]) == (422, "no_face")


def test_small_face_is_found_but_not_judged(client: TestClient, detector: FakeDetector, photo_bytes: bytes) -> None:
    detector.answer = Detection(Face(Box(10, 10, 30, 34), 0.9), (), 90)
    found = client.post("/face", content=photo_bytes, headers=PNG)
    judged = client.post("/super", content=photo_bytes, headers=PNG)
    assert (found.status_code, found.json()["rotation"]) == (200, 90)
    assert (judged.status_code, judged.json()["code"]) == (422, "face_too_small")
    assert "20 pixels" in judged.json()["detail"]


def test_liveness(client: TestClient) -> None:
    root = client.get("/")
    assert root.headers["content-type"] == "application/json"
    assert root.json() == {"service": "img_super", "version": __version__, "status": "alive", "docs": "/docs"}
    assert client.get("/health/live").json() == {"status": "alive"}


def test_ready_after_the_warm_up(client: TestClient, validator: FakeValidator) -> None:
    until(lambda: client.get("/health/ready").status_code == 200)
    assert client.get("/health/ready").json() == {"status": "ready"}
    assert len(validator.seen) == 2  # one for each thread


def test_not_ready_when_the_warm_up_fails(
    settings: Settings, pipeline: Pipeline, detector: FakeDetector, caplog: pytest.LogCaptureFixture
) -> None:
    detector.answer = None
    with TestClient(create_app(settings, pipeline)) as client:
        until(lambda: "The warm-up request failed" in caplog.text)
        answer = client.get("/health/ready")
        assert (answer.status_code, answer.json()) == (503, {"status": "starting"})
        assert client.get("/health/live").status_code == 200


def test_evidence_is_a_map_over_the_photo(client: TestClient, photo_bytes: bytes) -> None:
    answer = client.post("/super?evidence=true", content=photo_bytes, headers=PNG).json()
    evidence = answer["evidence"]
    assert decode_image(decode_base64(evidence["heat_map"])).shape == (4, 4, 3)
    corners = evidence["coord"]
    assert corners["x_max"] - corners["x_min"] == corners["y_max"] - corners["y_min"] == 166
    assert corners["y_min"] < answer["coord"]["y_min"]


@pytest.mark.parametrize(("rotation", "bright"), [(0, (0, 1)), (90, (2, 0)), (180, (3, 2)), (270, (1, 3))])
def test_evidence_follows_the_exif_orientation(
    client: TestClient,
    detector: FakeDetector,
    validator: FakeValidator,
    photo_bytes: bytes,
    rotation: Rotation,
    bright: tuple[int, int],
) -> None:
    validator.heat_map[0, 1] = 1
    detector.answer = Detection(Face(Box(40, 30, 100, 110), 0.9), (), rotation)
    answer = client.post("/super?evidence=true", content=photo_bytes, headers=PNG).json()
    heat_map = decode_image(decode_base64(answer["evidence"]["heat_map"]))
    assert heat_map[bright].tolist() == [255, 255, 255]


def test_invalid_boolean_is_refused(client: TestClient, photo_bytes: bytes) -> None:
    answer = client.post("/super?evidence=perhaps", content=photo_bytes, headers=PNG)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_parameter")
    assert "evidence" in answer.json()["detail"]


def test_model_shows_the_card(client: TestClient) -> None:
    models = client.get("/model").json()
    assert models["detector"] == {"name": "fake_detector", "version": "1", "sha256": "0" * 64}
    validator = models["validator"]
    assert validator["name"] == "fake_validator"
    assert validator["threshold"] == 0.6
    assert validator["undetermined"] == [0.4, 0.7]
    assert validator["figures"] == {"somewhere": {"auc": {"value": 0.9, "interval_95": [0.8, 0.95]}}}
    assert validator["policy"] == "balanced"
    assert validator["policies"] == [
        {"name": "balanced", "threshold": 0.6, "undetermined": [0.4, 0.7], "max_bpcer": None, "figures": {}}
    ]


def test_model_shows_the_policies_and_the_active_one(
    settings: Settings, detector: FakeDetector, validator: FakeValidator
) -> None:
    given = PolicyFigures(bpcer=Figure(0.09, (0.05, 0.2)), undetermined=UndeterminedShares(0.25))
    choices = {
        PolicyName.BALANCED: Policy(0.6, (0.4, 0.7), 0.05),
        PolicyName.STRICT: Policy(0.3, (0.2, 0.5), 0.1, {"somewhere": given}),
    }
    validator.card = msgspec.structs.replace(validator.card, policies=choices)
    pipeline = Pipeline(detector, validator, policy=PolicyName.STRICT)
    with TestClient(create_app(settings, pipeline)) as client:
        shown = client.get("/model").json()["validator"]
    assert (shown["policy"], shown["threshold"], shown["undetermined"]) == ("strict", 0.3, [0.2, 0.5])
    assert [choice["name"] for choice in shown["policies"]] == ["balanced", "strict"]
    assert shown["policies"][1]["figures"] == {
        "somewhere": {"bpcer": {"value": 0.09, "interval_95": [0.05, 0.2]}, "undetermined": {"bona_fide": 0.25}}
    }


def test_model_returns_the_shipped_figures_unchanged(
    settings: Settings, detector: FakeDetector, validator: FakeValidator
) -> None:
    validator.card = read_card(SHIPPED_MODEL)
    answer = TestClient(create_app(settings, Pipeline(detector, validator))).get("/model").content
    written = json.loads((SHIPPED_MODEL / CARD_FILE).read_bytes())
    for figures in (written["figures"], *(policy["figures"] for policy in written["policies"].values())):
        assert b'"figures":' + json.dumps(figures, separators=(",", ":")).encode() in answer


def test_prevalence_setting_adds_a_probability(pipeline: Pipeline, photo_bytes: bytes) -> None:
    with TestClient(create_app(Settings(threads=1, attack_share=0.1), pipeline)) as client:
        answer = client.post("/super", content=photo_bytes, headers={"content-type": "image/png"}).json()
    assert (answer["score"], answer["probability"]) == (0.75, pytest.approx(0.25))
