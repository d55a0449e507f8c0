"""The pipeline for verbs that judge photos without a service."""

from typing import Any

from img_super.native_stderr import loaded_quietly
from img_super.pipeline.pipeline import Pipeline
from img_super.settings import load_settings


def pipeline_for(**options: Any) -> tuple[Pipeline, int]:
    """A pipeline and its number of threads; options override the environment.

    A command may use all of the machine's memory. Raises `StartError`: a setting is invalid, or the model cannot be
    loaded.
    """
    settings = load_settings(**options)
    return loaded_quietly(settings.pipeline_options(pdf=True).load), settings.threads
