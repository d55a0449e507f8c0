"""One machine: what the compose file lets its containers do, and that its parts fit together."""

from __future__ import annotations

import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose

from img_super.settings import PREFIX, Settings
from tests.deploy.compose import FILE, SERVICES, compose
from tests.deploy.conftest import MONITORING, ROOT

WHO_READS = {"service-keys": "img-super", "prometheus-key": "prometheus", "grafana-password": "grafana"}
"""Each secret and the only service that may read it, besides the one that makes it."""


def check(told: dict[str, Any]) -> None:
    """Raises ValueError when the Compose specification does not allow it."""
    PyCompose.from_yaml(yaml.safe_dump(told))


def test_compose_file_is_valid() -> None:
    check(compose())


@pytest.mark.parametrize(
    ("option", "value"),
    [("mem_limits", "2g"), ("mem_limit", "two"), ("ports", ["127.0.0.1:80800:8080"]), ("restart", "sometimes")],
)
def test_invalid_compose_file_is_rejected(option: str, value: object) -> None:
    told = deepcopy(compose())
    told["services"]["img-super"][option] = value
    with pytest.raises(ValueError, match="img-super"):
        check(told)


@pytest.mark.parametrize("name", SERVICES)
def test_containers_have_least_privilege(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r"\d+[mg]", service["mem_limit"])
    assert service["pids_limit"] <= 256
    assert not {"privileged", "cap_add", "devices", "pid", "ipc"} & service.keys()
    assert service["logging"]["options"]["max-size"]  # a disk that is full stops everything


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_bound_to_localhost(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


def test_ports_match_the_manual() -> None:
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert ports == {
        "img-super": ["127.0.0.1:8080:8080"],
        "prometheus": ["127.0.0.1:9090:9090"],
        "grafana": ["127.0.0.1:3000:3000"],
    }


def test_service_network_has_no_internet_access() -> None:
    """No network but the one whose addresses are not translated."""
    networks = compose()["networks"]
    assert networks["default"]["driver_opts"] == {"com.docker.network.bridge.enable_ip_masquerade": "false"}
    assert networks.keys() == {"default"}
    assert not any("networks" in service for service in SERVICES.values())
    assert {service["network_mode"] for service in SERVICES.values() if "network_mode" in service} == {"none"}


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_has_a_health_check(name: str) -> None:
    health = SERVICES[name].get("healthcheck", {})
    if name == "keys":  # ends by itself, and the others wait for its end
        assert health == {"disable": True}
        assert SERVICES[name]["restart"] == "no"
    elif name == "img-super":
        assert "\nHEALTHCHECK " in (ROOT / "src" / "img_super" / "Dockerfile").read_text()
    else:
        assert health["test"][-1].startswith(f"http://127.0.0.1:{SERVICES[name]['ports'][0].rpartition(':')[2]}/")


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_is_pinned(name: str) -> None:
    service = SERVICES[name]
    if "build" in service:
        context = (FILE.parent / service["build"]["context"]).resolve()
        assert f" AS {service['build']['target']}\n" in (context / "Dockerfile").read_text()
    else:
        assert re.fullmatch(r"[a-z/]+:v?\d+\.\d+\.\d+", service["image"])


@pytest.mark.parametrize("name", SERVICES)
def test_mounted_files_and_volumes_exist(name: str) -> None:
    for source, _, *options in (volume.split(":") for volume in SERVICES[name].get("volumes", [])):
        if source.startswith("."):
            assert (FILE.parent / source).is_file(), source
            assert options == ["ro"], source
        else:
            assert source in compose()["volumes"], source


@pytest.mark.parametrize("secret", WHO_READS)
def test_each_secret_has_one_reader(secret: str) -> None:
    mounted = {(name, volume) for name, service in SERVICES.items() for volume in service.get("volumes", [])
               if volume.startswith(f"{secret}:") and name != "keys"}  # fmt: skip
    ((name, volume),) = mounted
    assert name == WHO_READS[secret]
    assert volume.endswith(":ro")
    assert SERVICES[name]["depends_on"] == {"keys": {"condition": "service_completed_successfully"}}


def test_service_requires_keys_and_uses_existing_settings() -> None:
    variables = SERVICES["img-super"]["environment"]
    assert {name.removeprefix(PREFIX).lower() for name in variables} <= set(Settings.model_fields)
    (volume,) = SERVICES["img-super"]["volumes"]
    assert str(Path(variables["IMG_SUPER_KEYS_FILE"]).parent) == volume.split(":")[1]
    assert SERVICES["keys"]["environment"]["IMG_SUPER_KEYS_FILE"] == variables["IMG_SUPER_KEYS_FILE"]
    grace_s = int(SERVICES["img-super"]["stop_grace_period"].removesuffix("s"))
    assert grace_s >= variables["IMG_SUPER_SHUTDOWN_GRACE_S"] + 5


def test_prometheus_and_grafana_refer_to_existing_services() -> None:
    (job,) = yaml.safe_load((MONITORING / "prometheus.yaml").read_text())["scrape_configs"]
    assert job["static_configs"] == [{"targets": ["img-super:8080"]}]
    assert job["authorization"]["credentials_file"] == "/run/keys/prometheus/key"
    (source,) = yaml.safe_load((MONITORING / "grafana" / "datasource.yaml").read_text())["datasources"]
    assert source["url"] == "http://prometheus:9090"
    mounted = {volume.split(":")[1] for volume in SERVICES["grafana"]["volumes"]}
    (provider,) = yaml.safe_load((MONITORING / "grafana" / "dashboards.yaml").read_text())["providers"]
    variables = SERVICES["grafana"]["environment"]
    home = Path(variables["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert str(home) in mounted
    assert str(home.parent) == provider["options"]["path"]
    assert str(Path(variables["GF_SECURITY_ADMIN_PASSWORD__FILE"]).parent) in mounted
