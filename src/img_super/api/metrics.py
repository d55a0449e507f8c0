"""Metrics for Prometheus at `/metrics`: about requests, and of photos only the distribution of scores.

With several workers, each writes its metrics to files in `PROMETHEUS_MULTIPROC_DIR`, and whichever is asked adds them
up. The variable must be set before prometheus_client is imported; `img-super serve` does that.
"""

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from img_super import __version__
from img_super.domain import Decision, ModelIdentity, Reason, Verdict
from img_super.pipeline.watch import Stage

FOLDER_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
_SECONDS: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
_SCORES: Final = tuple(round(0.05 * step, 2) for step in range(1, 21))
_DIFFERENCES: Final = (-0.5, -0.2, -0.1, -0.05, -0.02, 0.0, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_FORGOTTEN: Final = -1.0
_NO_LONGER_SO: Final = b"} -1.0\n"
"""No other metric is negative."""


class Metrics:
    """The metrics of one process."""

    def __init__(self) -> None:
        self._folder = os.environ.get(FOLDER_VARIABLE)
        registry = self._registry = CollectorRegistry()
        counter, histogram = partial(Counter, registry=registry), partial(Histogram, registry=registry)
        self._requests = counter("img_super_requests", "Answered requests.", ("route", "method", "status"))
        meaning = "From the request's header to its response."
        self._seconds = histogram("img_super_request_seconds", meaning, ("route",), buckets=_SECONDS)
        self._errors = counter("img_super_errors", "Error responses, by code.", ("code",))
        meaning = "Time a photo spent in a stage."
        self._stages = histogram("img_super_stage_seconds", meaning, ("stage",), buckets=_SECONDS)
        self._scores = histogram("img_super_score", "Scores of `/super`.", buckets=_SCORES)
        meaning = "The share of genuine documents with a score of at most `le`, as the model's card tells it."
        self._usual_scores = self._gauge("img_super_score_usual", meaning, ("le",), "livemax")
        self._verdicts = counter("img_super_verdicts", "Answers of `/super`.", ("verdict", "reco"))
        self._undetermined = counter("img_super_undetermined", "Answers without a verdict, by reason.", ("reason",))
        self._working = self._gauge("img_super_photos_working", "Photos being processed.")
        self._waiting = self._gauge("img_super_photos_waiting", "Photos waiting for a thread.")
        meaning = "Portraits by the verdict returned and the shadow model's."
        self._shadow_verdicts = counter("img_super_shadow_verdicts", meaning, ("verdict", "shadow_verdict"))
        meaning = "The shadow's score minus the one returned."
        self._shadow_differences = histogram("img_super_shadow_difference", meaning, buckets=_DIFFERENCES)
        meaning = "Photos skipped because the shadow was busy."
        self._shadow_skipped = counter("img_super_shadow_skipped", meaning)
        self._models = self._info("img_super_model_info", "The networks behind the answers.")
        if self._folder is None:
            ProcessCollector(registry=registry)

    def answered(self, route: str, method: str, status: int, code: str | None, seconds: float) -> None:
        """A request was answered; `code` is its error's."""
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route).observe(seconds)
        if code is not None:
            self._errors.labels(code).inc()

    def stage(self, stage: Stage, seconds: float) -> None:
        """A photo left a stage."""
        self._stages.labels(stage.value).observe(seconds)

    def decided(self, decision: Decision, reasons: Sequence[Reason]) -> None:
        """A photo was judged, for these reasons."""
        self._scores.observe(decision.score)
        self._verdicts.labels(decision.verdict.value, "TRUE" if decision.superimposed else "FALSE").inc()
        if decision.verdict is Verdict.UNDETERMINED:
            for reason in reasons:
                self._undetermined.labels(reason.code).inc()

    def shadowed(self, answered: Decision, shadow: Decision) -> None:
        """The shadow model has judged the same portrait."""
        self._shadow_verdicts.labels(answered.verdict.value, shadow.verdict.value).inc()
        self._shadow_differences.observe(shadow.score - answered.score)

    def shadow_skipped(self) -> None:
        """The shadow model was busy."""
        self._shadow_skipped.inc()

    def show_models(self, *models: ModelIdentity) -> None:
        """These networks answer from now on, and no others."""
        self._forget(self._models)
        for model in models:
            self._models.labels(model.name, model.version, model.sha256, __version__).set(1)

    def show_usual_scores(self, quantiles: Sequence[float] | None) -> None:
        """The distribution of genuine scores: quantiles at evenly spaced shares; None if unknown."""
        self._forget(self._usual_scores)
        if quantiles is not None:
            shares = np.interp(_SCORES, quantiles, np.linspace(0, 1, len(quantiles)), left=0, right=1)
            for score, share in zip(_SCORES, shares, strict=True):
                self._usual_scores.labels(str(score)).set(share)

    def show_shadow(self, model: ModelIdentity) -> None:
        """This network is the shadow model."""
        info = self._info("img_super_shadow_info", "The network that judges without answering.")
        info.labels(model.name, model.version, model.sha256, __version__).set(1)

    def in_hand(self, working: int, waiting: int) -> None:
        """How many photos are being processed and waiting in this process."""
        self._working.set(working)
        self._waiting.set(waiting)

    def text(self) -> bytes:
        """Prometheus' text format: of all workers where there are several."""
        if self._folder is None:
            return generate_latest(self._registry)
        _forget_dead_workers(Path(self._folder))
        registry = CollectorRegistry()
        MultiProcessCollector(registry, self._folder)
        lines = generate_latest(registry).splitlines(keepends=True)
        return b"".join(line for line in lines if not line.endswith(_NO_LONGER_SO))

    def _forget(self, gauge: Gauge) -> None:
        """Clear a gauge. Files shared by workers cannot forget a value, so it is marked instead."""
        if self._folder is None:
            gauge.clear()
            return
        for labels in list(gauge._metrics):
            gauge.labels(*labels).set(_FORGOTTEN)

    def _gauge(self, name: str, documentation: str, labels: Sequence[str] = (), of_all: Any = "livesum") -> Gauge:
        return Gauge(name, documentation, labels, registry=self._registry, multiprocess_mode=of_all)

    def _info(self, name: str, documentation: str) -> Gauge:
        labels = ("name", "model_version", "sha256", "service_version")
        return self._gauge(name, documentation, labels, "livemax")


def _forget_dead_workers(folder: Path) -> None:
    """Drop the gauges of dead workers; their counters stay."""
    for file in folder.glob("gauge_live*.db"):
        pid = int(file.stem.rpartition("_")[2])
        if not Path(f"/proc/{pid}").exists():
            mark_process_dead(pid, str(folder))
