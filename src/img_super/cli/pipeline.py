"""The pipeline as the settings want it, for the verbs that judge photos without a service."""

from __future__ import annotations

from typing import Any

from img_super.native_stderr import loaded_quietly
from img_super.pipeline.decode_limits import DecodeLimits
from img_super.pipeline.load import load_pipeline
from img_super.pipeline.pipeline import Pipeline
from img_super.settings import Settings, load_settings


def pipeline_for(**given: Any) -> tuple[Pipeline, int]:
    """A pipeline, and how many threads should use it at once; options that are given win over the environment.

    Raises:
        StartError: a setting cannot be used, or the model cannot be loaded.
    """
    settings = load_settings(**given)
    limits = decode_limits_of(settings)
    load = lambda: load_pipeline(settings.model, settings.backend, limits, settings.policy, settings.detector)  # noqa: E731
    return loaded_quietly(load), settings.threads


def decode_limits_of(settings: Settings) -> DecodeLimits:
    """What one photo may cost; whoever starts a command gives it as much memory as the machine has."""
    return DecodeLimits(settings.max_pixels, budget_ms=settings.decode_budget_ms)
