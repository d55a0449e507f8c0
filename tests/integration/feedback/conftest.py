"""Every test of the store runs on SQLite and, if installed (always in CI), on its own PostgreSQL."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine

from benchmarks.running_service import free_port

DEBIANS = "/usr/lib/postgresql"
PASSWORD = "only-in-a-test"  # noqa: S105


@contextmanager
def throw_away_cluster(binaries: Path) -> Iterator[str]:
    """A temporary server on a free local port; a URL without a database. Never as root."""
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # pytest's own folders are private
    data, password = folder / "data", folder / "password"
    password.write_text(PASSWORD)
    other = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
    if other:
        for path in (folder, password):
            shutil.chown(path, "nobody", "nogroup")
    port = free_port()

    def run(program: str, *arguments: str) -> None:
        command = [str(binaries / program), "-D", str(data), *arguments]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, **other)  # type: ignore[call-overload]

    run("initdb", "-U", "img_super", "-A", "scram-sha-256", f"--pwfile={password}", "-N", "-E", "UTF8", "--locale=C")
    options = f"-F -p {port} -k {folder} -h 127.0.0.1"
    try:
        run("pg_ctl", "start", "-w", "-l", str(folder / "log"), "-o", options)
        yield f"postgresql://img_super:{PASSWORD}@127.0.0.1:{port}"
    finally:
        run("pg_ctl", "stop", "-m", "immediate")
        shutil.rmtree(folder)


def binaries() -> Path | None:
    """The folder of the server's programs, which are not on the path in Debian."""
    on_path = shutil.which("initdb")
    found = [Path(on_path).resolve().parent] if on_path else sorted(Path(DEBIANS).glob("*/bin"))
    return found[-1] if found and (found[-1] / "initdb").exists() else None


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    found = binaries()
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL's server is not installed; CI must not leave its tests out")
        pytest.skip("PostgreSQL's server is not installed; on Debian: apt install postgresql")
    with throw_away_cluster(found) as url:
        yield url


@pytest.fixture(scope="session")
def new_database(cluster: str) -> Callable[[], str]:
    """Creates empty databases; returns their URLs."""
    numbers = count()
    server = create_engine(
        f"{cluster}/postgres".replace("://", "+pg8000://"), isolation_level="AUTOCOMMIT", poolclass=NullPool
    )

    def make() -> str:
        name = f"feedback_{next(numbers)}"
        with server.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        return f"{cluster}/{name}"

    return make


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, as IMG_SUPER_FEEDBACK names it."""
    if request.param == "sqlite":
        return str(tmp_path / "f.db")
    url: str = request.getfixturevalue("new_database")()
    return url
