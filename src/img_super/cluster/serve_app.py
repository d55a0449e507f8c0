"""The service on Ray Serve: the same FastAPI application in many processes on many nodes.

    serve run img_super.cluster.serve_app:build                          networks inside the ingress (default)
    serve run img_super.cluster.serve_app:build layout=apart             detector and validator on their own

Settings (`IMG_SUPER_*`) are read on every node. Redeploy to change the model: `POST /model/reload` would change only
one replica.
"""

import asyncio
import logging.config
import math
from enum import StrEnum
from typing import Any, Final

import cv2
import ray
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field
from ray import serve
from ray.serve.config import AutoscalingConfig
from ray.serve.handle import DeploymentHandle

from img_super.api.app import create_app
from img_super.api.logs import logging_config
from img_super.api.services import Services
from img_super.cluster.networks import DetectorReplica, RemoteDetector, RemoteValidator, ValidatorReplica
from img_super.main import build_app, worker_options
from img_super.pipeline.pipeline import Pipeline
from img_super.settings import Settings, load_settings

_DECODING_THREADS: Final = 4
"""For an ingress with remote networks: while some threads wait for them, others decode."""


_WARM_UP_S: Final = 60


class Layout(StrEnum):
    """Where the networks run."""

    TOGETHER = "together"
    APART = "apart"


class Arguments(BaseModel):
    """Allowed in `args` of the Serve configuration, or as `name=value` after `serve run`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    layout: Layout = Field(Layout.TOGETHER, description="`together`: one process does all; `apart`: three deployments.")
    cores: float = Field(1, gt=0, description="What a replica takes of a node; it works with so many threads.")
    min_replicas: int = Field(1, ge=1, description="Of each deployment, when nothing comes.")
    max_replicas: int = Field(8, ge=1, description="Of each deployment, however much comes.")


class Ingress:
    """Receives, decodes, crops and answers; runs the networks itself or calls their deployments."""

    def __init__(
        self, arguments: Arguments, detector: DeploymentHandle[Any] | None, validator: DeploymentHandle[Any] | None
    ) -> None:
        self._arguments = arguments
        self._networks = (detector, validator)
        self._services: Services | None = None

    async def __serve_build_asgi_app__(self) -> FastAPI:
        """Called once by Ray Serve. Raises `StartError`, which fails the deployment."""
        settings = replica_settings(self._arguments, replicas_here(self._arguments.cores))
        logging.config.dictConfig(logging_config(settings.log_format, settings.log_level.value))
        detector, validator = self._networks
        if detector is None or validator is None:
            app = build_app(settings)
        else:
            cv2.setNumThreads(1)
            app = create_app(settings, await pipeline_of(settings, detector, validator))
        self._services = app.state.services
        return app

    async def check_health(self) -> None:
        """Called by Ray Serve before it sends requests, and periodically after that.

        Raises `RuntimeError`: the warm-up has not passed in time; the replica is restarted.
        """
        for _ in range(10 * _WARM_UP_S):
            if self._services is not None and self._services.warm:
                return
            await asyncio.sleep(0.1)
        raise RuntimeError("the warm-up has not passed")


def build(arguments: Arguments) -> serve.Application:
    """The application that Ray Serve runs. Raises `BadSettings`."""
    ingress = _deployment("Service", serve.ingress()(Ingress), arguments)
    if arguments.layout is Layout.TOGETHER:
        return ingress.bind(arguments, None, None)
    detector = _deployment("Detector", DetectorReplica, arguments)
    validator = _deployment("Validator", ValidatorReplica, arguments)
    return ingress.bind(arguments, detector.bind(), validator.bind())


def _deployment(name: str, replica: type[Any], arguments: Arguments) -> serve.Deployment:
    settings = replica_settings(arguments)
    places = settings.threads + settings.queue if name == "Service" else 2 * _DECODING_THREADS
    return serve.deployment(
        replica,
        name=name,
        ray_actor_options={"num_cpus": arguments.cores},
        max_ongoing_requests=places,
        autoscaling_config=AutoscalingConfig(
            min_replicas=arguments.min_replicas,
            max_replicas=arguments.max_replicas,
            target_ongoing_requests=2 * settings.threads,
            upscale_delay_s=5,
            downscale_delay_s=300,
        ),
        health_check_period_s=5,
        graceful_shutdown_timeout_s=settings.shutdown_grace_s,
    )


def replicas_here(cores: float) -> int:
    """The number of replicas with this many cores that fit on a node; they share its memory."""
    node_id = ray.get_runtime_context().get_node_id()
    node_cores = next((node["Resources"].get("CPU", 1) for node in ray.nodes() if node["NodeID"] == node_id), 1)
    return max(1, int(node_cores / cores))


def replica_settings(arguments: Arguments, replicas: int = 1) -> Settings:
    """The environment's settings, adjusted for one of several replicas on a node. Raises `BadSettings`."""
    cores = math.ceil(arguments.cores)
    threads = cores if arguments.layout is Layout.TOGETHER else _DECODING_THREADS * cores
    return load_settings(threads=threads).model_copy(update={"admin_keys_file": None, "workers": replicas})


async def pipeline_of(
    settings: Settings, detector: DeploymentHandle[Any], validator: DeploymentHandle[Any]
) -> Pipeline:
    """A pipeline with remote networks. Raises `BadModel`."""
    precise, quick = await detector.identities.remote()
    card, identity = await validator.card.remote()
    patience_s = settings.deadline_s
    return Pipeline(
        RemoteDetector(detector, precise, quick=False, patience_s=patience_s),
        RemoteValidator(validator, card, identity, patience_s),
        worker_options(settings).limits,
        settings.policy,
        RemoteDetector(detector, quick, quick=True, patience_s=patience_s),
    )
