"""The canary: texts that nobody else has are sent in every way, and must be found nowhere afterwards.

They stand in the bytes of photos (as they are, and as the base64 of the request), in bad bodies, addresses, queries and
headers. Searched are everything that the service says (log, error answers, metrics, traces) and every file that was
written while it ran.
"""

from __future__ import annotations

import base64
import http.server
import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest

from benchmarks.running_service import Service, running_service
from tests.conftest import SAMPLES
from tests.waiting import PATIENT

CANARY = b"CANARY-7f3a91c2-of-a-photo-that-must-be-forgotten"
PHOTO = (SAMPLES / "bona_fide.jpg").read_bytes()
SPIED_PHOTO = PHOTO[:2] + b"\xff\xfe" + (len(CANARY) + 2).to_bytes(2, "big") + CANARY + PHOTO[2:]
"""The sample with the canary as its JPEG comment: a photo that is answered like any other."""


def traces_of(canary: bytes) -> list[bytes]:
    """The canary, plain and in base64 at each of its three alignments."""
    inner = [base64.b64encode(b" " * shift + canary + b"   ")[8:56] for shift in range(3)]
    return [canary, canary.hex().encode(), *inner]


def as_json(data: bytes) -> bytes:
    return json.dumps({"image": base64.b64encode(data).decode()}).encode()


def bad_bodies() -> Iterator[tuple[str, bytes]]:
    text = base64.b64encode(CANARY * 4).decode()
    yield "image/jpeg", SPIED_PHOTO[: len(SPIED_PHOTO) // 2]
    yield "image/jpeg", b"\xff\xd8\xff" + CANARY * 20
    yield "image/png", b"\x89PNG\r\n\x1a\n" + CANARY * 20
    yield "image/png", CANARY
    yield "application/json", as_json(SPIED_PHOTO)[:-20]
    yield "application/json", b'{"image": ["' + CANARY + b'"]}'
    yield "application/json", json.dumps({"image": f"!{text}"}).encode()
    yield "application/json", json.dumps({text: text}).encode()
    yield "multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data; name=" + CANARY + b"\r\n\r\n\r\n"
    yield f"text/{text[:40]}", CANARY
    yield f"multipart/form-data; boundary={text[:40]}", CANARY * 10


def storm(service: Service) -> list[httpx2.Response]:
    """Send good and bad requests with the canary everywhere; return the answers."""
    text = base64.b64encode(CANARY).decode().strip("=")
    with httpx2.Client(base_url=service.url, timeout=600) as client:
        good = [
            client.post("/super?evidence=true", content=SPIED_PHOTO, headers={"content-type": "image/jpeg"}),
            client.post("/super", content=as_json(SPIED_PHOTO)),
            client.post("/face", files={"image": (f"{CANARY.decode()}.jpg", SPIED_PHOTO, "image/jpeg")}),
        ]
        assert [answer.status_code for answer in good] == [200] * 3
        bad = [client.post("/super", content=body, headers={"content-type": kind}) for kind, body in bad_bodies()]
        assert all(400 <= answer.status_code < 500 for answer in bad)
        addresses = [f"/{text}", f"/super/{text}", f"/super?image={text}", f"/face?evidence={text}", f"/web/{text}"]
        strange = [client.post(address, content=CANARY) for address in addresses]
        headers = {"x-request-id": f"{text} {text}", "traceparent": text, "user-agent": text, "x-api-key": text}
        strange += [client.get("/model", headers=headers), client.request(CANARY.decode(), "/super")]
        strange.append(client.get("/metrics"))
    return [*good, *bad, *strange]


@contextmanager
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """An OpenTelemetry collector that stores what it receives."""
    kept: list[bytes] = []

    class Keep(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            kept.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Keep) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", kept
        server.shutdown()


def files_written_since(moment: float, *folders: Path) -> Iterator[Path]:
    """Every readable file changed since then."""
    for folder in folders:
        for place, _, names in os.walk(folder):
            for name in names:
                path = Path(place, name)
                try:
                    if path.is_file() and path.stat().st_mtime >= moment:
                        yield path
                except OSError:
                    continue


def open_files_of(pid: int) -> Iterator[str]:
    """One that is closed while it is looked at was open for nobody's sake."""
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            yield str(entry.readlink())


def found(text: bytes, where: str) -> list[str]:
    return [f"{trace!r} in {where}" for trace in traces_of(CANARY) if trace in text]


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_no_input_is_logged_or_stored(tmp_path: Path, log_format: str) -> None:
    """The service has a home and a temporary folder of its own, so that only its files are searched."""
    home, temporary, moment = tmp_path / "home", tmp_path / "tmp", time.time() - 1
    for folder in (home, temporary):
        folder.mkdir()
    with collector() as (endpoint, traces):
        variables = {
            **PATIENT,
            "HOME": str(home),
            "TMPDIR": str(temporary),
            "IMG_SUPER_LOG_FORMAT": log_format,
            "IMG_SUPER_LOG_LEVEL": "debug",
            "IMG_SUPER_TRACING": "true",
            "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
            "OTEL_EXPORTER_OTLP_COMPRESSION": "none",
            "OTEL_BSP_SCHEDULE_DELAY": "100",
        }
        with running_service("--threads", "2", **variables) as service:
            answers = storm(service)
            open_files = list(open_files_of(service.process.pid))
            service.process.terminate()
            service.process.wait(timeout=300)
            said = service.said()
    said_bytes = said.encode()
    assert b"/super" in said_bytes
    assert b"".join(traces).count(b"decode") >= 3
    leaks = found(said_bytes, "the log") + found(b"".join(traces), "the traces")
    for answer in answers:
        leaks += found(answer.content, "an answer") + found(repr(answer.headers.multi_items()).encode(), "headers")
    for path in files_written_since(moment, home, temporary, Path.cwd() / "src", Path("/dev/shm")):  # noqa: S108
        with suppress(FileNotFoundError):  # other programs' shared memory
            leaks += found(path.read_bytes(), str(path))
    assert leaks == []
    assert [name for name in open_files if name.startswith(str(temporary))] == []


def test_search_finds_a_planted_canary(tmp_path: Path) -> None:
    """Every form of the canary is recognised."""
    file = tmp_path / "spool"
    file.write_bytes(SPIED_PHOTO)
    assert list(files_written_since(time.time() - 60, tmp_path)) == [file]
    assert found(file.read_bytes(), "a file")
    for shift in range(3):
        assert found(as_json(b"x" * shift + SPIED_PHOTO), "a body")


def test_urls_and_paths_in_requests_are_never_opened(service: Service, bona_fide_bytes: bytes) -> None:
    """A path or URL is just text that is not base64."""
    opened: list[str] = []
    with collector() as (address, called), httpx2.Client(base_url=service.url, timeout=600) as client:
        targets = [
            address,
            f"{address}/photo.jpg",
            f"file://{SAMPLES}/attack.jpg",
            str(SAMPLES / "attack.jpg"),
            "s3://a/b",
        ]
        for target in targets:
            answer = client.post("/super", json={"image": target})
            opened += [target] if answer.status_code == 200 else []
            assert answer.json()["code"] in ("invalid_base64", "not_an_image"), answer.text
        assert client.post("/super", json={"image": base64.b64encode(bona_fide_bytes).decode()}).status_code == 200
    assert (opened, called) == ([], [])
    assert sys.platform == "linux"
