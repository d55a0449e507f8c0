from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError
from ray import serve

import img_super
from img_super.cluster.serve_app import Arguments, Layout, build, replica_settings


def deployments(app: serve.Application) -> dict[str, serve.Deployment]:
    """Those of an application, by name: its ingress and what that was given."""
    ingress = app._bound_deployment
    inner = [given._bound_deployment for given in ingress.init_args if isinstance(given, serve.Application)]
    return {deployment.name: deployment for deployment in (ingress, *inner)}


def test_together_is_one_deployment() -> None:
    (ingress,) = deployments(build(Arguments())).values()
    assert ingress.name == "Service"
    assert ingress.init_args[1:] == (None, None)


def test_apart_detector_and_validator_have_replicas_of_their_own() -> None:
    found = deployments(build(Arguments(layout=Layout.APART, min_replicas=2, max_replicas=5, cores=0.5)))
    assert set(found) == {"Service", "Detector", "Validator"}
    for deployment in found.values():
        scaling = deployment._deployment_config.autoscaling_config
        assert scaling is not None
        assert (scaling.min_replicas, scaling.max_replicas) == (2, 5)
        assert deployment.ray_actor_options is not None
        assert deployment.ray_actor_options["num_cpus"] == 0.5


def test_a_mistyped_argument_is_refused() -> None:
    with pytest.raises(ValidationError, match="replicas"):
        Arguments.model_validate({"replicas": 3})


def test_one_replica_of_many_is_not_given_another_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IMG_SUPER_ADMIN_KEYS_FILE", str(tmp_path / "keys"))
    monkeypatch.setenv("IMG_SUPER_WORKERS", "4")
    settings = replica_settings(Arguments(cores=2))
    assert settings.admin_keys_file is None
    assert (settings.threads, settings.workers) == (2, 1)


def test_an_ingress_without_networks_decodes_while_others_wait() -> None:
    assert replica_settings(Arguments(layout=Layout.APART)).threads > 1


def test_nothing_of_ray_is_imported_before_it_is_asked_for() -> None:
    code = "import sys, img_super.main, img_super.cli.app, img_super.cli.scan, img_super.scan.scan\n"
    code += "print([name for name in ('ray', 'pandas', 'pyarrow', 'grpc') if name in sys.modules])"
    environment = {**os.environ, "PYTHONPATH": str(Path(img_super.__file__).parent.parent)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
