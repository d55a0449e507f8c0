"""The photo pipeline without transport: decode -> detect -> crop -> validate -> decide."""

from dataclasses import dataclass, replace

from img_super.domain import (
    Box,
    Decision,
    Detection,
    Detector,
    Evidence,
    ModelIdentity,
    QualityWarning,
    Reason,
    RgbImage,
    Validator,
)
from img_super.errors import FaceTooSmall, NoFace
from img_super.model_card import ModelCard, PolicyName
from img_super.pipeline.crop import aligned, crop_box, resize_to_input
from img_super.pipeline.decide import decide, reasons_of, without_verdict
from img_super.pipeline.decode import DEFAULT_LIMITS
from img_super.pipeline.decode_limits import DecodeLimits
from img_super.pipeline.photo import OpenPhoto, Photo, in_whole_photo, open_photo
from img_super.pipeline.quality import NO_DOCUMENT, UNJUDGED_DOCUMENTS, assess_quality, looked_at
from img_super.pipeline.watch import Stage, Watch, unwatched
from img_super.turn import inverse, turn


@dataclass(frozen=True, slots=True)
class Look:
    """What was found in one photo, before it is judged."""

    detection: Detection
    photo_wh: tuple[int, int]  # of the photo as displayed
    place: Box  # the crop's square in the displayed photo; it may extend beyond it
    crop: RgbImage  # RGB uint8, square, upright, at the photo's resolution or reduced
    network_input: RgbImage  # the crop at the network's input size
    quality: list[QualityWarning]  # warnings that make the answer less certain
    others: "tuple[Look, ...]" = ()


@dataclass(frozen=True, slots=True)
class SuperResult:
    """The answer to one photo: its most suspicious document.

    `evidence.heat_map` covers `crop` in the displayed photo of `photo_wh`; the crop may extend beyond it.
    `others` are the photo's other documents.
    """

    decision: Decision
    detection: Detection
    evidence: Evidence
    crop: Box
    quality: list[QualityWarning]
    model: ModelIdentity
    photo_wh: tuple[int, int]
    others: "tuple[SuperResult, ...]" = ()

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """The reasons for the verdict."""
        return reasons_of(self.decision, self.quality)

    @property
    def documents(self) -> "tuple[SuperResult, ...]":
        """Every document of the photo, the most suspicious first."""
        return (self, *self.others)


class Pipeline:
    """Joins a detector and a validator. Thread-safe: give one to as many threads as there are cores."""

    def __init__(
        self,
        detector: Detector,
        validator: Validator[ModelCard],
        limits: DecodeLimits = DEFAULT_LIMITS,
        policy: PolicyName = PolicyName.BALANCED,
        quick_detector: Detector | None = None,
    ) -> None:
        """
        Args:
            detector: the precise one, for `face`.
            validator: what scores the portrait.
            limits: cost limits of decoding one photo.
            policy: the policy of the card that decides.
            quick_detector: the detector for `super`; the precise one by default.

        Raises:
            BadModel: the validator's card has no such policy.
        """
        self.policy_name, self.policy = policy, validator.card.policy(policy)
        self.detector = detector
        self.quick_detector = quick_detector or detector
        self.validator = validator
        self._limits = limits

    def with_validator(self, validator: Validator[ModelCard]) -> "Pipeline":
        """The same detectors with another validator. Raises `BadModel` if its card lacks this policy."""
        return Pipeline(self.detector, validator, self._limits, self.policy_name, self.quick_detector)

    def face(self, photo: Photo, watch: Watch = unwatched) -> Detection:
        """Find the portrait in a photo: bytes of an image file, its path, or RGB pixels. `watch` sees each stage.

        Raises `InputError`: the bytes are not an image, or no face is in it.
        """
        return _find(self.detector, self._open(photo, watch), watch)

    def super(self, photo: Photo, watch: Watch = unwatched) -> SuperResult:
        """Say how likely it is that the portrait in a photo (as for `face`) was superimposed.

        Raises `InputError`: the bytes are not an image, no face is in it, or the face is too small to be judged.
        """
        return self.judge(self.look(photo, watch), watch)

    def look(self, photo: Photo, watch: Watch = unwatched) -> Look:
        """Find the portrait in a photo and crop it. Raises `InputError` like `super`."""
        opened = self._open(photo, watch)
        detection = _find(self.quick_detector, opened, watch)
        least_px = self.validator.card.min_face_px
        documents = [document for document in detection.elsewhere if min(*_sides(document)) >= least_px]
        main, *others = looks = [self._look_at(document, opened, watch) for document in (detection, *documents)]
        if detection.has_more or len(documents) < len(detection.elsewhere):
            for look in looks:
                look.quality.append(UNJUDGED_DOCUMENTS)
        return replace(main, others=tuple(others))

    def _look_at(self, detection: Detection, opened: OpenPhoto, watch: Watch) -> Look:
        card, face = self.validator.card, detection.portrait.box
        if min(face.width, face.height) < card.min_face_px:
            raise FaceTooSmall.under(card.min_face_px, min(face.width, face.height))
        with watch(Stage.CROP):
            place = aligned(crop_box(face), card.input_side_px)
            crop = opened.crop(place, detection.rotation, card.input_side_px)
            network_input = resize_to_input(crop, card.input_side_px)
        quality = assess_quality(looked_at(crop, network_input), face, opened.size_wh, 2 * card.min_face_px)
        if detection.no_document:
            quality.append(NO_DOCUMENT)
        return Look(detection, opened.size_wh, place, crop, network_input, quality)

    def judge(self, look: Look, watch: Watch = unwatched) -> SuperResult:
        """Score a look, found by this pipeline or by one with another validator, and decide."""
        results = [self._judge_one(document, watch) for document in (look, *look.others)]
        most_suspicious, *others = sorted(results, key=_suspicion, reverse=True)
        return replace(most_suspicious, others=tuple(others))

    def _judge_one(self, look: Look, watch: Watch) -> SuperResult:
        side_px = self.validator.card.input_side_px
        same_side = len(look.network_input) == side_px
        with watch(Stage.VALIDATE):
            network_input = look.network_input if same_side else resize_to_input(look.crop, side_px)
            evidence = self.validator.validate(network_input)
        decision = decide(evidence.score, self.policy.threshold, self.policy.undetermined)
        decision = without_verdict(decision, look.quality)
        displayed = replace(evidence, heat_map=turn(evidence.heat_map, inverse(look.detection.rotation)))
        return SuperResult(
            decision, look.detection, displayed, look.place, look.quality, self.validator.identity, look.photo_wh
        )

    def _open(self, photo: Photo, watch: Watch) -> OpenPhoto:
        with watch(Stage.DECODE):
            return open_photo(photo, self._limits)


def _find(detector: Detector, photo: OpenPhoto, watch: Watch) -> Detection:
    with watch(Stage.DETECT):
        detection = detector.detect(photo.overview)
    if detection is None:
        raise NoFace()
    return in_whole_photo(detection, photo)


def _sides(detection: Detection) -> tuple[int, int]:
    return detection.portrait.box.width, detection.portrait.box.height


def _suspicion(result: SuperResult) -> tuple[bool, float]:
    """Documents that can be judged come before those that cannot."""
    return not any(warning.hides for warning in result.quality), result.decision.score
