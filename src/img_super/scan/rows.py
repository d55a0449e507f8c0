"""A row of the results: flat, to fit any table, and without timestamps, so that scans are reproducible."""

from dataclasses import dataclass, fields
from hashlib import sha256
from typing import Final, TypeAlias, get_args, get_type_hints

from img_super.domain import ModelIdentity
from img_super.pipeline.faces_beside import FacesBeside
from img_super.pipeline.pipeline import SuperResult

Kind: TypeAlias = type[str] | type[int] | type[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanRow:
    """The result for one photo: the answer, or why there is none (`error_code`)."""

    photo: str  # path or URL; in an archive, `archive!/member`
    # score, reco, verdict, threshold: as `/super` answers them
    score: float | None = None
    reco: str | None = None
    verdict: str | None = None
    threshold: float | None = None
    # y_min, x_min, y_max, x_max: the portrait's face, in pixels of the photo as it is displayed, half-open
    y_min: int | None = None
    x_min: int | None = None
    y_max: int | None = None
    x_max: int | None = None
    confidence: float | None = None  # the detector's confidence, 0 to 1
    faces: int | None = None  # how many faces there are
    rotation: int | None = None  # degrees clockwise that bring the photo upright
    quality: str | None = None  # codes of the warnings, separated by spaces
    # error_code, error_detail: why there is no answer, and what to do
    error_code: str | None = None
    error_detail: str | None = None
    # size_bytes, sha256: of the file; equal hashes mean copies
    size_bytes: int | None = None
    sha256: str | None = None
    model: str | None = None  # which weights answered: name and version
    reasons: str | None = None  # codes of the reasons for the verdict, separated by spaces
    documents: int | None = None  # number of documents; the row describes the most suspicious one
    outside: int | None = None  # number of faces around which no document is seen


def _kind(hint: object) -> Kind:
    kinds: tuple[Kind, ...] = (str, int, float)
    return next(kind for kind in kinds if kind in (get_args(hint) or (hint,)))


COLUMNS: Final = {field.name: _kind(get_type_hints(ScanRow)[field.name]) for field in fields(ScanRow)}
"""Name and type of every column, in order; all but `photo` may be empty."""


def answered(name: str, data: bytes, result: SuperResult) -> ScanRow:
    """The row of a judged photo."""
    decision, detection = result.decision, result.detection
    box = detection.portrait.box
    return ScanRow(
        photo=name,
        score=decision.score,
        reco="TRUE" if decision.superimposed else "FALSE",
        verdict=decision.verdict.value,
        threshold=decision.threshold,
        y_min=box.y_min,
        x_min=box.x_min,
        y_max=box.y_max,
        x_max=box.x_max,
        confidence=round(detection.portrait.confidence, 4),
        faces=len(detection.faces),
        rotation=detection.rotation,
        quality=" ".join(warning.code for warning in result.quality),
        reasons=" ".join(reason.code for reason in result.reasons),
        documents=len(result.documents),
        outside=len(FacesBeside.of([document.detection for document in result.documents]).outside()),
        size_bytes=len(data),
        sha256=sha256(data).hexdigest(),
        model=model_name(result.model),
    )


def unanswered(name: str, code: str, detail: str, data: bytes | None = None) -> ScanRow:
    """The row of a photo that could not be judged, or not even read (`data` is None)."""
    if data is None:
        return ScanRow(photo=name, error_code=code, error_detail=detail)
    return ScanRow(
        photo=name, error_code=code, error_detail=detail, size_bytes=len(data), sha256=sha256(data).hexdigest()
    )


def model_name(model: ModelIdentity) -> str:
    """How a row names the weights."""
    return f"{model.name} {model.version}"
