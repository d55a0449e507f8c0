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
    assert documented == {error.code for error in (*input_errors(), *service_errors())}


def test_the_documentation_page_asks_nobody_outside(client: TestClient) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    assert "https://" not in page.text
    assert client.get("/static-offline-docs/swagger-ui-bundle.js").status_code == 200
