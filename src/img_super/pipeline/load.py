"""Builds a pipeline from installed and shipped parts."""

from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from img_super.detector.face_refiner import FaceRefiner
from img_super.detector.fast import FastDetector, SameFaceDetector
from img_super.detector.refined_detector import RefinedDetector
from img_super.detector.yunet import YuNetDetector
from img_super.domain import Detector, Validator
from img_super.errors import BadModel
from img_super.model_card import DetectorCard, ModelCard, PolicyName, read_card, read_card_as, read_weights
from img_super.pipeline.decode import DEFAULT_LIMITS
from img_super.pipeline.decode_limits import DecodeLimits
from img_super.pipeline.decoder import start_decoder
from img_super.pipeline.pipeline import Pipeline
from img_super.registry.registry import serving_folder
from img_super.validator.litert import LiteRtValidator

SHIPPED_MODEL: Final = Path(__file__).parent.parent / "models" / "portrait_validator"
SHIPPED_DETECTOR: Final = SHIPPED_MODEL.parent / "portrait_detector"


class Backend(StrEnum):
    """The runtime of the validation network; `litert` uses the precision that the card chooses."""

    LITERT = "litert"
    LITERT_FP32 = "litert_fp32"
    LITERT_INT8 = "litert_int8"
    TENSORFLOW = "tensorflow"


class DetectorName(StrEnum):
    """The detector for `/super`; `/face` always uses the precise one."""

    FAST = "fast"
    PRECISE = "precise"


_FILES: Final = {Backend.LITERT_FP32: "litert", Backend.LITERT_INT8: "litert_int8"}
"""Which weights of the card run where the setting says it."""


@dataclass(frozen=True, slots=True)
class PipelineOptions:
    """Options of `load_pipeline`, small enough to send to another process."""

    model: Path = SHIPPED_MODEL
    backend: Backend = Backend.LITERT
    limits: DecodeLimits = DEFAULT_LIMITS
    policy: PolicyName = PolicyName.BALANCED
    detector: DetectorName = DetectorName.FAST

    def load(self) -> Pipeline:
        """A pipeline that is ready to answer. Raises `BadModel`."""
        start_decoder()
        precise = YuNetDetector()
        quick = load_quick_detector(precise, self.detector)
        chosen = SameFaceDetector(precise, quick) if isinstance(quick, FastDetector) else precise
        return Pipeline(chosen, load_validator(self.model, self.backend), self.limits, self.policy, quick)


def load_pipeline(
    model: Path = SHIPPED_MODEL,
    backend: Backend = Backend.LITERT,
    limits: DecodeLimits = DEFAULT_LIMITS,
    policy: PolicyName = PolicyName.BALANCED,
    detector: DetectorName = DetectorName.FAST,
) -> Pipeline:
    """A pipeline that is ready to answer.

    Args:
        model: folder of a model (`card.json` and the weights that it names), or a registry of models.
        backend: runtime of the validation network.
        limits: cost limits of decoding one image.
        policy: the policy of the card that decides.
        detector: the detector for `super`.

    Raises `BadModel`: weights are missing or do not match the card, or the card has no such policy.
    """
    return PipelineOptions(model, backend, limits, policy, detector).load()


def load_quick_detector(precise: Detector, name: DetectorName = DetectorName.FAST) -> FastDetector | RefinedDetector:
    """The detector for `super`; both return the same box, and the fast one asks `precise` when unsure.

    Raises `BadModel`: weights are missing or do not match the card.
    """
    card = read_card_as(DetectorCard, SHIPPED_DETECTOR)
    finder = FaceRefiner(read_weights(SHIPPED_DETECTOR, card, "yunet"))
    refined = RefinedDetector(precise, finder)
    if name is DetectorName.PRECISE:
        return refined
    return FastDetector(read_weights(SHIPPED_DETECTOR, card, "litert"), card, finder, refined)


def load_validator(model: Path, backend: Backend = Backend.LITERT) -> Validator[ModelCard]:
    """The model in a folder, or the promoted one of a registry. Raises `BadModel`."""
    folder = serving_folder(model)
    card = read_card(folder)
    if backend is not Backend.TENSORFLOW:
        file = _FILES.get(backend, card.serves)
        return LiteRtValidator(read_weights(folder, card, file), card, file)
    if find_spec("tensorflow") is None:
        raise BadModel("The back-end tensorflow was chosen, but TensorFlow is not installed; choose litert.")
    # Imported on demand: it takes seconds and 500 MB.
    from img_super.validator.tensorflow import TensorFlowValidator  # noqa: PLC0415

    return TensorFlowValidator(read_weights(folder, card, "keras"), card)
