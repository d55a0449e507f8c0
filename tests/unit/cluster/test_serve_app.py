from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import ray
from pydantic import ValidationError
from ray import serve

import img_super
from img_super.api.app import create_app
from img_super.cluster import serve_app
from img_super.cluster.serve_app import Arguments, Ingress, Layout, build, replica_settings, replicas_here
from img_super.main import worker_options
from img_super.pipeline.pipeline import Pipeline
from img_super.settings import Settings


def deployments(app: serve.Application) -> dict[str, serve.Deployment]:
    """An application's deployments by name: its ingress and that one's arguments."""
    ingress = app._bound_deployment
    inner = [given._bound_deployment for given in ingress.init_args if isinstance(given, serve.Application)]
    return {deployment.name: deployment for deployment in (ingress, *inner)}


def test_combined_layout_is_one_deployment() -> None:
    (ingress,) = deployments(build(Arguments())).values()
    assert ingress.name == "Service"
    assert ingress.init_args[1:] == (None, None)


def test_separate_layout_has_replicas_per_network() -> None:
    found = deployments(build(Arguments(layout=Layout.APART, min_replicas=2, max_replicas=5, cores=0.5)))
    assert set(found) == {"Service", "Detector", "Validator"}
    for deployment in found.values():
        scaling = deployment._deployment_config.autoscaling_config
        assert scaling is not None
        assert (scaling.min_replicas, scaling.max_replicas) == (2, 5)
        assert deployment.ray_actor_options is not None
        assert deployment.ray_actor_options["num_cpus"] == 0.5


def test_unknown_argument_is_refused() -> None:
    with pytest.raises(ValidationError, match="replicas"):
        Arguments.model_validate({"replicas": 3})


def test_replica_settings_disable_reload_and_workers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IMG_SUPER_ADMIN_KEYS_FILE", str(tmp_path / "keys"))
    monkeypatch.setenv("IMG_SUPER_WORKERS", "4")
    settings = replica_settings(Arguments(cores=2))
    assert settings.admin_keys_file is None
    assert (settings.threads, settings.workers) == (2, 1)


def test_replicas_of_a_node_share_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = [{"NodeID": "other", "Resources": {"CPU": 64.0}}, {"NodeID": "here", "Resources": {"CPU": 3.0}}]
    monkeypatch.setattr(ray, "nodes", lambda: nodes)
    monkeypatch.setattr(ray, "get_runtime_context", lambda: SimpleNamespace(get_node_id=lambda: "here"))
    assert [replicas_here(cores) for cores in (0.5, 1, 2, 8)] == [6, 3, 1, 1]
    of_two, alone = (worker_options(replica_settings(Arguments(), replicas)).limits for replicas in (2, 1))
    assert of_two.max_memory_bytes is not None
    assert alone.max_memory_bytes is not None
    assert of_two.max_memory_bytes == alone.max_memory_bytes // 2


def test_ingress_without_networks_decodes_while_others_wait() -> None:
    assert replica_settings(Arguments(layout=Layout.APART)).threads > 1


@pytest.fixture
def ingress(monkeypatch: pytest.MonkeyPatch, settings: Settings, pipeline: Pipeline) -> Ingress:
    """An ingress with fake networks and a short wait for the warm-up."""
    monkeypatch.setattr(serve_app, "build_app", lambda _: create_app(settings, pipeline))
    monkeypatch.setattr(serve_app, "_WARM_UP_S", 1)
    monkeypatch.setattr(serve_app, "replicas_here", lambda _: 1)
    return Ingress(Arguments(), None, None)


async def healthy(ingress: Ingress, warm: bool) -> None:
    app = await ingress.__serve_build_asgi_app__()
    app.state.services.warm = warm
    await ingress.check_health()


def test_replica_gets_requests_after_its_warm_up(ingress: Ingress) -> None:
    asyncio.run(healthy(ingress, warm=True))


def test_failed_warm_up_restarts_the_replica(ingress: Ingress) -> None:
    with pytest.raises(RuntimeError, match="warm-up"):
        asyncio.run(healthy(ingress, warm=False))


def test_ray_is_imported_lazily() -> None:
    code = "import sys, img_super.main, img_super.cli.app, img_super.cli.scan, img_super.scan.scan\n"
    code += "print([name for name in ('ray', 'pandas', 'pyarrow', 'grpc') if name in sys.modules])"
    environment = {**os.environ, "PYTHONPATH": str(Path(img_super.__file__).parent.parent)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
