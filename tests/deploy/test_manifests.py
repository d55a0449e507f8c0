"""What is applied to a cluster: valid to the last field, within the policies, and as the service needs it."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from img_super import __version__
from img_super.api.keys import KnownKeys, hash_of
from img_super.settings import PREFIX, Settings
from tests.deploy.alerts import alerts
from tests.deploy.conftest import DEPLOY, MONITORING, ROOT
from tests.deploy.manifests import Manifest, build, copy_with_keys, kubectl, pods

KUBERNETES = "1.34"
SCHEMAS = {path.stem: json.loads(path.read_text()) for path in (Path(__file__).parent / "schemas").glob("*.json")}
CHECKOV = ROOT / ".venv" / "policies" / "bin" / "checkov"
OVERLAYS = {"single", "production", "queue", "kserve", "with-model"}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kubectl(tmp_path_factory.mktemp("kubectl"))


@pytest.fixture(scope="module")
def built(program: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Manifest]]:
    return build(program, copy_with_keys(tmp_path_factory.mktemp("manifests")))


def only(manifests: list[Manifest], kind: str, name: str = "img-super") -> Manifest:
    (found,) = [one for one in manifests if one["kind"] == kind and one["metadata"]["name"] == name]
    return found


def pod_of(built: dict[str, list[Manifest]], overlay: str, kind: str = "Deployment") -> Manifest:
    (pod,) = pods(only(built[overlay], kind))
    return dict(pod["spec"])


def check(manifest: Manifest) -> None:
    """Raises the error of its schema; of an object that Kubernetes does not know, the pods in it are checked too."""
    if manifest["kind"] not in SCHEMAS:
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)
        return
    jsonschema.validate(manifest, SCHEMAS[manifest["kind"]])
    for pod in pods(manifest):
        kubernetes_validate.validate(pod, KUBERNETES, strict=True)


def test_every_overlay_and_manifest_builds(built: dict[str, list[Manifest]]) -> None:
    assert built.keys() >= OVERLAYS
    assert all(built.values())


def test_every_object_matches_its_schema(built: dict[str, list[Manifest]]) -> None:
    for manifests in built.values():
        for manifest in manifests:
            check(manifest)


def test_names_are_unique_and_namespaces_set(built: dict[str, list[Manifest]]) -> None:
    for overlay, manifests in built.items():
        names = [(one["kind"], one["metadata"]["name"]) for one in manifests]
        assert len(set(names)) == len(names), overlay
        assert [one for one in manifests if one["kind"] != "Namespace" and "namespace" not in one["metadata"]] == []


Change = Callable[[Manifest], object]


def pod_in(manifest: Manifest) -> dict[str, Any]:
    spec = manifest["spec"]
    return dict(spec["predictor"] if "predictor" in spec else spec["template"]["spec"])


def container(manifest: Manifest) -> dict[str, Any]:
    one: dict[str, Any] = pod_in(manifest)["containers"][0]
    return one


UNKNOWN: dict[str, tuple[str, str, Change]] = {
    "field of a deployment": ("production", "Deployment", lambda one: one["spec"].update(replica=2)),
    "field of a container": ("production", "Deployment", lambda one: container(one).update(enviroment=[])),
    "limit in words": ("production", "Deployment", lambda one: container(one)["resources"].update(limits="many")),
    "field of a monitor": ("production", "ServiceMonitor", lambda one: one["spec"].update(endpoint=[])),
    "field of a rule": ("production", "PrometheusRule", lambda one: one["spec"]["groups"][0].update(rule=[])),
    "field of a predictor": ("kserve", "InferenceService", lambda one: one["spec"]["predictor"].update(minReplica=2)),
    "field of its container": ("kserve", "InferenceService", lambda one: container(one).update(probe={})),
}


@pytest.mark.parametrize("what", UNKNOWN)
def test_unknown_fields_are_rejected(built: dict[str, list[Manifest]], what: str) -> None:
    overlay, kind, change = UNKNOWN[what]
    manifest = deepcopy(only(built[overlay], kind))
    check(manifest)
    change(manifest)
    with pytest.raises((kubernetes_validate.ValidationError, jsonschema.ValidationError)):
        check(manifest)


AGAINST_POLICY: dict[str, tuple[str, Change]] = {
    "CKV_K8S_16": ("privileged", lambda one: container(one)["securityContext"].update(privileged=True)),
    "CKV_K8S_20": ("escalating", lambda one: container(one)["securityContext"].update(allowPrivilegeEscalation=True)),
    "CKV_K8S_22": ("writable", lambda one: container(one)["securityContext"].update(readOnlyRootFilesystem=False)),
    "CKV_K8S_13": ("unlimited", lambda one: container(one)["resources"]["limits"].pop("memory")),
    "CKV_K8S_8": ("unwatched", lambda one: container(one).pop("livenessProbe")),
    "CKV_K8S_14": ("untagged", lambda one: container(one).update(image="img_super")),
}


@pytest.fixture(scope="module")
def findings(built: dict[str, list[Manifest]], tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """What Checkov finds in each file: the overlays as they are, and the deployment with one thing wrong at a time."""
    folder = tmp_path_factory.mktemp("policies")
    files = {name: [*manifests, *(pod for one in manifests if one["kind"] in SCHEMAS for pod in pods(one))]
             for name, manifests in built.items()}  # fmt: skip
    for name, change in AGAINST_POLICY.values():
        files[name] = [deepcopy(only(built["single"], "Deployment"))]
        change(files[name][0])
    for name, manifests in files.items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump_all(manifests))
    assert CHECKOV.exists(), "Checkov is missing; run: make test"
    options = ("--framework", "kubernetes", "--skip-download", "--compact", "--output", "json")
    done = subprocess.run([CHECKOV, "-d", folder, *options], capture_output=True, text=True, check=False)
    told = json.loads(done.stdout)
    assert told["summary"]["parsing_errors"] == 0
    failed = [(one["file_path"], one["check_id"]) for one in told["results"]["failed_checks"]]
    return {name: {check for path, check in failed if path == f"/{name}.yaml"} for name in files}


def test_every_overlay_passes_the_policies(built: dict[str, list[Manifest]], findings: dict[str, set[str]]) -> None:
    assert {name: found for name, found in findings.items() if name in built and found} == {}


@pytest.mark.parametrize("policy", AGAINST_POLICY)
def test_policy_violations_are_found(findings: dict[str, set[str]], policy: str) -> None:
    assert policy in findings[AGAINST_POLICY[policy][0]]


def test_every_skipped_policy_has_a_reason(built: dict[str, list[Manifest]]) -> None:
    objects = [one for manifests in built.values() for one in manifests]
    metadata = [part["metadata"] for one in objects for part in (one, *pods(one))]
    notes = [note for one in metadata for note in one.get("annotations", {}).items() if note[0].startswith("checkov")]
    assert notes
    assert [note for note in notes if not re.fullmatch(r"CKV2?_K8S_\d+=\S.{20,}\.", note[1])] == []


@pytest.mark.parametrize(("overlay", "kind"), [("production", "Deployment"), ("kserve", "InferenceService")])
def test_pod_has_least_privilege(built: dict[str, list[Manifest]], overlay: str, kind: str) -> None:
    """What the namespace's Pod Security level `restricted` demands, and no token of the cluster."""
    pod = pod_of(built, overlay, kind)
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert pod["containers"][0]["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
    assert only(built[overlay], "Namespace")["metadata"]["labels"] == {
        "pod-security.kubernetes.io/enforce": "restricted"
    }


@pytest.mark.parametrize(("overlay", "kind"), [("production", "Deployment"), ("kserve", "InferenceService")])
def test_pod_matches_the_settings(built: dict[str, list[Manifest]], overlay: str, kind: str) -> None:
    pod = pod_of(built, overlay, kind)
    (one,) = pod["containers"]
    variables = {variable["name"]: variable["value"] for variable in one["env"]}
    assert {name.removeprefix(PREFIX).lower() for name in variables} <= set(Settings.model_fields)
    drain_s = int(variables["IMG_SUPER_STOP_DELAY_S"]) + int(variables["IMG_SUPER_SHUTDOWN_GRACE_S"])
    assert pod["terminationGracePeriodSeconds"] >= drain_s + 5
    assert variables["IMG_SUPER_THREADS"] == one["resources"]["limits"]["cpu"]
    assert pod["enableServiceLinks"] is False  # or IMG_SUPER_PORT is not what one thinks
    mounts = {mount["mountPath"]: mount for mount in one["volumeMounts"]}
    assert mounts[str(Path(variables["IMG_SUPER_KEYS_FILE"]).parent)]["readOnly"]
    assert one["image"].endswith(f"img_super:{__version__}")


def test_pod_runs_as_the_image_user(built: dict[str, list[Manifest]]) -> None:
    dockerfile = (ROOT / "src" / "img_super" / "Dockerfile").read_text()
    pod = pod_of(built, "production")
    assert f"USER {pod['securityContext']['runAsUser']}\n" in dockerfile
    assert f"EXPOSE {pod['containers'][0]['ports'][0]['containerPort']}\n" in dockerfile


def test_probes_use_the_health_paths(built: dict[str, list[Manifest]]) -> None:
    one = pod_of(built, "production")["containers"][0]
    paths = {probe: one[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert paths == {
        "startupProbe": "/health/ready",
        "livenessProbe": "/health/live",
        "readinessProbe": "/health/ready",
    }


def test_kserve_runs_the_same_container(built: dict[str, list[Manifest]]) -> None:
    ours, theirs = pod_of(built, "production"), pod_of(built, "kserve", "InferenceService")
    ours.pop("topologySpreadConstraints")
    for pod, name in ((ours, "img-super"), (theirs, "kserve-container")):
        assert pod["containers"][0].pop("name") == name
    assert ours == theirs


@pytest.mark.parametrize("overlay", sorted(OVERLAYS))
def test_network_policy_blocks_egress_and_opens_one_port(built: dict[str, list[Manifest]], overlay: str) -> None:
    everything = only(built[overlay], "NetworkPolicy", "deny-all")["spec"]
    assert everything == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    ours = only(built[overlay], "NetworkPolicy")["spec"]
    assert ours["policyTypes"] == ["Ingress", "Egress"]
    assert "egress" not in ours
    assert ours["ingress"] == [{"ports": [{"port": 8080, "protocol": "TCP"}]}]
    kind = "InferenceService" if overlay == "kserve" else "Deployment"
    (pod,) = pods(only(built[overlay], kind))
    assert ours["podSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()


def test_autoscaling_tolerates_losing_a_pod(built: dict[str, list[Manifest]]) -> None:
    scaling = only(built["production"], "HorizontalPodAutoscaler")["spec"]
    assert scaling["minReplicas"] > only(built["production"], "PodDisruptionBudget")["spec"]["maxUnavailable"]
    assert "replicas" not in only(built["production"], "Deployment")["spec"]  # it would undo what the other has decided


def test_queue_autoscaler_uses_the_adapter_metric(built: dict[str, list[Manifest]]) -> None:
    metrics = only(built["queue"], "HorizontalPodAutoscaler")["spec"]["metrics"]
    (name,) = [metric["pods"]["metric"]["name"] for metric in metrics if metric["type"] == "Pods"]
    (rule,) = yaml.safe_load((MONITORING / "prometheus-adapter.yaml").read_text())["rules"]["custom"]
    assert rule["seriesQuery"].startswith(f"{name}{{")
    assert any(name in alert["expr"] for alert in alerts())  # of which a test sees that the service has it


def test_prometheus_operator_finds_service_key_and_dashboard(built: dict[str, list[Manifest]]) -> None:
    manifests = built["production"]
    monitor, service = only(manifests, "ServiceMonitor")["spec"], only(manifests, "Service")
    assert monitor["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert service["metadata"]["labels"][monitor["jobLabel"]] == "img-super"  # the job that the alerts name
    (endpoint,) = monitor["endpoints"]
    assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}
    credentials = endpoint["authorization"]["credentials"]
    assert credentials["key"] in only(manifests, "Secret", credentials["name"])["data"]
    dashboard = only(manifests, "ConfigMap", "img-super-dashboard")["data"]["img_super.json"]
    assert dashboard == (MONITORING / "grafana" / "img_super.json").read_text()


def test_service_reads_a_rotated_secret(tmp_path: Path) -> None:
    """A link to the folder of the new files takes the place of the old one; the path stays."""
    for owner in ("old", "new"):
        (tmp_path / owner).mkdir()
        (tmp_path / owner / "keys.txt").write_text(f"{owner} {hash_of(owner)}\n")
    (tmp_path / "..data").symlink_to("old")
    (tmp_path / "keys.txt").symlink_to(Path("..data") / "keys.txt")
    known = KnownKeys(tmp_path / "keys.txt")
    assert (known.owner("old"), known.owner("new")) == ("old", None)
    (tmp_path / "..new").symlink_to("new")
    (tmp_path / "..new").replace(tmp_path / "..data")
    assert (known.owner("old"), known.owner("new")) == (None, "new")


def test_no_key_is_committed() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "deploy"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert tracked
    for path in tracked:
        text = (ROOT / path).read_text()
        assert not re.search(r"imgs_[\w-]{20,}|\b[0-9a-f]{64}\b|kind: Secret$", text, re.MULTILINE), path
    ignored = (DEPLOY / "k8s" / "keys" / ".gitignore").read_text().split()
    assert ignored == ["keys.txt", "prometheus.key"]


def test_build_fails_without_keys(program: Path, tmp_path: Path) -> None:
    copy = copy_with_keys(tmp_path)
    (copy / "k8s" / "keys" / "keys.txt").unlink()
    with pytest.raises(AssertionError, match=r"keys\.txt"):
        build(program, copy)
