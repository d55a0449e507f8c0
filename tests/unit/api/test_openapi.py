from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from img_super.api.app import create_app
from img_super.api.base64_image import decode_base64
from img_super.api.keys import hash_of
from img_super.errors import input_errors, service_errors
from img_super.pipeline.decode import decode_image
from img_super.pipeline.pipeline import Pipeline
from img_super.settings import Settings


@pytest.mark.parametrize("path", ["/face", "/super"])
def test_document_lists_every_media_type_and_error(client: TestClient, path: str) -> None:
    operation = client.get("/openapi.json").json()["paths"][path]["post"]
    content = operation["requestBody"]["content"]
    assert set(content) == {"application/json", "multipart/form-data", "application/octet-stream"}
    assert decode_image(decode_base64(content["application/json"]["example"]["image"])).size
    documented = {
        code
        for response in operation["responses"].values()
        for code in response["content"].get("application/problem+json", {}).get("examples", {})
    }
    not_of_photos = {"switched_off", "unknown_request", "model_refused", "too_many_photos"}
    assert documented == {error.code for error in (*input_errors(), *service_errors())} - not_of_photos


def test_operator_routes_list_their_own_errors(client: TestClient) -> None:
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


def test_errors_reference_the_problem_schema(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    refusals = [
        response["content"]
        for operation in operations
        for status, response in operation["responses"].items()
        if status.startswith("4")
    ]
    assert {*map(tuple, refusals)} == {("application/problem+json",)}
    assert {content["application/problem+json"]["schema"]["$ref"] for content in refusals} == {
        "#/components/schemas/Problem"
    }
    assert document["components"]["schemas"]["Problem"]["required"]


def test_operation_ids_are_short(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"].values()
    names = [operation["operationId"] for path in paths for operation in path.values()]
    assert {"find_portrait", "judge_portrait", "show_models"} <= set(names)
    assert len(names) == len(set(names))


def test_no_security_scheme_without_keys(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert "securitySchemes" not in document["components"]
    assert "security" not in document["paths"]["/super"]["post"]


def test_security_is_declared_per_route_with_keys(pipeline: Pipeline, tmp_path: Path) -> None:
    keys = tmp_path / "keys.txt"
    keys.write_text(f"bank {hash_of('secret')}\n")
    document = create_app(Settings(threads=1, keys_file=keys), pipeline).openapi()
    assert document["components"]["securitySchemes"].keys() == {"bearer", "key"}
    asked = {path for path, item in document["paths"].items() for operation in item.values() if "security" in operation}
    open_to_all = {"/", "/how-good", "/model/figures"}
    assert asked == {path for path in document["paths"].keys() - open_to_all if not path.startswith("/health/")}


def test_with_admin_keys_only_operator_routes_are_secured(pipeline: Pipeline, tmp_path: Path) -> None:
    keys = tmp_path / "keys.txt"
    keys.write_text(f"ops {hash_of('secret')}\n")
    paths = create_app(Settings(threads=1, admin_keys_file=keys), pipeline).openapi()["paths"]
    assert [path for path, item in paths.items() if "security" in next(iter(item.values()))] == ["/model/reload"]


def test_documentation_page_loads_nothing_external(client: TestClient) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    assert "https://" not in page.text
    assert client.get("/static-offline-docs/swagger-ui-bundle.js").status_code == 200
