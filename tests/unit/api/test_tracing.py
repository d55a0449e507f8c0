from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from img_super.api.app import create_app
from img_super.errors import BadSettings
from img_super.pipeline.pipeline import Pipeline
from img_super.settings import Settings
from tests.conftest import FakeDetector

PNG = {"content-type": "image/png"}
TRACE = "0af7651916cd43dd8448eb211c80319c"
CANARY = "c2VjcmV0IHBob3Rv"


@pytest.fixture(scope="module")
def exporter() -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return exporter


@pytest.fixture
def traced(exporter: InMemorySpanExporter, pipeline: Pipeline) -> TestClient:
    exporter.clear()
    return TestClient(create_app(Settings(threads=1, tracing=True), pipeline), raise_server_exceptions=False)


def test_each_stage_is_a_span_of_the_callers_trace(
    traced: TestClient, exporter: InMemorySpanExporter, photo_bytes: bytes
) -> None:
    headers = {**PNG, "traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
    assert traced.post("/super", content=photo_bytes, headers=headers).status_code == 200
    spans = exporter.get_finished_spans()
    assert {"POST /super", "body", "decode", "detect", "crop", "validate"} <= {span.name for span in spans}
    assert {f"{span.context.trace_id:032x}" for span in spans if span.context} == {TRACE}


def test_only_photo_routes_are_traced_behind_a_path_prefix(
    traced: TestClient, exporter: InMemorySpanExporter, photo_bytes: bytes
) -> None:
    behind = TestClient(traced.app, root_path="/identity")
    behind.get(f"/identity/{CANARY}")
    assert exporter.get_finished_spans() == ()
    assert behind.post("/identity/super", content=photo_bytes, headers=PNG).status_code == 200
    assert {"POST /super", "decode"} <= {span.name.replace("/identity", "") for span in exporter.get_finished_spans()}


def test_trace_reveals_no_input(
    traced: TestClient, exporter: InMemorySpanExporter, detector: FakeDetector, photo_bytes: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def fail(_: object) -> None:
        raise RuntimeError(CANARY)

    traced.get(f"/{CANARY}")
    traced.post(f"/super?image={CANARY}", content=photo_bytes, headers=PNG)
    traced.post("/super", json={"image": CANARY})
    monkeypatch.setattr(detector, "detect", fail)
    traced.post("/super", content=photo_bytes, headers=PNG)
    spans = exporter.get_finished_spans()
    assert len(spans) > 3
    assert CANARY not in "".join(span.to_json() for span in spans)


def test_tracing_needs_its_packages(monkeypatch: pytest.MonkeyPatch, pipeline: Pipeline) -> None:
    monkeypatch.setattr("img_super.api.tracing.find_spec", lambda _: None)
    with pytest.raises(BadSettings, match=r"'\.\[tracing\]'"):
        create_app(Settings(tracing=True), pipeline)
    create_app(Settings(), pipeline)
