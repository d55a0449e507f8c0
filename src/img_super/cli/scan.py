"""`img-super scan`: judge a whole folder, archive or bucket."""

from __future__ import annotations

import json as json_text
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from enum import StrEnum
from pathlib import Path
from threading import Thread
from types import FrameType
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.progress import TimeRemainingColumn as TimeLeft
from rich.table import Table
from rich.text import Text

from img_super.cli.exits import Exit, exit_for, give_up
from img_super.cli.options import Model, Policy, RunBy, StorageOption, storage_options
from img_super.errors import how_to_install
from img_super.settings import load_settings
from img_super.sources.errors import MAX_FILE_BYTES, SourceError

if TYPE_CHECKING:
    from img_super.scan.judge import Judged
    from img_super.scan.scan import Judging, ScanJob
    from img_super.scan.summary import Summary


class ReportLanguage(StrEnum):
    """Languages of the report."""

    EN = "en"
    ES = "es"


_Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE",
        help="Photos, folders, globs ('in/**/*.jpg'), ZIP or TAR archives, or URLs such as s3://bucket/folder.",
    ),
]
_Out = Annotated[Path, typer.Option(help="The results, one row per photo: .parquet, .csv or .jsonl.")]
_Report = Annotated[bool, typer.Option(help="Write an HTML report beside the results, most suspicious first.")]
_Thumbnails = Annotated[
    bool, typer.Option("--thumbnails", help="Show suspicious portraits in the report: personal data.")
]
_Processes = Annotated[int | None, typer.Option(min=1, help="Photos judged at once; default: one per core.")]
_Strict = Annotated[
    bool, typer.Option("--strict", help="Exit with 1 when a photo is suspicious, 3 when one has no answer.")
]

_OnRay = Annotated[
    bool, typer.Option("--on-ray", help="Judge on the Ray cluster of RAY_ADDRESS; needs the extra `cluster`.")
]


def scan(
    sources: _Sources,
    out: _Out,
    report: _Report = True,
    thumbnails: _Thumbnails = False,
    language: Annotated[ReportLanguage, typer.Option(help="Language of the report.")] = ReportLanguage.EN,
    processes: _Processes = None,
    model: Model = None,
    backend: RunBy = None,
    policy: Policy = None,
    max_file_bytes: Annotated[int, typer.Option(min=1, help="Skip larger files.")] = MAX_FILE_BYTES,
    storage_option: StorageOption = None,
    restart: Annotated[bool, typer.Option("--restart", help="Discard what a stopped scan has kept.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing results.")] = False,
    strict: _Strict = False,
    on_ray: _OnRay = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print the summary as one line of JSON, without progress.")
    ] = False,
) -> None:
    """Judge every photo in a folder, archive or bucket, on all cores.

    Every file gets a row; one that cannot be judged has the code of its
    error. A stopped or killed scan resumes when you run the same command
    again: no row is lost or doubled.

    \b
      img-super scan inbox/ --out results.csv
      img-super scan 'in/**/*.jpg' march.zip --out results.parquet
      img-super scan s3://bucket/2026/ --out results.parquet

    Exits with 0 when it has finished, whatever it found (but see
    --strict); 3 when no photo could be judged; 4 when it could not start; 130 or 143
    when it was stopped.
    """
    from img_super.scan.crew import Work
    from img_super.scan.scan import ScanJob

    with _told_of(out):
        settings = load_settings(model=model, backend=backend, policy=policy, threads=processes)
        storage = storage_options(storage_option)
        work = Work(settings.pipeline_options(pdf=True), max_file_bytes, storage, thumbnails)
        job = ScanJob(
            tuple(sources), out, out.with_suffix(".html") if report else None, settings.threads,
            restart=restart, overwrite=overwrite, language=language.value, work=work,
        )  # fmt: skip
        with redirect_stdout(sys.stderr):  # Ray prints its own messages; standard output is for answers
            summary, seconds = _scan_with_progress(job, _judging(on_ray, processes), quiet=json)
    _tell(summary, job, seconds, json)
    raise typer.Exit(_exit(summary, strict))


@contextmanager
def _told_of(out: Path) -> Iterator[None]:
    """Improve errors: a full disk names no file, and Ctrl-C only pauses a scan."""
    try:
        yield
    except KeyboardInterrupt as error:
        raise give_up(_how_to_go_on(out), Exit.STOPPED) from error
    except OSError as error:
        error.filename = error.filename or out
        raise


def _exit(summary: Summary, strict: bool) -> Exit:
    if summary.failed == summary.photos:
        return Exit.UNANSWERED
    return exit_for(summary.suspicious, summary.failed) if strict else Exit.DONE


def _judging(on_ray: bool, processes: int | None) -> Judging:
    from img_super.scan.errors import ScanError
    from img_super.scan.scan import judge_here

    if not on_ray:
        return judge_here
    try:
        from img_super.cluster.scan import judging_on_ray
    except ImportError as error:
        raise ScanError(f"--on-ray needs Ray; {how_to_install('cluster')}.") from error
    return judging_on_ray(processes)


def _scan_with_progress(job: ScanJob, judging: Judging, quiet: bool) -> tuple[Summary, float]:
    from img_super.scan.scan import scan as scan_job

    begun_s = time.monotonic()
    bar, task = _progress_bar(quiet)

    def show(rows: int, newest: Judged | None) -> None:
        if newest is None:  # the command is valid, so the scan starts
            bar.reset(task, completed=rows)
            bar.start()
            Thread(target=_count, args=(job, bar, task), daemon=True).start()
        else:
            bar.update(task, completed=rows)

    with _ended_by_sigterm(job.out):
        try:
            summary = scan_job(job, show, judging)
        finally:
            bar.stop()
    return summary, time.monotonic() - begun_s


def _count(job: ScanJob, bar: Progress, task: TaskID) -> None:
    """Count the photos in the background; the scan does not wait for the total."""
    from img_super.sources.search import count_photos

    try:
        bar.update(task, total=count_photos(job.sources, job.work.storage))
    except SourceError:  # reported by the scan itself
        return


def _progress_bar(quiet: bool) -> tuple[Progress, TaskID]:
    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if speed is None else f"{speed:,.1f} photos/s")

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate(), TimeLeft(compact=True))
    bar = Progress(*columns, console=Console(stderr=True), disable=quiet)
    return bar, bar.add_task("Scanning", total=None)


@contextmanager
def _ended_by_sigterm(out: Path) -> Iterator[None]:
    """SIGTERM stops the scan like Ctrl-C: finished rows are kept, and the exit code says that it is incomplete."""

    def stop(_signal: int, _frame: FrameType | None) -> NoReturn:
        typer.echo(f"img-super: {_how_to_go_on(out)}", err=True)
        sys.exit(Exit.TERMINATED)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _how_to_go_on(out: Path) -> str:
    return f"Stopped; the rows so far are kept beside {out}. Run the same command again to resume."


def _tell(summary: Summary, job: ScanJob, seconds: float, json: bool) -> None:
    if json:
        report = None if job.report is None else str(job.report)
        content = {"results": str(job.out), "report": report, **summary.as_json(), "seconds": round(seconds, 1)}
        typer.echo(json_text.dumps(content))
        return
    table = Table("photos", "what", title=f"{summary.photos:,} photos in {seconds:,.1f} s")
    for verdict, count in summary.as_json()["verdicts"].items():
        table.add_row(f"{count:,}", verdict)
    for code, count in summary.errors.most_common():
        table.add_row(f"{count:,}", f"not judged: {code}", style="yellow")
    console = Console()
    console.print(table)
    console.print(" ".join(str(path) for path in (job.out, job.report) if path is not None), highlight=False)
