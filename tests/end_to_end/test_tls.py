"""HTTPS as an operator enables it, with a certificate that is verified."""

from __future__ import annotations

import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from benchmarks.running_service import environment, free_port
from tests.certificates import write_certificate
from tests.waiting import PATIENCE_S, until


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_certificate(tmp_path_factory.mktemp("tls"))[0]


@pytest.fixture(scope="module")
def port(chain: Path) -> Iterator[int]:
    """The port of a service with this certificate."""
    port = free_port()
    variables = {"IMG_SUPER_TLS_CERTIFICATE": str(chain), "IMG_SUPER_TLS_KEY": str(chain.with_name("key.pem"))}
    command = [sys.executable, "-m", "img_super", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=environment(**variables), stdout=subprocess.DEVNULL)
    try:
        until(lambda: is_ready(port, chain))
        yield port
    finally:
        process.kill()
        process.wait()


def is_ready(port: int, chain: Path) -> bool:
    try:
        return get(port, chain).status_code == 200
    except httpx2.TransportError:
        return False


def get(port: int, trusted: Path | None) -> httpx2.Response:
    context = ssl.create_default_context(cafile=trusted)
    return httpx2.get(f"https://127.0.0.1:{port}/health/ready", verify=context, timeout=PATIENCE_S)


def test_trusted_certificate_is_accepted(port: int, chain: Path) -> None:
    answer = get(port, chain)
    assert answer.status_code == 200
    assert "max-age=" in answer.headers["strict-transport-security"]


def test_untrusted_certificate_is_rejected(port: int) -> None:
    with pytest.raises(httpx2.ConnectError, match="certificate verify failed"):
        get(port, None)


def test_plain_http_gets_no_answer(port: int) -> None:
    with pytest.raises(httpx2.TransportError):
        httpx2.get(f"http://127.0.0.1:{port}/health/ready", timeout=PATIENCE_S)


def test_old_tls_versions_are_refused(port: int, chain: Path) -> None:
    context = ssl.create_default_context(cafile=chain)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES128-SHA:@SECLEVEL=0")  # without forward secrecy
    with pytest.raises(httpx2.TransportError):
        httpx2.get(f"https://127.0.0.1:{port}/health/ready", verify=context, timeout=PATIENCE_S)
