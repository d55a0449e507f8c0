"""img_super tells how likely it is that the portrait of an identity document was superimposed.

    from pathlib import Path
    from img_super import load_pipeline

    result = load_pipeline().super(Path("document.jpg"))
    print(result.decision.score, result.decision.verdict)

What is listed in `__all__` is the public surface; it is imported when it is first asked for, so that
`import img_super` alone costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from img_super.client import Client
    from img_super.domain import Box, Decision, Detection, Evidence, Face, ModelIdentity, QualityWarning, Verdict
    from img_super.errors import BadModel, ImgSuperError, InputError
    from img_super.model_card import PolicyName
    from img_super.pipeline.decode_limits import DecodeLimits
    from img_super.pipeline.load import Backend, load_pipeline
    from img_super.pipeline.photo import Photo
    from img_super.pipeline.pipeline import Pipeline, SuperResult

__version__ = "0.1.0"

__all__ = [
    "Backend",
    "BadModel",
    "Box",
    "Client",
    "Decision",
    "DecodeLimits",
    "Detection",
    "Evidence",
    "Face",
    "ImgSuperError",
    "InputError",
    "ModelIdentity",
    "Photo",
    "Pipeline",
    "PolicyName",
    "QualityWarning",
    "SuperResult",
    "Verdict",
    "__version__",
    "load_pipeline",
]

_HOMES: Final = {
    "img_super.client": ("Client",),
    "img_super.domain": (
        "Box", "Decision", "Detection", "Evidence", "Face", "ModelIdentity", "QualityWarning", "Verdict",
    ),
    "img_super.errors": ("BadModel", "ImgSuperError", "InputError"),
    "img_super.pipeline.decode_limits": ("DecodeLimits",),
    "img_super.pipeline.load": ("Backend", "load_pipeline"),
    "img_super.pipeline.photo": ("Photo",),
    "img_super.pipeline.pipeline": ("Pipeline", "SuperResult"),
    "img_super.model_card": ("PolicyName",),
}  # fmt: skip


def __getattr__(name: str) -> Any:
    home = next((module for module, names in _HOMES.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
