"""Tries tests in copies, with and without guards.

Each run of pytest is forked from a process that has imported what no guard stands in, which is most of what takes time.
"""

from __future__ import annotations

import compileall
import importlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest

from tests.mutations.mutation import ROOT, Guard, without_it

SEEN: Final = "seen to fail"

_FORK: Final = get_context("fork")
_OURS: Final = {"src": "img_super", "tests": "tests", "benchmarks": "benchmarks"}
"""The folders of a copy, and the packages in them."""

_WARM: Final = ("cv2", "fastapi.testclient", "httpx2", "hypothesis", "numpy", "PIL.Image", "pydantic_settings", "xdist")
"""What most tests import of others. Never TensorFlow: a test run may not begin with it."""

_MISTAKES: Final = ("ImportError", "ModuleNotFoundError", "NameError", "SyntaxError", "UnboundLocalError")
"""A test that fails by one of these tells that the code without its guard is wrong, not that the guard is missing."""


@dataclass(eq=False, slots=True)
class Reports:
    """What pytest tells: what failed, with its first line, and whether anything else went wrong."""

    failed: dict[str, str] = field(default_factory=dict)
    passed: set[str] = field(default_factory=set)
    broken: str = ""

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.broken = f"cannot be collected: {report.longreprtext}"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        test = report.nodeid.partition("[")[0]
        if report.failed and report.when == "call":
            self.failed.setdefault(test, _first_line(report))
        elif report.failed:
            self.broken = f"{report.when} fails: {_first_line(report)}"
        elif report.passed and report.when == "call":
            self.passed.add(test)


def _first_line(report: pytest.TestReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    return (crash.message if crash else report.longreprtext).partition("\n")[0]


def try_all(guards: Sequence[Guard], jobs: int, patience_s: float) -> dict[str, str]:
    """What each guard's test says without it, by the guard's name; a test that does not pass with it is not asked."""
    for module in _WARM:
        importlib.import_module(module)
    with TemporaryDirectory() as folder, ProcessPoolExecutor(jobs, _FORK) as pool:
        tests = sorted({guard.node_id for guard in guards})
        shares = (tests[len(tests) * n // jobs : len(tests) * (n + 1) // jobs] for n in range(jobs))
        asked = pool.map(partial(_passing, Path(folder), patience_s), filter(None, shares))
        passing = frozenset(chain.from_iterable(asked))
        told = pool.map(partial(_without, Path(folder), patience_s, passing), guards)
        return dict(zip([guard.name for guard in guards], map(_printed, guards, told), strict=True))


def _printed(guard: Guard, told: str) -> str:
    print(f"{guard.name:>42}: {told}", flush=True)
    return told.partition(" (")[0]


def _passing(folder: Path, patience_s: float, tests: Sequence[str]) -> set[str]:
    """Those of the tests that pass as long as all guards are there."""
    reports = _run(_own_copy(folder), tests, patience_s)
    for test in set(tests) - reports.passed | reports.failed.keys():
        print(f"{test}: {reports.failed.get(test) or reports.broken or 'is not run'}", flush=True)
    return reports.passed - reports.failed.keys()


def _without(folder: Path, patience_s: float, passing: frozenset[str], guard: Guard) -> str:
    """What its test says of a copy without the guard."""
    if guard.node_id not in passing:
        return "does not pass with its guard"
    copy = _own_copy(folder)
    began_s = time.monotonic()
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"  # or what is compiled here could outlive the change
    sys.dont_write_bytecode = True
    try:
        (copy / guard.module).write_text(without_it(guard, (ROOT / guard.module).read_text()))
        reports = _run(copy, [guard.node_id], patience_s, "-x")
    finally:
        shutil.copy2(ROOT / guard.module, copy / guard.module)
    told, why = verdict(reports, guard.node_id)
    return f"{told} ({time.monotonic() - began_s:.1f} s){why and ': ' + why}"


def verdict(reports: Reports, test: str) -> tuple[str, str]:
    """One of a few words, and what pytest said."""
    why = reports.failed.get(test, "")
    if why and not why.startswith(_MISTAKES):
        return SEEN, why
    if test in reports.passed and not why:
        return "stays green", ""
    return "breaks", why or reports.broken or "is not run"


def _own_copy(folder: Path) -> Path:
    """What the tests need, once for each process that tries."""
    copy = folder / str(os.getpid())
    if not copy.exists():
        for name in _OURS:
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("node_modules"))
        shutil.copy(ROOT / "pyproject.toml", copy)
        compileall.compile_dir(copy / "src", quiet=1)
    return copy


def _run(copy: Path, tests: Sequence[str], patience_s: float, *options: str) -> Reports:
    """Pytest in a process of its own, which is ended with all that it started when each test has had its time."""
    receiver, sender = _FORK.Pipe(duplex=False)
    process = _FORK.Process(target=_pytest, args=(copy, [*options, *tests], patience_s, sender))
    process.start()
    sender.close()
    try:
        in_time = receiver.poll(patience_s * len(tests))
        return Reports(*receiver.recv()) if in_time else Reports(broken="hangs")
    except EOFError:
        return Reports(broken=f"dies: {(copy / 'told').read_text()[-500:]}")
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid or 0, signal.SIGKILL)
        process.join()


def _pytest(copy: Path, arguments: Sequence[str], patience_s: float, sender: Connection) -> None:
    """What the forked process does."""
    os.setsid()
    _go_to(copy)
    os.environ["PATIENCE_S"] = str(patience_s / 8)  # what waits in vain says so itself
    reports = Reports()
    imported_before = ["-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    pytest.main([*imported_before, *arguments], plugins=[reports])
    if not Path(sys.modules["img_super"].__file__ or "").is_relative_to(copy):
        raise RuntimeError("The tests are not those of the copy.")
    sender.send((reports.failed, reports.passed, reports.broken))


def _go_to(copy: Path) -> None:
    """Work in the copy, and import ours from there alone."""
    with (copy / "told").open("w") as told:
        os.dup2(told.fileno(), sys.stdout.fileno())
        os.dup2(told.fileno(), sys.stderr.fileno())
    os.chdir(copy)
    os.environ["PYTHONPATH"] = str(copy / "src")
    sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() not in (ROOT, ROOT / "src")]
    for name in [name for name in sys.modules if name.partition(".")[0] in _OURS.values()]:
        del sys.modules[name]
