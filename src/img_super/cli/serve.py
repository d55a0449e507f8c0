"""`img-super serve`: start the service."""

import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Final

import typer
import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from img_super.api.connection import BoundedConnection, ConnectionLimits
from img_super.api.garbage import set_aside_what_stays
from img_super.api.logs import logging_config
from img_super.api.metrics import FOLDER_VARIABLE
from img_super.api.open_files import allow_connections
from img_super.api.tls import Certificate, secure_connection
from img_super.api.together import Together, living
from img_super.cli.options import Model, Policy, RunBy
from img_super.errors import StartError
from img_super.main import build_app
from img_super.registry.registry import serving_folder
from img_super.settings import LogLevel, Settings, load_settings

_WORKER_READY_S: Final = 60
"""Time for a replacement worker to load its models; Uvicorn's 5 s are too few on a busy machine."""


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="TCP port to listen on.")] = None,
    threads: Annotated[int | None, typer.Option(help="Photos judged at once.")] = None,
    model: Model = None,
    backend: RunBy = None,
    policy: Policy = None,
    workers: Annotated[int | None, typer.Option(help="Processes that share the port.")] = None,
    log_level: Annotated[LogLevel | None, typer.Option(help="Minimum level of messages to log.")] = None,
) -> None:
    """Start the service. Options override the environment (IMG_SUPER_*)."""
    try:
        settings = load_settings(
            host=host,
            port=port,
            threads=threads,
            model=model,
            backend=backend,
            policy=policy,
            workers=workers,
            log_level=log_level,
        )
        app = build_app(settings)
    except StartError as error:
        typer.echo(f"img_super cannot start. {error}", err=True)
        raise typer.Exit(1) from error
    _exit_cleanly_on_sigterm()
    allow_connections(settings.connections)
    typer.echo(_welcome(settings))
    with _room_for_workers(settings):
        _run(settings, app)


class _Workers(Multiprocess):
    """On SIGHUP, tells one worker, which coordinates the others; Uvicorn would restart them one by one."""

    def handle_hup(self) -> None:
        for process in living(Path(os.environ[FOLDER_VARIABLE]))[:1]:
            os.kill(process, signal.SIGHUP)


def _run(settings: Settings, app: FastAPI) -> None:
    if settings.workers == 1:
        set_aside_what_stays()
        uvicorn.run(app, **_options(settings))
        return
    config = uvicorn.Config("img_super.main:app", workers=settings.workers, **_options(settings))
    _Workers(config, [config.bind_socket()]).run()


def _options(settings: Settings) -> dict[str, Any]:
    return {
        "host": settings.host,
        "port": settings.port,
        "root_path": settings.root_path,
        "http": _connection(settings),
        "ws": "none",
        "proxy_headers": False,  # `api/proxies.py` handles them instead
        "timeout_keep_alive": settings.keep_alive_s,
        "log_level": settings.log_level.value,
        "log_config": logging_config(settings.log_format, settings.log_level.value),
        "access_log": False,
        "server_header": False,
        "timeout_graceful_shutdown": settings.shutdown_grace_s,
        "timeout_worker_healthcheck": _WORKER_READY_S,
    }


def _connection(settings: Settings) -> Callable[..., Any]:
    limits = ConnectionLimits(connections=settings.connections)
    if settings.tls_certificate is None or settings.tls_key is None:
        return partial(BoundedConnection, limits=limits)
    certificate = Certificate(settings.tls_certificate, settings.tls_key)
    certificate.context()  # reports an invalid file now, not at the first request
    logging.getLogger("uvicorn.error").addFilter(lambda record: "running on" not in record.msg)  # as http; see _welcome
    return partial(secure_connection, limits=limits, certificate=certificate)


@contextmanager
def _room_for_workers(settings: Settings) -> Iterator[None]:
    """Share settings and metrics between several workers."""
    if settings.workers == 1:
        yield
        return
    with TemporaryDirectory(prefix="img_super-metrics-") as folder:
        Together.begin(Path(folder), serving_folder(settings.model))
        os.environ.update({**settings.as_variables(), FOLDER_VARIABLE: folder})
        yield


def _exit_cleanly_on_sigterm() -> None:
    """Uvicorn finishes requests in flight and then raises the signal again; being stopped is not a failure."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))


def _welcome(settings: Settings) -> str:
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "localhost") else settings.host  # noqa: S104
    scheme = "https" if settings.tls_certificate else "http"
    url = f"{scheme}://[{host}]:{settings.port}" if ":" in host else f"{scheme}://{host}:{settings.port}"
    sample = Path(__file__).parent.parent / "samples" / "attack.jpg"
    addresses = f"img_super on {url} (open it in a browser for the page; documentation: {url}/docs)"
    return f"{addresses}\n\n  curl -F image=@{_near(sample)} {url}/super\n"


def _near(path: Path) -> Path:
    """The path relative to the working directory, if inside it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
