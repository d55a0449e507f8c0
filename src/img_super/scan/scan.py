"""A whole scan: search, judge, record, and finally write the results."""

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from img_super import __version__
from img_super.domain import ModelIdentity
from img_super.durable import replacing
from img_super.scan.crew import Crew, Work
from img_super.scan.errors import ScanError
from img_super.scan.journal import Journal
from img_super.scan.judge import Judged
from img_super.scan.report import MOST_SUSPICIOUS, Report, write_report
from img_super.scan.report_words import Language
from img_super.scan.results import writer_for
from img_super.scan.summary import Summary
from img_super.sources.found import Found, InFile
from img_super.sources.search import check_sources, find_photos


@dataclass(frozen=True, slots=True)
class ScanJob:
    """What to scan and where to write the results."""

    sources: tuple[str, ...]  # files, folders, globs, archives, URLs
    out: Path  # the results; `.parquet`, `.csv` or `.jsonl`
    report: Path | None = None  # an HTML file for people, or None
    processes: int = 1  # number of worker processes
    restart: bool = False  # discard the rows of an unfinished scan
    overwrite: bool = False  # whether existing results may be replaced
    language: Language = "en"  # of the report
    work: Work = field(default_factory=Work)

    @property
    def journal(self) -> Path:
        """Hidden, so that a scan of its own folder skips it."""
        return self.out.with_name(f".{self.out.name}.journal")

    def is_target(self, photo: Found) -> bool:
        """Whether this scan, or an earlier one, wrote the file itself."""
        targets = [target for target in (self.out, self.report) if target is not None]
        if not isinstance(photo, InFile) or photo.source is not None:
            return False
        candidates = (target for target in targets if photo.path.endswith(target.name))
        return any(Path(photo.path).resolve() == target.resolve() for target in candidates)


Judging = Callable[[ScanJob, Callable[[str], bool]], Generator[Judged]]
"""Judges every photo of a job whose name is not done yet; duplicate rows are stored once."""

Progress = Callable[[int, Judged | None], None]
"""Called with the number of rows and the newest one; None for rows of an earlier run."""

_FINGERPRINT_FORMAT: Final = 1


def judge_here(job: ScanJob, is_done: Callable[[str], bool]) -> Generator[Judged]:
    """Judge in processes on this machine. Raises `ScanError`."""
    photos = find_photos(job.sources, job.work.storage, is_done, job.work.max_file_bytes)
    with Crew(job.work, job.processes) as crew:
        yield from crew.judge(photo for photo in photos if not job.is_target(photo))


def scan(job: ScanJob, progress: Progress = lambda _rows, _newest: None, judging: Judging = judge_here) -> Summary:
    """Start or resume a scan; the results are written when every photo has a row.

    `job`: what to scan; `progress`: called after each row; `judging`: judges the photos. Raises `ScanError`: it cannot
    start or continue (finished rows are kept); `BadModel`: the model cannot be loaded.
    """
    writer = writer_for(job.out)
    _check_targets(job)
    check_sources(job.sources, job.work.storage)
    models = _models(job.work)
    with Journal(job.journal, _fingerprint(job, models), MOST_SUSPICIOUS, job.restart) as journal:
        progress(len(journal), None)
        _judge_all(job, journal, progress, judging)
        journal.commit()
        summary = Summary()
        with replacing(job.out) as part:
            writer(summary.counting(journal.rows()), part)
        if job.report is not None:
            with replacing(job.report) as part:
                content = Report(job.sources, summary, journal, models, job.work.thumbnails, job.language)
                write_report(content, part)
    job.journal.unlink()
    return summary


def _judge_all(job: ScanJob, journal: Journal, progress: Progress, judging: Judging) -> None:
    rows = len(journal)
    with closing(judging(job, journal.__contains__)) as judged_photos:
        for judged in judged_photos:
            rows += journal.add(judged)
            progress(rows, judged)


def _check_targets(job: ScanJob) -> None:
    """Fail before an hour of work, not after it."""
    for target in filter(None, (job.out, job.report)):
        if not target.parent.is_dir():
            raise ScanError(f"There is no folder {target.parent} to write {target.name} into.")
    if job.out.exists() and not job.overwrite and not job.journal.exists():
        raise ScanError(f"{job.out} already exists; choose another --out, or use --overwrite.")


def _models(work: Work) -> tuple[ModelIdentity, ModelIdentity]:
    pipeline = work.load_pipeline()
    return pipeline.quick_detector.identity, pipeline.validator.identity


def _fingerprint(job: ScanJob, models: tuple[ModelIdentity, ModelIdentity]) -> dict[str, object]:
    """Everything that determines the rows, under names for people."""
    detector, validator = models
    options = job.work.options
    return {
        "format": _FINGERPRINT_FORMAT,
        "version of img_super": __version__,
        "source": sorted(job.sources),
        "detector": detector.sha256,
        "model": validator.sha256,
        "back-end": options.backend.value,
        "policy": options.policy.value,
        "limit of pixels": options.limits.max_pixels,
        "limit of decoding time": options.limits.budget_ms,
        "limit of bytes": job.work.max_file_bytes,
        "choice of thumbnails": job.work.thumbnails,
    }
