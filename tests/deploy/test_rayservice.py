"""The manifest for KubeRay and the application speak of the same things."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
import ray
import yaml
from ray.serve.schema import ServeDeploySchema

import img_super
from benchmarks.local_cluster import LEAN
from img_super.cluster.serve_app import Arguments, build

MANIFEST = Path(img_super.__file__).parents[2] / "deploy" / "k8s" / "ray" / "rayservice.yaml"
DOCKERFILE = Path(img_super.__file__).parent / "Dockerfile"


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    return dict(yaml.safe_load(MANIFEST.read_text())["spec"])


def test_ray_and_the_application_accept_the_configuration(spec: dict[str, Any]) -> None:
    configuration = ServeDeploySchema.model_validate(yaml.safe_load(spec["serveConfigV2"]))
    (application,) = configuration.applications
    module, _, name = application.import_path.partition(":")
    assert getattr(importlib.import_module(module), name) is build
    arguments = Arguments.model_validate(application.args)
    workers = spec["rayClusterConfig"]["workerGroupSpecs"][0]
    cores = int(workers["rayStartParams"]["num-cpus"])
    assert arguments.min_replicas * arguments.cores <= cores * workers["replicas"]
    assert arguments.max_replicas * arguments.cores <= cores * workers["maxReplicas"]


def test_ray_version_matches_the_image(spec: dict[str, Any]) -> None:
    assert spec["rayClusterConfig"]["rayVersion"] == ray.__version__
    assert f"ray=={ray.__version__}" in (DOCKERFILE.parent / "requirements-cluster.txt").read_text()


def test_job_submission_needs_a_token_and_the_operator(spec: dict[str, Any]) -> None:
    assert spec["rayClusterConfig"]["authOptions"] == {"mode": "token"}
    policy = yaml.safe_load((MANIFEST.parent / "networkpolicy.yaml").read_text())["spec"]
    (operator,) = [rule for rule in policy["ingress"] if {"port": 8265, "protocol": "TCP"} in rule.get("ports", [])]
    (source,) = operator["from"]
    assert source["namespaceSelector"]["matchLabels"].keys() == {"kubernetes.io/metadata.name"}
    assert source["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "kuberay-operator"}


def test_nodes_have_the_measured_environment(spec: dict[str, Any]) -> None:
    for group in (spec["rayClusterConfig"]["headGroupSpec"], *spec["rayClusterConfig"]["workerGroupSpecs"]):
        (container,) = group["template"]["spec"]["containers"]
        variables = {variable["name"]: variable["value"] for variable in container["env"]}
        assert LEAN.items() <= variables.items()


def test_nothing_spills_to_disk_and_telemetry_is_off(spec: dict[str, Any]) -> None:
    target = DOCKERFILE.read_text().partition("FROM runtime AS cluster")[2]
    assert "RAY_automatic_object_spilling_enabled=0" in target
    assert "RAY_USAGE_STATS_ENABLED=0" in target
    cluster = spec["rayClusterConfig"]
    for group in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"]):
        pod = group["template"]["spec"]
        volumes = {volume["name"]: volume.get("emptyDir", {}) for volume in pod["volumes"]}
        assert [volumes[name]["medium"] for name in ("tmp", "shm")] == ["Memory"] * 2
        shared_mib = int(volumes["shm"]["sizeLimit"].removesuffix("Mi"))
        assert int(group["rayStartParams"]["object-store-memory"]) < shared_mib * 2**20
