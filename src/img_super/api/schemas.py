"""The service's answers, made from domain values and shown in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, Final, Literal

import cv2
import msgspec
import numpy as np
import pybase64
from pydantic import BaseModel, ConfigDict, Field

from img_super.domain import Detection, Face, ModelIdentity, Rotation, Verdict
from img_super.model_card import ModelCard, Policy, PolicyName
from img_super.pipeline.decide import at_attack_share
from img_super.pipeline.faces_beside import FacesBeside
from img_super.pipeline.pipeline import SuperResult

_OUTSIDE: Final = "Faces around which no document is seen: an owner, a bystander. Without a verdict."


class OfValue(BaseModel):
    """Made from a value of the domain that has these names."""

    model_config = ConfigDict(from_attributes=True)


class Coordinates(OfValue):
    """A box in pixels of the photo as it is displayed (after EXIF orientation); half-open."""

    y_min: int
    x_min: int
    y_max: int
    x_max: int


class DetectedFace(Coordinates):
    """A face and how sure the detection network is of it."""

    confidence: float = Field(description="How sure the detection network is that this is a face, 0 to 1.")

    @classmethod
    def of_face(cls, face: Face) -> DetectedFace:
        return cls(**asdict(face.box), confidence=round(face.confidence, 4))


class FaceAnswer(DetectedFace):
    """Where the portrait is. The four coordinates and `confidence` are those of the portrait's face."""

    faces: list[DetectedFace] = Field(description="Every face: the portrait first, then the others, largest first.")
    rotation: Rotation = Field(description="Degrees by which the photo must be turned clockwise to stand upright.")
    portraits: list[DetectedFace] = Field(
        [], description="Every document's portrait: `/super` judges those that are large enough."
    )
    outside: list[DetectedFace] = Field([], description=_OUTSIDE)

    @classmethod
    def of_detection(cls, detection: Detection) -> FaceAnswer:
        portrait = DetectedFace.of_face(detection.portrait)
        documents = (detection, *detection.elsewhere)
        return cls(
            **portrait.model_dump(),
            faces=_faces(detection.faces),
            rotation=detection.rotation,
            portraits=_faces(document.portrait for document in documents),
            outside=_faces(FacesBeside.of(documents).outside()),
        )


class Model(OfValue):
    """The weights that gave an answer."""

    name: str
    version: str
    sha256: str


class Quality(OfValue):
    """Something that makes the answer less certain."""

    code: str
    detail: str


class ReasonGiven(OfValue):
    """What the verdict rests on."""

    code: str = Field(description="Stable and machine-readable.")
    detail: str


class JudgedDocument(BaseModel):
    """One document of the photo."""

    score: float
    verdict: Verdict
    coord: Coordinates = Field(description="The portrait's face.")
    portrait: Coordinates | None = Field(None, description="The portrait's photo, where the network tells it.")
    quad: list[tuple[float, float]] | None = Field(
        None, description="The document's corners as x, y, from the upper left, clockwise; they may lie outside."
    )
    box: Coordinates | None = Field(
        None, description="The upright box around the document's corners; it may reach beyond the photo."
    )
    ghosts: list[DetectedFace] = Field(description="The other faces inside the document.")
    rotation: Rotation
    quality: list[Quality]
    reasons: list[ReasonGiven]

    @classmethod
    def of(cls, result: SuperResult, ghosts: Sequence[Face]) -> JudgedDocument:
        place = result.detection.document
        return cls(
            score=result.decision.score,
            verdict=result.decision.verdict,
            coord=result.detection.portrait.box,
            portrait=None if place is None else place.frame,
            quad=None if place is None else [(round(x, 1), round(y, 1)) for x, y in place.quad],
            box=None if place is None else place.box,
            ghosts=_faces(ghosts),
            rotation=result.detection.rotation,
            quality=result.quality,
            reasons=result.reasons,
        )


class EvidenceMap(BaseModel):
    """Where the superimposition shows, and on which faces the answer rests."""

    heat_map: str = Field(description="`data:` URL of a grey PNG: white is a probability of 1, black of 0.")
    coord: Coordinates = Field(
        description="The square of the photo that the map covers; it may reach beyond the photo."
    )
    faces: list[DetectedFace] = Field(description="Every face, as `/face` answers them: the portrait first.")
    rotation: Rotation = Field(description="Degrees by which the photo must be turned clockwise to stand upright.")

    @classmethod
    def of(cls, result: SuperResult) -> EvidenceMap:
        _, png = cv2.imencode(".png", np.rint(result.evidence.heat_map * 255).astype(np.uint8))
        return cls(
            heat_map="data:image/png;base64," + pybase64.b64encode(png.tobytes()).decode(),
            coord=result.crop,
            faces=_faces(result.detection.faces),
            rotation=result.detection.rotation,
        )


class SuperAnswer(BaseModel):
    """How likely it is that the portrait was superimposed."""

    score: float = Field(
        description="Calibrated probability, 0 to 1, that the portrait is superimposed, if half of all documents were."
    )
    reco: Literal["TRUE", "FALSE"] = Field(
        description='"TRUE" exactly when `score` >= `threshold`. For older clients; act on `verdict`.'
    )
    coord: Coordinates
    threshold: float
    verdict: Verdict = Field(description="What to act on; `undetermined`: a person should look.")
    model: Model
    quality: list[Quality]
    reasons: list[ReasonGiven] = Field(description="What the verdict rests on.")
    documents: list[JudgedDocument] = Field(description="Every document, the most suspicious first: the one above.")
    outside: list[DetectedFace] = Field([], description=_OUTSIDE)
    evidence: EvidenceMap | None = Field(None, description="Only with `?evidence=true`.")
    probability: float | None = Field(
        None, description="The same for the share of attacks in IMG_SUPER_ATTACK_SHARE; absent without it."
    )
    judgement_id: str | None = Field(
        None, description="ID of the stored judgement, for `/feedback`; absent where none is stored."
    )

    @classmethod
    def of(cls, result: SuperResult, with_evidence: bool = False, attack_share: float | None = None) -> SuperAnswer:
        beside = FacesBeside.of([document.detection for document in result.documents])
        return cls(
            score=result.decision.score,
            reco="TRUE" if result.decision.superimposed else "FALSE",
            coord=result.detection.portrait.box,
            threshold=result.decision.threshold,
            verdict=result.decision.verdict,
            model=result.model,
            quality=result.quality,
            reasons=result.reasons,
            documents=[JudgedDocument.of(each, beside.ghosts(each.detection)) for each in result.documents],
            outside=_faces(beside.outside()),
            evidence=EvidenceMap.of(result) if with_evidence else None,
            probability=attack_share and at_attack_share(result.decision.score, attack_share),
        )


class DeepIdScore(BaseModel):
    """The answer of `/detect`."""

    score: float = Field(description="0 to 1; 1 is a genuine document, and at most 0.5 it was changed.")


class Problem(BaseModel):
    """An error, after RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable and machine-readable.")


class BatchItem(BaseModel):
    """What became of one photo: an answer or a problem."""

    answer: SuperAnswer | None = Field(None, description="As `/super` answers.")
    problem: Problem | None = Field(None, description="Why this photo has no answer; the others are unaffected.")


class BatchAnswer(BaseModel):
    """What became of every photo of a batch."""

    items: list[BatchItem] = Field(description="One for each photo, in the order in which they were sent.")


class Health(BaseModel):
    """The state of the service."""

    status: Literal["alive", "ready", "starting", "stopping", "stuck"]


class Alive(BaseModel):
    """The liveness message of the root address."""

    service: str
    version: str
    status: Literal["alive"]
    docs: str


class PolicyChoice(BaseModel):
    """A policy of the model's card and its measured figures."""

    name: PolicyName
    threshold: float
    undetermined: tuple[float, float]
    max_bpcer: float | None = Field(description="The share of genuine documents that it may reject on validation.")
    figures: dict[str, Any]

    @classmethod
    def of(cls, name: PolicyName, policy: Policy) -> PolicyChoice:
        return cls(name=name, **msgspec.to_builtins(msgspec.structs.asdict(policy)))


class ValidatorModel(Model):
    """The validation network, as described by its card."""

    created: str
    policy: PolicyName = Field(description="The policy that decides; chosen by `IMG_SUPER_POLICY`.")
    threshold: float = Field(description="Of that policy.")
    undetermined: tuple[float, float] = Field(description="Of that policy.")
    policies: list[PolicyChoice] = Field(description="What the policy can be chosen from.")
    min_face_px: int
    figures: dict[str, Any]
    data: str
    limits: list[str]
    terms: str

    @classmethod
    def of_card(cls, card: ModelCard, identity: ModelIdentity, policy: PolicyName) -> ValidatorModel:
        fields = ("created", "min_face_px", "figures", "data", "limits", "terms")
        choices = {name: card.policy(name) for name in card.policies or (PolicyName.BALANCED,)}
        return cls(
            **asdict(identity),
            **msgspec.to_builtins({name: getattr(card, name) for name in fields}),
            policy=policy,
            threshold=choices[policy].threshold,
            undetermined=choices[policy].undetermined,
            policies=[PolicyChoice.of(name, choice) for name, choice in choices.items()],
        )


class Models(BaseModel):
    """The networks behind the answers."""

    detector: Model
    validator: ValidatorModel
    super_detector: Model = Field(description="What finds the portrait for `/super`; `detector` does so for `/face`.")
    shadow: Model | None = Field(None, description="What judges the same photos without answering, if anything does.")


class Reloaded(BaseModel):
    """A completed reload."""

    before: Model
    now: Model
    workers: int = Field(description="With more than one, each takes the model within seconds, one after the other.")


class Feedback(BaseModel):
    """The truth about a document that was judged."""

    request_id: str = Field(
        pattern=r"^[A-Za-z0-9_.-]{1,64}$",
        description="The `judgement_id` of the answer; or its `X-Request-ID`, of which the last one counts.",
    )
    label: Literal["bona_fide", "attack"] = Field(description="`attack`: the portrait was superimposed.")


class FeedbackAnswer(Feedback):
    """What was stored: the label and what had been answered."""

    score: float
    threshold: float
    model_version: str


def _faces(faces: Iterable[Face]) -> list[DetectedFace]:
    return [DetectedFace.of_face(face) for face in faces]
