from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from img_super.api.base64_image import decode_base64
from img_super.errors import input_errors, service_errors
from img_super.pipeline.decode import decode_image


@pytest.mark.parametrize("path", ["/face", "/super"])
def test_the_document_shows_every_way_and_every_error(client: TestClient, path: str) -> None:
    operation = client.get("/openapi.json").json()["paths"][path]["post"]
    content = operation["requestBody"]["content"]
    assert set(content) == {"application/json", "multipart/form-data", "image/*"}
    assert decode_image(decode_base64(content["application/json"]["example"]["image"])).size
    documented = {
        code
        for response in operation["responses"].values()
        for code in response["content"].get("application/problem+json", {}).get("examples", {})
    }
    not_of_photos = {"switched_off", "unknown_request", "model_refused"}
    assert documented == {error.code for error in (*input_errors(), *service_errors())} - not_of_photos


def test_the_operators_ways_show_their_own_errors(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    for path, codes in (
        (
            "/feedback",
            {"malformed_body", "key_refused", "switched_off", "unknown_request", "rate_exceeded", "overloaded"}
            | {"body_too_large", "body_too_slow"},
        ),
        ("/model/reload", {"key_refused", "switched_off", "model_refused"}),
    ):
        responses = paths[path]["post"]["responses"].values()
        contents = [response["content"].get("application/problem+json", {}) for response in responses]
        assert {code for content in contents for code in content.get("examples", {})} == codes


def test_the_documentation_page_asks_nobody_outside(client: TestClient) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    assert "https://" not in page.text
    assert client.get("/static-offline-docs/swagger-ui-bundle.js").status_code == 200
