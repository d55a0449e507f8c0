"""A real Prometheus reads the real service: each panel and each alert must get an answer."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from benchmarks.running_service import Service, environment, free_port, running_service
from tests.conftest import SAMPLES
from tests.deploy.alerts import alerts, groups, promtool
from tests.deploy.compose import SERVICES
from tests.deploy.conftest import DEPLOY, MONITORING, program
from tests.waiting import PATIENCE_S, PATIENT, until

pytestmark = pytest.mark.prometheus
RATE_INTERVAL = "1m"
COMPARED = re.compile(r"\s(?:>|<|==|and|or)\s")
METRIC = re.compile(r"\bimg_super[a-z0-9_:]*")
LABEL = re.compile(r"{{(\w+)}}")


@dataclass(frozen=True)
class Watched:
    """A service under load and the Prometheus that has watched it; how many requests of each kind were sent."""

    prometheus: str
    sent: dict[str, int]

    def ask(self, expression: str) -> list[dict[str, Any]]:
        """Raises AssertionError when Prometheus does not understand it."""
        told = httpx2.get(f"{self.prometheus}/api/v1/query", params={"query": expression}, timeout=PATIENCE_S).json()
        assert told["status"] == "success", told
        return list(told["data"]["result"])

    def number(self, expression: str) -> float | None:
        """The one number that there is, or None."""
        found = [float(series["value"][1]) for series in self.ask(expression)]
        return found[0] if len(found) == 1 and isfinite(found[0]) else None


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made by the script that makes them in the container."""
    folder = tmp_path_factory.mktemp("keys")
    for reader in ("service", "prometheus", "grafana"):
        (folder / reader).mkdir()
    make_keys(folder)
    return folder


def make_keys(folder: Path, *arguments: str) -> str:
    file = folder / "service" / "keys.txt"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    variables = environment(KEYS=str(folder), IMG_SUPER_KEYS_FILE=str(file), PATH=path)
    command = ["sh", str(DEPLOY / "keys.sh"), *arguments]
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=True).stdout


def configuration(folder: Path, target: str, key: Path) -> Path:
    """What deploy/ has, only quicker, and with this address and this key."""
    told = yaml.safe_load((MONITORING / "prometheus.yaml").read_text())
    told["global"] = dict.fromkeys(told["global"], "500ms")
    (job,) = told["scrape_configs"]
    job["authorization"]["credentials_file"] = str(key)
    job["static_configs"] = [{"targets": [target]}]
    rules = re.sub(r"interval: \w+", "interval: 500ms", (MONITORING / "alerts.yaml").read_text())
    (folder / "alerts.yaml").write_text(rules)
    path = folder / "prometheus.yaml"
    path.write_text(yaml.safe_dump(told))
    return path


@contextmanager
def running_prometheus(configured: Path) -> Iterator[str]:
    """With the options of the compose file, but for the two places."""
    address = f"127.0.0.1:{free_port()}"
    places = {"--config.file": str(configured), "--storage.tsdb.path": str(configured.parent / "data")}
    told = dict(option.split("=") for option in SERVICES["prometheus"]["command"])
    assert places.keys() <= told.keys()
    options = [f"{name}={value}" for name, value in {**told, **places, "--web.listen-address": address}.items()]
    with subprocess.Popen([program("prometheus", "prometheus"), *options, "--log.level=error"]) as process:
        try:
            yield f"http://{address}"
        finally:
            process.kill()


def use(service: Service, key: str) -> dict[str, int]:
    """Every kind of request that an operator sees; how many of each answer came back."""
    attack, bona_fide = ((SAMPLES / name).read_bytes() for name in ("attack.jpg", "bona_fide.jpg"))

    def post(address: str, body: bytes, presented: str = key) -> str:
        headers = {"X-API-Key": presented, "Content-Type": "image/jpeg"}
        return str(httpx2.post(service.url + address, content=body, headers=headers, timeout=PATIENCE_S).status_code)

    statuses = [post("/super", bona_fide), post("/face", attack), post("/super", b"no image"), post("/super", b"", "?")]
    with ThreadPoolExecutor(8) as together:  # more than two threads can take
        statuses += together.map(lambda _: post("/super", attack), range(8))
    return {status: statuses.count(status) for status in statuses}


@pytest.fixture(scope="module")
def watched(keys: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """Two processes, no queue, and more photos at once than they have threads: some are refused."""
    program("prometheus", "prometheus")
    variables = {"IMG_SUPER_KEYS_FILE": str(keys / "service" / "keys.txt"), "IMG_SUPER_QUEUE": "0"}
    key = make_keys(keys, "create", "client").strip()
    with running_service("--workers", "2", "--threads", "1", **PATIENT, **variables) as service:
        folder = tmp_path_factory.mktemp("prometheus")
        configured = configuration(folder, service.url.removeprefix("http://"), keys / "prometheus" / "key")
        with running_prometheus(configured) as address:
            seen = Watched(address, {})
            for _ in range(2):  # a rate needs a counter that was there before
                for status, count in use(service, key).items():
                    seen.sent[status] = seen.sent.get(status, 0) + count
                wait_until_counted(seen)
            wait_until_recorded(seen)
            yield seen


def wait_until_counted(seen: Watched) -> None:
    """What was sent has been read."""
    expression = 'sum(img_super_requests_total{method="POST"})'
    until(lambda: _answers(seen) and seen.number(expression) == sum(seen.sent.values()))


def _answers(seen: Watched) -> bool:
    try:
        return httpx2.get(f"{seen.prometheus}/-/ready", timeout=5).status_code == 200
    except httpx2.TransportError:
        return False


def wait_until_recorded(seen: Watched) -> None:
    names = [rule["record"] for group in groups() for rule in group["rules"] if "record" in rule]
    until(lambda: all(has_numbers(seen.ask(name)) for name in names))


def has_numbers(series: list[dict[str, Any]]) -> bool:
    return any(isfinite(float(one["value"][1])) for one in series)


def dashboard() -> dict[str, Any]:
    return dict(json.loads((MONITORING / "grafana" / "img_super.json").read_text()))


def targets() -> list[Any]:
    return [
        pytest.param(target, id=f"{panel['title']} {target['refId']}")
        for panel in dashboard()["panels"]
        for target in panel["targets"]
    ]


def operands() -> list[str]:
    """What the alerts compare. No 500 can be made to order: any code stands for that one."""
    sides = [side.strip() for alert in alerts() for side in COMPARED.split(alert["expr"])]
    return sorted({
        side.replace('code="internal_error"', 'code=~".+"') for side in sides if METRIC.search(side) or "up{" in side
    })  # fmt: skip


def test_metrics_of_two_processes_add_up(watched: Watched) -> None:
    assert watched.sent["200"] >= 2  # one of the two may still have been warming up
    assert watched.sent["503"] >= 1
    assert watched.sent["401"] == 2
    for status, count in watched.sent.items():
        assert watched.number(f'sum(img_super_requests_total{{method="POST", status="{status}"}})') == count
    refused = watched.number('sum(img_super_requests_total{route=~"/face|/super", status="503"})')
    assert refused == watched.sent["503"]  # they count as photos, or their share would be wrong


@pytest.mark.parametrize("target", targets())
def test_every_panel_has_data(watched: Watched, target: dict[str, Any]) -> None:
    series = watched.ask(target["expr"].replace("$__rate_interval", RATE_INTERVAL))
    assert has_numbers(series), target["expr"]
    named = set(LABEL.findall(target.get("legendFormat", "")))
    assert [one["metric"] for one in series if not named <= one["metric"].keys()] == []


@pytest.mark.parametrize("expression", operands())
def test_every_operand_of_an_alert_has_data(watched: Watched, expression: str) -> None:
    if expression.startswith("absent("):
        assert watched.ask(expression) == []
    else:
        assert has_numbers(watched.ask(expression)), expression


def test_every_named_metric_exists(watched: Watched) -> None:
    expressions = [rule["expr"] for group in groups() for rule in group["rules"]]
    expressions += [target["expr"] for panel in dashboard()["panels"] for target in panel["targets"]]
    named = {name for expression in expressions for name in METRIC.findall(expression)}
    assert len(named) > 10
    assert [name for name in sorted(named) if not watched.ask(name)] == []


def test_prometheus_scrapes_with_its_own_key(watched: Watched, keys: Path, tmp_path: Path) -> None:
    assert watched.number('up{job="img-super"}') == 1
    done = promtool("check", "config", configuration(tmp_path, "127.0.0.1:1", keys / "prometheus" / "key"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_keys_are_created_once_and_clients_have_their_own(keys: Path) -> None:
    before = [path.read_text() for path in sorted(keys.rglob("*")) if path.is_file()]
    assert make_keys(keys) == ""
    assert [path.read_text() for path in sorted(keys.rglob("*")) if path.is_file()] == before
    assert "prometheus" in make_keys(keys, "list")
    key = (keys / "prometheus" / "key").read_text().strip()
    file = keys / "service" / "keys.txt"
    assert key.startswith("imgs_")
    assert key not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o444  # the service is another user
    assert len((keys / "grafana" / "password").read_text().strip()) >= 20


def understood(board: dict[str, Any]) -> Any:
    """What is left of a dashboard once Grafana's own types have read and written it: what they do not know is gone."""
    register_default_plugins()
    return json.loads(json.dumps(Dashboard.from_json(deepcopy(board)), cls=JSONEncoder))


def lost(told: object, left: object, path: str = "") -> list[str]:
    """What of a JSON value is gone or different."""
    if isinstance(told, dict) and isinstance(left, dict):
        return [one for key in told for one in lost(told[key], left.get(key), f"{path}/{key}")]
    if isinstance(told, list) and isinstance(left, list) and len(told) == len(left):
        return [one for key, pair in enumerate(zip(told, left, strict=True)) for one in lost(*pair, f"{path}/{key}")]
    return [] if told == left else [path]


def test_dashboard_matches_grafanas_schema() -> None:
    """By the types that Grafana publishes; Grafana itself cannot be installed here."""
    board = dashboard()
    assert lost(board, understood(board)) == []
    board["panels"][0]["fieldConfig"]["defaults"]["units"] = "s"
    board["panels"][6]["targets"][0]["expression"] = "up"
    assert lost(board, understood(board)) == [
        "/panels/0/fieldConfig/defaults/units",
        "/panels/6/targets/0/expression",
    ]


def test_panels_do_not_overlap_and_use_an_existing_source() -> None:
    panels = dashboard()["panels"]
    source = yaml.safe_load((MONITORING / "grafana" / "datasource.yaml").read_text())["datasources"][0]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert {panel["datasource"]["uid"] for panel in panels} == {source["uid"]}
    places = [
        (x, y) for panel in panels for place in [panel["gridPos"]]
        for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])
    ]  # fmt: skip
    assert max(x for x, _ in places) < 24
    assert len(set(places)) == len(places), "two panels overlap"
