"""The pipeline as the settings want it, for the verbs that judge photos without a service."""

from typing import Any

from img_super.native_stderr import loaded_quietly
from img_super.pipeline.pipeline import Pipeline
from img_super.settings import load_settings


def pipeline_for(**options: Any) -> tuple[Pipeline, int]:
    """A pipeline, and how many threads should use it at once; options that are given win over the environment.

    A command may use all of the machine's memory. Raises `StartError`: a setting cannot be used,
    or the model cannot be loaded.
    """
    settings = load_settings(**options)
    return loaded_quietly(settings.pipeline_options(pdf=True).load), settings.threads
