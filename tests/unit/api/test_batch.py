"""`POST /super/batch`: answers in order, one per photo; limits apply before any work."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Sequence
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from img_super.api.app import create_app
from img_super.domain import Detection, RgbImage
from img_super.pipeline.pipeline import Pipeline
from img_super.settings import Settings
from tests.conftest import FakeDetector, FakeValidator
from tests.unit.api.slow_service import PHOTO, SlowDetector, service
from tests.waiting import until_then

BROKEN = PHOTO[: len(PHOTO) // 2]


def form(photos: Sequence[bytes]) -> list[tuple[str, tuple[str, bytes, str]]]:
    return [("image", ("photo", photo, "application/octet-stream")) for photo in photos]


def outcomes(answer: Any) -> list[str]:
    return [item["problem"]["code"] if "problem" in item else item["answer"]["verdict"] for item in answer["items"]]


def test_photos_are_answered_in_order_and_a_bad_one_fails_alone(client: TestClient) -> None:
    given = client.post("/super/batch", files=form([PHOTO, b"", b"no photo", PHOTO, BROKEN]))
    assert given.status_code == 200
    assert outcomes(given.json()) == ["attack", "image_missing", "not_an_image", "attack", "broken_image"]
    alone = client.post("/super", files=form([PHOTO])).json()
    assert given.json()["items"][0] == {"answer": alone}


def test_any_file_field_counts_and_other_fields_do_not(client: TestClient) -> None:
    files = [("front", ("a.png", PHOTO, "image/png")), ("back", ("b.png", PHOTO, "image/png"))]
    given = client.post("/super/batch", files=files, data={"customer": "7"})
    assert outcomes(given.json()) == ["attack", "attack"]


def test_evidence_comes_with_each_photo(client: TestClient) -> None:
    items = client.post("/super/batch?evidence=true", files=form([PHOTO, PHOTO])).json()["items"]
    assert all("heat_map" in item["answer"]["evidence"] for item in items)


@pytest.mark.parametrize(
    ("options", "photos", "status", "code"),
    [
        ({"batch_photos": 2}, [PHOTO] * 3, 413, "too_many_photos"),
        ({"batch_bytes": 1024}, [PHOTO] * 20, 413, "body_too_large"),
        ({"batch_photos": 0}, [PHOTO], 404, "switched_off"),
        ({"rate_per_minute": 2}, [PHOTO] * 3, 429, "rate_exceeded"),
    ],
)
def test_oversized_batch_is_refused_before_any_photo_is_decoded(
    validator: FakeValidator, options: dict[str, Any], photos: list[bytes], status: int, code: str
) -> None:
    detector = FakeDetector()
    with TestClient(create_app(Settings(threads=1, **options), Pipeline(detector, validator))) as client:
        given = client.post("/super/batch", files=form(photos))
        assert (given.status_code, given.json()["code"]) == (status, code)
        assert (120, 200) not in {image.shape[:2] for image in detector.seen}  # the photo, not the warm-up


def test_batch_body_may_exceed_the_single_photo_limit(pipeline: Pipeline) -> None:
    with TestClient(create_app(Settings(threads=1, max_body_bytes=1024), pipeline)) as client:
        photos = form([PHOTO + bytes(2048)])
        assert client.post("/super", files=photos).status_code == 413
        assert client.post("/super/batch", files=photos).status_code == 200


def test_decompressed_size_counts_towards_the_limit_of_all_bodies(pipeline: Pipeline) -> None:
    """100 kB expanded to 64 MB that were held until its photos' turn: 2.2 GB for a full queue."""
    head = b'--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'
    headers = {"content-type": "multipart/form-data; boundary=b", "content-encoding": "gzip"}
    with TestClient(create_app(Settings(threads=1, body_memory_bytes=1_000_000), pipeline)) as client:

        def status(photos: int) -> int:
            body = b"".join(head + PHOTO + bytes(400_000) + b"\r\n" for _ in range(photos)) + b"--b--\r\n"
            return client.post("/super/batch", content=gzip.compress(body), headers=headers).status_code

        assert [status(2), status(3), status(2)] == [200, 503, 200]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"json": {"image": "x"}}, "unsupported_media_type"),
        ({"files": [("customer", (None, b"7"))]}, "image_missing"),
    ],
)
def test_other_bodies_are_told_what_to_send(client: TestClient, body: dict[str, Any], code: str) -> None:
    assert client.post("/super/batch", **body).json()["code"] == code


def test_unexpected_error_is_reported_for_its_photo(client: TestClient, detector: FakeDetector) -> None:
    detect, calls = detector.detect, list[RgbImage]()

    def once(image: RgbImage) -> Detection | None:
        if image.shape[:2] == (120, 200):  # not the warm-up
            calls.append(image)
        if len(calls) == 1:
            raise RuntimeError("nobody thought of this")
        return detect(image)

    detector.detect = once  # type: ignore[method-assign]
    items = client.post("/super/batch", files=form([PHOTO, PHOTO]))
    assert sorted(outcomes(items.json())) == ["attack", "internal_error"]


def test_deadline_fails_unfinished_photos_and_answers_the_rest(validator: FakeValidator) -> None:
    class SecondIsSlow(SlowDetector):
        def detect(self, image: RgbImage) -> Detection | None:
            return super().detect(image) if self.seen else FakeDetector.detect(self, image)

    async def ask() -> httpx2.Response:
        async with service(SecondIsSlow(), validator, deadline_s=1) as client:
            return await client.post("/super/batch", files=form([PHOTO, PHOTO, PHOTO]))

    given = asyncio.run(ask())
    assert outcomes(given.json()) == ["attack", "deadline_passed", "deadline_passed"]


def test_batch_is_bounded_by_the_threads_and_leaves_the_queue_free(validator: FakeValidator) -> None:
    slow = SlowDetector()

    async def ask() -> tuple[httpx2.Response, httpx2.Response]:
        async with service(slow, validator, queue=1) as client:
            batch = asyncio.ensure_future(client.post("/super/batch", files=form([PHOTO] * 8)))
            await until_then(lambda: slow.seen)
            other = asyncio.ensure_future(client.post("/super", files=form([PHOTO])))
            await asyncio.sleep(0)
            slow.go_on.set()
            return await batch, await other

    batch, other = asyncio.run(ask())
    assert outcomes(batch.json()) == ["attack"] * 8
    assert other.status_code == 200
