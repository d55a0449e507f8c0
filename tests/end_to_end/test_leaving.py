"""Disconnecting clients: no server errors, and no effect on others."""

from __future__ import annotations

import socket
import struct
from itertools import product
from pathlib import Path

import httpx2

from benchmarks.running_service import Service
from tests.waiting import PATIENCE_S, until


def line_to(service: Service) -> socket.socket:
    return socket.create_connection(service.address, timeout=PATIENCE_S)


def reset(line: socket.socket) -> None:
    """Leave as a phone does that loses its network."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()


def upload(line: socket.socket) -> None:
    line.sendall(
        b"POST /super HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\nContent-Length: 900000\r\n\r\n\xff\xd8"
    )


def form(line: socket.socket) -> None:
    head = b"POST /super HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 900000"
    line.sendall(head + b"\r\n\r\n--b\r\nContent-Disposition: form-data; name")


def download(line: socket.socket) -> None:
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.sendall(b"GET /static-offline-docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n" * 10)
    line.recv(1)


def sockets(service: Service) -> int:
    """How many the service has open."""
    return sum(is_socket(entry) for entry in Path(f"/proc/{service.process.pid}/fd").iterdir())


def is_socket(descriptor: Path) -> bool:
    """A descriptor may be closed between being listed and being read."""
    try:
        return str(descriptor.readlink()).startswith("socket:")
    except FileNotFoundError:
        return False


def is_alive(service: Service) -> bool:
    return httpx2.get(f"{service.url}/health/live", timeout=PATIENCE_S).status_code == 200


def counted(service: Service, said: str) -> float:
    """Requests of which the metrics say this."""
    lines = httpx2.get(f"{service.url}/metrics", timeout=PATIENCE_S).text.splitlines()
    requests = (line for line in lines if line.startswith("img_super_requests_total") and said in line)
    return sum(float(line.rpartition(" ")[2]) for line in requests)


def all_it_said(service: Service) -> str:
    """Its log until now: what is said of one last request comes after what was said of those before."""
    last = {"x-request-id": "last-of-those-that-left"}
    httpx2.get(f"{service.url}/model", headers=last, timeout=PATIENCE_S)
    until(lambda: last["x-request-id"] in service.said())
    return service.said()


def test_disconnects_are_not_server_errors(service: Service) -> None:
    before, left_before = sockets(service), counted(service, 'route="/super",status="499"')
    for begin, leaves_by in product((upload, form, download) * 5, ("closing", "reset")):
        with line_to(service) as line:
            begin(line)
            assert is_alive(service)  # by then it has seen what was sent before
            if leaves_by == "reset":
                reset(line)
    until(lambda: sockets(service) <= before)
    assert counted(service, 'route="/super",status="499"') > left_before
    assert not counted(service, 'status="500"')
    assert not counted(service, 'status="0"')
    said = all_it_said(service)
    assert "Unexpected error" not in said
    assert "Traceback" not in said
