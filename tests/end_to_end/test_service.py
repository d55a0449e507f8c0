from __future__ import annotations

import base64
import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest

from benchmarks.running_service import Service, environment, running_service
from img_super.client import Client
from img_super.domain import Box, Verdict
from img_super.errors import NotAnImage
from tests.conftest import SAMPLES, encode
from tests.hostile.pdfs import scan
from tests.waiting import PATIENCE_S, PATIENT, until

JPEG = {"content-type": "image/jpeg"}


def old_client(url: str, photo: bytes) -> dict[str, Any]:
    """A client of the legacy system: posts JSON, prints JSON."""
    body = json.dumps({"image": "data:image/jpeg;base64," + base64.b64encode(photo).decode()}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:
        return dict(json.load(response))


def box(coord: dict[str, int]) -> Box:
    return Box(coord["x_min"], coord["y_min"], coord["x_max"], coord["y_max"])


@pytest.mark.parametrize("name", ["bona_fide.jpg", "attack.jpg", "example.jpg"])
def test_legacy_client_still_works(service: Service, name: str) -> None:
    answer = old_client(f"{service.url}/super", (SAMPLES / name).read_bytes())
    assert 0 <= answer["score"] <= 1
    assert answer["reco"] == ("TRUE" if answer["score"] >= answer["threshold"] else "FALSE")
    face = old_client(f"{service.url}/face", (SAMPLES / name).read_bytes())
    assert answer["coord"].keys() <= face.keys()
    # The fast detector refines its box: the same face, a few pixels off.
    assert box(answer["coord"]).iou(box(face)) > 0.7


def test_python_client_covers_every_route(service: Service) -> None:
    photos = [SAMPLES / "attack.jpg", SAMPLES / "bona_fide.jpg"]
    with Client(service.url, timeout_s=PATIENCE_S) as client:
        client.check()
        first, second = (client.super(photo) for photo in photos)
        assert [first.verdict, second.verdict] == [Verdict.ATTACK, Verdict.BONA_FIDE]
        assert client.face(photos[0]).iou(first.coord) > 0.7
        evidence = client.super(photos[0], evidence=True).evidence
        assert evidence is not None
        assert evidence.heat_map.startswith("data:image/png")
        *judged, refused = client.super_batch([*photos, b"no photo"])
        assert judged == [first, second]
        assert isinstance(refused, NotAnImage)
        with pytest.raises(NotAnImage):
            client.face(b"no photo")


def test_image_formats_get_nearly_equal_scores(service: Service, bona_fide_bytes: bytes) -> None:
    from img_super.pipeline.decode import decode_image

    pixels = decode_image(bona_fide_bytes)
    score = old_client(f"{service.url}/super", bona_fide_bytes)["score"]
    for image_format in ("PNG", "BMP", "TIFF", "WEBP"):
        data = encode(pixels, image_format, **({"lossless": True} if image_format == "WEBP" else {}))
        assert old_client(f"{service.url}/super", data)["score"] == pytest.approx(score, abs=1e-6)


def test_service_survives_bad_requests(service: Service, bona_fide_bytes: bytes) -> None:
    with httpx2.Client(base_url=service.url, timeout=PATIENCE_S) as client:
        no_photo = np.full((300, 400, 3), 200, np.uint8)
        no_face = encode(no_photo)
        truncated = bona_fide_bytes[: len(bona_fide_bytes) // 2]
        for content, status, code in [
            (b"", 400, "image_missing"),
            (no_face, 422, "no_face"),
            (truncated, 422, "broken_image"),
            (scan(no_photo), 415, "not_an_image"),
        ]:
            answer = client.post("/super", content=content, headers={"content-type": "image/png"})
            assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert client.post("/super", files={"image": bona_fide_bytes}).status_code == 200


def test_oversized_body_is_refused_before_it_arrives(service: Service) -> None:
    with closing(HTTPConnection(*service.address, timeout=PATIENCE_S)) as connection:
        connection.request("POST", "/super", b"\xff\xd8", {**JPEG, "content-length": "99999999999"})
        answer = connection.getresponse()
        assert answer.status == 413
        assert b"20,971,520" in answer.read()


def test_concurrent_requests_get_equal_answers(service: Service, bona_fide_bytes: bytes) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: old_client(f"{service.url}/super", bona_fide_bytes), range(24)))
    assert all(answer == answers[0] for answer in answers)


def in_hand(service: Service) -> float:
    """Photos in work, queued, or answered."""
    counted = ("img_super_photos_working ", "img_super_photos_waiting ", 'img_super_requests_total{method="POST"')
    lines = httpx2.get(f"{service.url}/metrics", timeout=PATIENCE_S).text.splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(counted))


def test_sigterm_finishes_requests_in_flight_and_exits_0() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (2400, 3200, 3), dtype=np.uint8)
    big = encode(noise, "JPEG", quality=80)
    with running_service("--threads", "1", **PATIENT) as service, ThreadPoolExecutor(3) as threads:

        def post(_: int) -> int:
            return httpx2.post(f"{service.url}/face", content=big, headers=JPEG, timeout=PATIENCE_S).status_code

        in_flight = [threads.submit(post, i) for i in range(3)]
        until(lambda: in_hand(service) >= 3)
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(timeout=PATIENCE_S) == 0
        assert {future.result() for future in in_flight} <= {200, 422}


def ended(command: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, env=environment(**variables), capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"IMG_SUPER_PORT": "http"}, "img_super cannot start. IMG_SUPER_PORT cannot be 'http'"),
        ({"IMG_SUPER_MODEL": "/nowhere"}, "img_super cannot start. The model's card /nowhere/card.json cannot be read"),
    ],
)
@pytest.mark.parametrize("way", [["-m", "img_super", "serve"], ["-m", "uvicorn", "img_super.main:app"]])
def test_failed_start_prints_one_sentence(way: list[str], variables: dict[str, str], sentence: str) -> None:
    done = ended([sys.executable, *way], **variables)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_modified_model_fails_at_start(tmp_path: Path) -> None:
    from img_super.pipeline.load import SHIPPED_MODEL

    for file in SHIPPED_MODEL.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes() + (b"\0" if file.suffix == ".tflite" else b""))
    command = [sys.executable, "-m", "img_super", "serve", "--model", str(tmp_path)]
    done = ended(command)
    assert done.returncode == 1
    assert "the sha256 differs" in done.stderr


def test_service_imports_neither_tensorflow_nor_pdfium() -> None:
    late = {"tensorflow", "keras", "torch", "jax", "pypdfium2"}
    code = f"import sys, img_super.main; print(sorted({late} & set(sys.modules)))"
    done = ended([sys.executable, "-c", code])
    assert done.stdout.strip() == "[]"
