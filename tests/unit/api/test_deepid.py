"""`/detect`, `/localize`, `/detect_and_localize`: as required by the DeepID challenge's service test."""

from __future__ import annotations

from io import BytesIO

import httpx2
import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from img_super.api.app import create_app
from img_super.model_card import Policy
from img_super.pipeline.pipeline import Pipeline
from img_super.settings import Settings
from tests.conftest import FakeValidator

ROUTES = ("/detect", "/localize", "/detect_and_localize")


@pytest.fixture
def deepid(pipeline: Pipeline) -> TestClient:
    return TestClient(create_app(Settings(threads=1, deepid=True), pipeline))


def post(client: TestClient, address: str, photo: bytes) -> httpx2.Response:
    return client.post(address, files={"image": ("photo.png", photo, "image/png")})


def mask_of(answer: httpx2.Response) -> np.ndarray:
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert answer.headers["cache-control"] == "no-store"
    return np.array(Image.open(BytesIO(answer.content)))


def test_openapi_declares_the_mask_as_binary(deepid: TestClient) -> None:
    paths = deepid.get("/openapi.json").json()["paths"]
    for address in ROUTES[1:]:
        content = paths[address]["post"]["responses"]["200"]["content"]
        assert content["image/png"]["schema"] == {"type": "string", "format": "binary"}


@pytest.mark.parametrize(("score", "told"), [(0.0, 1.0), (0.5, 0.6), (0.6, 0.5), (0.75, 1 / 3), (1.0, 0.0)])
def test_threshold_maps_to_one_half_and_genuine_to_one(
    deepid: TestClient, validator: FakeValidator, photo_bytes: bytes, score: float, told: float
) -> None:
    validator.score = score
    assert post(deepid, "/detect", photo_bytes).json() == {"score": pytest.approx(told)}
    answer = post(deepid, "/detect_and_localize", photo_bytes)
    assert float(answer.headers["X-Score-Value"]) == pytest.approx(told)


@pytest.mark.parametrize(
    ("threshold", "score", "told"), [(1.0, 1.0, 0.0), (1.000001 - 1e-9, 1.0, 1.0), (0.0, 0.0, 0.0)]
)
def test_extreme_thresholds_decide_like_super(
    deepid: TestClient,
    pipeline: Pipeline,
    validator: FakeValidator,
    photo_bytes: bytes,
    threshold: float,
    score: float,
    told: float,
) -> None:
    """Cards have such thresholds for policies that cannot be met."""
    validator.score = score
    pipeline.policy = Policy(threshold, (0.0, 1.0))
    assert post(deepid, "/detect", photo_bytes).json() == {"score": told}


def test_mask_has_the_photo_size_and_is_black_on_evidence(
    deepid: TestClient, validator: FakeValidator, photo_bytes: bytes
) -> None:
    validator.heat_map = np.array([[1, 1, 0, 0]] * 4, np.float32)
    square = post(deepid, "/super?evidence=true", photo_bytes).json()["evidence"]["coord"]
    middle = (square["x_min"] + square["x_max"]) // 2
    mask = mask_of(post(deepid, "/localize", photo_bytes))
    assert mask.shape == (120, 200)
    assert square["y_min"] < 0  # the square extends beyond the photo
    black = np.zeros_like(mask, bool)
    black[: square["y_max"], max(0, square["x_min"]) : middle] = True
    assert (mask == ~black).mean() > 0.98
    assert (mask == mask_of(post(deepid, "/detect_and_localize", photo_bytes))).all()
    assert set(np.unique(mask)) == {False, True}


@pytest.mark.parametrize("address", ROUTES)
def test_errors_and_limits_match_super(
    deepid: TestClient, client: TestClient, pipeline: Pipeline, photo_bytes: bytes, address: str
) -> None:
    assert post(deepid, address, bytes(50_000)).json()["code"] == "not_an_image"
    assert post(client, address, photo_bytes).status_code == 404
    limited = TestClient(create_app(Settings(threads=1, deepid=True, max_body_bytes=1024), pipeline))
    assert post(limited, address, bytes(2000)).json()["code"] == "body_too_large"
