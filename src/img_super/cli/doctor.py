"""`img-super doctor`: check the installation."""

import json as json_text
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from img_super import __version__
from img_super.cli.exits import Exit
from img_super.cli.options import Model, RunBy
from img_super.cli.pipeline import pipeline_for
from img_super.detector.weights import YUNET, read_yunet_weights
from img_super.errors import ImgSuperError
from img_super.model_card import DetectorCard, ModelCard, read_card, read_card_as, read_weights
from img_super.pipeline.load import SHIPPED_DETECTOR, SHIPPED_MODEL, Backend
from img_super.pipeline.pipeline import Pipeline
from img_super.registry.registry import serving_folder
from img_super.settings import Settings, load_settings

_NEEDED: Final = (
    "ai-edge-litert", "fastapi", "msgspec", "numpy", "opencv-python-headless", "pillow", "pydantic-settings",
    "simplejpeg", "uvicorn",
)  # fmt: skip
_OPTIONAL: Final = {
    "tensorflow": "the back-end tensorflow, training",
    "pyarrow": "`scan` into Parquet",
    "s3fs": "`scan` of s3:// URLs",
    "sqlalchemy": "feedback and `drift`",
}
_SAMPLES: Final = Path(__file__).parent.parent / "samples"
_TIMED_RUNS: Final = 3


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check. `works` is None for optional packages that are not installed."""

    name: str
    works: bool | None
    told: str


def doctor(
    model: Model = None,
    backend: RunBy = None,
    json: Annotated[bool, typer.Option("--json", help="Print one line of JSON instead of the table.")] = False,
) -> None:
    """Check the installation.

    Shows versions, verifies the sha256 of every model file, and judges the
    two sample documents. Attach the output to bug reports: it contains no
    personal data.

    Exits with 0 when everything works, 1 when something does not.
    """
    checks = list(_checks(model, backend))
    if json:
        typer.echo(json_text.dumps({"works": _all_work(checks), "checks": [asdict(check) for check in checks]}))
    else:
        _print_table(checks)
    raise typer.Exit(Exit.DONE if _all_work(checks) else Exit.SUSPICIOUS)


def _all_work(checks: list[Check]) -> bool:
    return all(check.works is not False for check in checks)


def _checks(model: Path | None, backend: Backend | None) -> Iterator[Check]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield Check("img_super", True, __version__)
    yield Check("Python", sys.version_info >= (3, 11), f"{platform.python_version()}, {platform.platform()}")
    yield Check("cores", True, f"{cores} usable")
    yield from (_package(name, use) for name, use in (dict.fromkeys(_NEEDED) | _OPTIONAL).items())
    try:
        settings = load_settings(model=model, backend=backend)
    except ImgSuperError as error:
        yield Check("settings", False, str(error))
        return
    yield Check("settings", True, f"back-end {settings.backend.value}, {settings.threads} threads")
    yield from _model_files(settings)
    yield from _self_test(settings)


def _package(name: str, use: str | None) -> Check:
    """`use`: what an optional package is for."""
    try:
        return Check(name, True, metadata.version(name) + (f": {use}" if use else ""))
    except metadata.PackageNotFoundError:
        if use is None:
            return Check(name, False, "not installed; reinstall the requirements")
        return Check(name, None, f"not installed; only needed for {use}")


def _model_files(settings: Settings) -> Iterator[Check]:
    yield _check(f"{YUNET.name} {YUNET.version}", partial(_proven, read_yunet_weights, YUNET.sha256))
    read_detector = partial(read_card_as, DetectorCard)
    yield from _files_of("detector", lambda: SHIPPED_DETECTOR, read_detector)
    yield from _files_of("validation model", lambda: serving_folder(settings.model), read_card)


def _files_of(
    name: str, find: Callable[[], Path], read_model_card: Callable[[Path], ModelCard] | Callable[[Path], DetectorCard]
) -> Iterator[Check]:
    try:
        folder = find()
        card = read_model_card(folder)
    except ImgSuperError as error:
        yield Check(name, False, str(error))
        return
    for file, weights in card.files.items():
        whole = partial(read_weights, folder, card, file)
        yield _check(f"{card.name} {card.version} {file}", partial(_proven, whole, weights.sha256))


def _proven(read_file: Callable[[], bytes], sha256: str) -> str:
    """The description of a file whose sha256 was verified by reading it."""
    return f"{len(read_file()):,} bytes, sha256 {sha256}"


def _self_test(settings: Settings) -> Iterator[Check]:
    try:
        pipeline, _ = pipeline_for(model=settings.model, backend=settings.backend)
    except ImgSuperError as error:
        yield Check("self-test", False, str(error))
        return
    shipped = settings.model.resolve() == SHIPPED_MODEL.resolve()
    for name, superimposed in (("bona_fide", False), ("attack", True)):
        yield _check(f"self-test {name}", partial(_judge, pipeline, name, superimposed if shipped else None))


def _judge(pipeline: Pipeline, name: str, superimposed: bool | None) -> str:
    """Judge a sample a few times; a custom model may answer anything (`superimposed` is None)."""
    data = (_SAMPLES / f"{name}.jpg").read_bytes()
    times_ms = []
    for _ in range(_TIMED_RUNS):
        begun_s = time.perf_counter()
        decision = pipeline.super(data).decision
        times_ms.append(1000 * (time.perf_counter() - begun_s))
    sentence = f"score {decision.score:.4f}, {decision.verdict.value}, {statistics.median(times_ms):.0f} ms"
    if superimposed is not None and decision.superimposed != superimposed:
        raise ImgSuperError(f"{sentence}: the shipped model should say otherwise")
    return sentence


def _check(name: str, work: Callable[[], object]) -> Check:
    """The result of a check, or why it failed: any error is worth reporting."""
    try:
        return Check(name, True, str(work()))
    except Exception as error:  # noqa: BLE001
        return Check(name, False, f"{error or type(error).__name__}")


def _print_table(checks: list[Check]) -> None:
    table = Table("", "what", "found")
    signs = {True: Text("ok", "green"), None: Text("-", "dim"), False: Text("NO", "bold red")}
    for check in checks:
        table.add_row(signs[check.works], Text(check.name), Text(check.told, overflow="fold"))
    Console().print(table)
