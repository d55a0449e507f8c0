"""What wakes people up: each alert fires when it should, and its entry in the runbook is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from img_super.api.error_handlers import documented_problems
from tests.deploy.alerts import alerts, groups, promtool
from tests.deploy.conftest import MONITORING, ROOT

RUNBOOK = ROOT / "docs" / "deployment" / "runbook.md"
QUESTIONS = ("**Qué significa.**", "**Qué mirar.**", "**Qué hacer.**")


def sections() -> dict[str, str]:
    """The runbook's entries by their headings."""
    parts = re.split(r"^### (\w+)$", RUNBOOK.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


@pytest.mark.prometheus
def test_alerts_fire_when_they_should_and_not_before() -> None:
    done = promtool("test", "rules", MONITORING / "alerts_test.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.prometheus
def test_changed_rule_fails_the_rule_tests(tmp_path: Path) -> None:
    rules = (MONITORING / "alerts.yaml").read_text()
    assert "> 0.05\n        for: 5m" in rules
    (tmp_path / "alerts.yaml").write_text(rules.replace("> 0.05\n        for: 5m", "> 0.5\n        for: 5m"))
    cases = yaml.safe_load((MONITORING / "alerts_test.yaml").read_text())
    cases["tests"] = [one for one in cases["tests"] if one["name"].startswith("Overload")]
    (tmp_path / "alerts_test.yaml").write_text(yaml.safe_dump(cases))
    done = promtool("test", "rules", tmp_path / "alerts_test.yaml")
    assert done.returncode != 0
    assert "ImgSuperRefusing" in done.stdout + done.stderr
    assert "ImgSuperSlow" not in done.stdout + done.stderr


def test_every_alert_has_a_firing_and_a_silent_case() -> None:
    tried = yaml.safe_load((MONITORING / "alerts_test.yaml").read_text())["tests"]
    cases = [case for one in tried for case in one["alert_rule_test"]]
    names = {alert["alert"] for alert in alerts()}
    assert {case["alertname"] for case in cases if case.get("exp_alerts")} == names
    assert {case["alertname"] for case in cases if not case.get("exp_alerts")} == names


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: str(alert["alert"]))
def test_every_alert_links_to_its_runbook_entry(alert: dict[str, Any]) -> None:
    assert alert["labels"]["severity"] in ("critical", "warning")
    path, _, anchor = alert["annotations"]["runbook_url"].partition("#")
    assert ROOT / path == RUNBOOK
    assert anchor == alert["alert"].lower()
    entry = sections()[alert["alert"]]
    assert [question for question in QUESTIONS if question not in entry] == []


def test_every_runbook_entry_has_an_alert() -> None:
    assert set(sections()) == {alert["alert"] for alert in alerts()}


def test_alerts_use_existing_error_codes() -> None:
    codes = {error.code for error in documented_problems()}
    named = {code for alert in alerts() for match in re.findall(r'code=~?"([^"]*)"', alert["expr"])
             for code in match.split("|")}  # fmt: skip
    assert named
    assert named <= codes


def test_kubernetes_has_the_same_rules() -> None:
    rule = yaml.safe_load((MONITORING / "prometheusrule.yaml").read_text())
    assert rule["spec"]["groups"] == groups(), "run: make manifests"
