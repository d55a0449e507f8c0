from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from img_super.api.request_identity import RequestIdentity

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


def test_client_ids_are_kept() -> None:
    identity = RequestIdentity.of(Headers({"x-request-id": "order-17", "traceparent": PARENT}))
    assert (identity.request_id, identity.trace_id) == ("order-17", TRACE)


def test_trace_id_is_the_default_request_id() -> None:
    assert RequestIdentity.of(Headers({"traceparent": PARENT})).request_id == TRACE


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-request-id": ""},
        {"x-request-id": "a b"},
        {"x-request-id": "x" * 65},
        {"x-request-id": 'a"}{"level":"error'},
        {"traceparent": f"00-{'0' * 32}-b7ad6b7169203331-01"},
        {"traceparent": f"00-{TRACE}-{'0' * 16}-01"},
        {"traceparent": TRACE},
        {"traceparent": PARENT.upper()},
    ],
)
def test_malformed_ids_are_replaced(headers: dict[str, str]) -> None:
    first, second = (RequestIdentity.of(Headers(headers)) for _ in range(2))
    assert first.trace_id is None
    assert len(first.request_id) == 32
    assert first != second
    assert first.request_id not in headers.values()
