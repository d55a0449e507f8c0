"""Requests that the OpenAPI document allows, and others, get documented answers and never a server error."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from img_super.api.app import create_app
from img_super.domain import Evidence, ModelIdentity, RgbImage
from img_super.model_card import ModelCard, read_card
from img_super.pipeline.load import SHIPPED_MODEL
from img_super.pipeline.pipeline import Pipeline
from img_super.settings import Settings
from tests.conftest import FakeDetector


class EvenValidator:
    """Gives every crop the same score."""

    identity = ModelIdentity("fake_validator", "1", "0" * 64)
    card: ModelCard = read_card(SHIPPED_MODEL)

    def validate(self, _: RgbImage) -> Evidence:
        return Evidence(0.5, np.zeros((4, 4), np.float32))


APP = create_app(Settings(threads=2, max_body_bytes=100_000, deepid=True), Pipeline(FakeDetector(), EvenValidator()))
APP.state.services.warm = True  # readiness's 503 would count as a server error


@asynccontextmanager
async def _nothing(_: object) -> AsyncIterator[None]:
    """Schemathesis restarts the application for each request, but its threads cannot be restarted."""
    yield


APP.router.lifespan_context = _nothing
SCHEMA = schemathesis.openapi.from_asgi("/openapi.json", APP)
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)]
CHECKS = (not_a_server_error, content_type_conformance, response_schema_conformance)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
@settings(max_examples=30, suppress_health_check=list(HealthCheck), deadline=None)
@given(st.data())
def test_every_operation(operation: APIOperation[Any, Any, Any, Any], data: st.DataObject) -> None:
    case = data.draw(operation.as_strategy())
    case.call_and_validate(checks=list(CHECKS))
