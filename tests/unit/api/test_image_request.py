"""The three ways to send a photo, through the application with fakes."""

from __future__ import annotations

import base64
import gzip
import json
import string
import tempfile
import zlib
from contextlib import suppress
from urllib.parse import quote_plus

import numpy as np
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from img_super.api.base64_image import decode_base64
from img_super.api.body_encoding import unpacked
from img_super.api.image_request import read_json
from img_super.api.multipart import read_form
from img_super.errors import BadRequestBody, InputError, NoImageField, TooManyBytes
from tests.conftest import FakeDetector, encode

BOUNDARY = "----boundary"


def as_json(data: bytes) -> dict[str, str]:
    return {"image": base64.b64encode(data).decode()}


def form(body: bytes, disposition: str) -> tuple[bytes, dict[str, str]]:
    head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n".encode()
    content_type = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    return head + body + f"\r\n--{BOUNDARY}--\r\n".encode(), content_type


@pytest.mark.parametrize("path", ["/face", "/super"])
def test_three_ways_to_send_give_one_answer(client: TestClient, photo_bytes: bytes, path: str) -> None:
    answers = [
        client.post(path, json=as_json(photo_bytes)),
        client.post(path, content=json.dumps(as_json(photo_bytes)).encode()),  # no content type
        client.post(path, content=photo_bytes),
        client.post(path, content=json.dumps(as_json(photo_bytes)), headers={"content-type": "application/x+json"}),
        client.post(path, files={"image": ("photo.png", photo_bytes, "image/png")}),
        client.post(path, data={"image": as_json(photo_bytes)["image"]}, files={"other": b""}),
        client.post(path, content=photo_bytes, headers={"content-type": "image/png"}),
        client.post(path, content=photo_bytes, headers={"content-type": "image/anything; q=1"}),
        client.post(path, content=photo_bytes, headers={"content-type": "application/octet-stream"}),
    ]
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    assert all(answer.json() == answers[0].json() for answer in answers)


def test_legacy_client_works_unchanged(client: TestClient, photo_bytes: bytes) -> None:
    """It declares every photo a JPEG, and sends unknown fields."""
    image = "data:image/jpeg;base64," + base64.b64encode(photo_bytes).decode()
    answer = client.post("/super", json={"image": image, "filename": "dni.png"})
    assert answer.status_code == 200
    assert {"score", "reco", "coord"} <= answer.json().keys()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "malformed_body"),
        (b"not json", "malformed_body"),
        (b"[1, 2]", "malformed_body"),
        (b'"text"', "malformed_body"),
        (b'{"image": 5}', "malformed_body"),
        (b'{"image": 12345678901234567890}', "malformed_body"),
        (b'{"image": ["x"]}', "malformed_body"),
        (b'{"image": ["AAAAAAAA"]}', "malformed_body"),
        (b'{"image": "\xff"}', "malformed_body"),
        (b'{"image": "AAAA"', "malformed_body"),
        (b"[" * 100_000, "malformed_body"),
        (b"{}", "image_missing"),
        (b'{"image": null}', "image_missing"),
        (b'{"image": ""}', "image_missing"),
        (b'{"photo": "AAAA"}', "image_missing"),
        (b'{"image": "!!!"}', "invalid_base64"),
        (b'{"image": "AAAA"}', "not_an_image"),
        (b'{"image": "AAA\\u0041"}', "not_an_image"),
        (b'{"image": "\\/\\/8="}', "not_an_image"),
        (b'{"image": "AAAA", "image": "!"}', "invalid_base64"),
    ],
)
def test_bad_json_bodies_are_refused(client: TestClient, body: bytes, code: str) -> None:
    answer = client.post("/face", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code // 100, answer.json()["code"]) == (4, code)


@pytest.mark.parametrize(
    ("body", "headers", "code"),
    [
        (*form(b"", 'name="image"; filename="a.jpg"'), "image_missing"),
        (*form(b"AAAA", 'name="photo"; filename="a.jpg"'), "not_an_image"),
        (*form(b"AAAA", 'name="photo"'), "image_missing"),
        (*form(b"AAAA", 'filename="a.jpg"'), "not_an_image"),
        (*form(b"AAAA", 'name="image"\r\nContent-Type: text/plain; charset=undefined'), "not_an_image"),
        (b"no parts", {"content-type": "multipart/form-data"}, "malformed_body"),
        (b"no parts", {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}, "malformed_body"),
        (b"", {"content-type": "image/jpeg"}, "image_missing"),
        (b"hello", {"content-type": "image/jpeg"}, "not_an_image"),
        (b"image=AAAA", {"content-type": "application/x-www-form-urlencoded"}, "not_an_image"),
        (b"photo=AAAA", {"content-type": "application/x-www-form-urlencoded"}, "image_missing"),
        (b"\x1f\x8b", {"content-encoding": "gzip"}, "malformed_body"),
        (b"hello", {"content-encoding": "br"}, "unsupported_media_type"),
        (b"hello", {"content-type": "text/plain"}, "unsupported_media_type"),
        (b"%PDF-1.7", {"content-type": "application/pdf"}, "not_an_image"),
        (b"\0\0\0\x18ftypmp42", {"content-type": "video/mp4"}, "not_an_image"),
        (b"PK\3\4", {"content-type": "application/zip"}, "not_an_image"),
        (bytes(128) + b"DICM", {"content-type": "application/dicom"}, "not_an_image"),
    ],
)
def test_bad_other_bodies_are_refused(client: TestClient, body: bytes, headers: dict[str, str], code: str) -> None:
    answer = client.post("/super", content=body, headers=headers)
    assert answer.json()["code"] == code
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/face", "/super"])
def test_oversized_body_is_refused(client: TestClient, path: str) -> None:
    too_much = b"x" * 200_001
    announced = client.post(path, content=too_much, headers={"content-type": "image/png"})
    pieces = (too_much[i : i + 50_000] for i in range(0, len(too_much), 50_000))
    streamed = client.post(path, content=pieces, headers={"content-type": "image/png"})
    in_a_form = client.post(path, files={"image": too_much})
    for answer in (announced, streamed, in_a_form):
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
        assert "200,000" in answer.json()["detail"]


def part(body: bytes, *heads: str) -> bytes:
    return "\r\n".join([f"--{BOUNDARY}", *heads, "", ""]).encode() + body + b"\r\n"


def closed(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


TEXT_FIELDS = b"".join(part(b"x", f'Content-Disposition: form-data; name="text{number}"') for number in range(10))


@pytest.mark.parametrize(
    "heads",
    [
        ['Content-Disposition: form-data; name="image"'],
        ['Content-Disposition: form-data; name="image"', "Content-Type: image/png"],
        ["Content-Disposition: form-data; name=image; filename*=UTF-8''d%C3%B3c.png"],
        ['Content-Disposition: form-data; name="file"; filename="a.png"', "Content-Type: image/png"],
        ['content-disposition: form-data; name="photo"; filename="a.png"', "content-type: application/octet-stream"],
        ['Content-Disposition: form-data; name="upload"'],
    ],
)
def test_form_variants_of_real_clients_are_read(client: TestClient, photo_bytes: bytes, heads: list[str]) -> None:
    headers = {"content-type": f'multipart/form-data; boundary="{BOUNDARY}"'}
    wrapped = part(base64.encodebytes(photo_bytes), *heads, "Content-Transfer-Encoding: base64")
    for body in (part(photo_bytes, *heads), TEXT_FIELDS + part(photo_bytes, *heads)):
        assert client.post("/face", content=closed(body), headers=headers).status_code == 200
    if "image" in heads[0] or "filename" in heads[0]:
        assert client.post("/face", content=closed(wrapped), headers=headers).status_code == 200


def test_photo_is_found_among_other_form_fields(photo_bytes: bytes) -> None:
    said = "Content-Disposition: form-data; name="
    photo, empty = part(photo_bytes, f'{said}"image"; filename="a"'), part(b"", f'{said}"image"; filename=""')
    other = part(photo_bytes, f'{said}"file"; filename="a"')
    described = part(b"{}", f'{said}"meta"', "Content-Type: application/json")
    preamble = b"This is a message in several parts.\r\n"
    for body in (closed(photo, empty), closed(empty, other), closed(described, other), preamble + closed(photo)):
        assert read_form(body, f"multipart/form-data; boundary={BOUNDARY}") == photo_bytes
    with pytest.raises(NoImageField):
        read_form(closed(empty), f"multipart/form-data; boundary={BOUNDARY}")


def test_form_with_lf_lines_is_read_and_mixed_line_ends_refused(photo_bytes: bytes) -> None:
    said, type_of_form = 'Content-Disposition: form-data; name="image"', f"multipart/form-data; boundary={BOUNDARY}"
    by_hand = f"--{BOUNDARY}\n{said}\n\n".encode() + photo_bytes + f"\n--{BOUNDARY}--\n".encode()
    assert read_form(by_hand, type_of_form) == photo_bytes
    crlf = closed(part(photo_bytes, said))
    for mixed in (
        crlf.replace(said.encode() + b"\r\n\r\n", said.encode() + b"\n\n"),
        crlf.replace(b"\r\n--", b"\n--"),
        crlf.replace(said.encode(), said.encode() + b"\nContent-Type: image/png"),
        by_hand.replace(said.encode() + b"\n", said.encode() + b"\r\n"),
    ):
        with pytest.raises(BadRequestBody, match="CR LF and others in LF"):
            read_form(mixed, type_of_form)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (closed(TEXT_FIELDS * 7), "more than 64 fields"),
        (closed(part(b"", "Content-Disposition: form-data; name=" + "a" * 9000)), "too long"),
        (closed(part(b"", "no header")), "header of a field"),
        (f"--{BOUNDARY}--\r\n".encode(), "no field `image`"),
    ],
)
def test_unreadable_form_says_why(body: bytes, why: str) -> None:
    with pytest.raises(InputError, match=why):
        read_form(body, f"multipart/form-data; boundary={BOUNDARY}")


def test_quoted_and_escaped_parameters_are_read(photo_bytes: bytes) -> None:
    said = r'Content-Disposition: form-data; Filename="a\";name=\"b"; NAME = "im\age"'
    for boundary in (f'"{BOUNDARY}"', f"{BOUNDARY} ; charset=x", f'{BOUNDARY}; boundary="other"'):
        assert read_form(closed(part(photo_bytes, said)), f"multipart/form-data; boundary={boundary}") == photo_bytes


@pytest.mark.parametrize("media_type", ["", "text/json", "binary/octet-stream"])
def test_generic_content_types_are_read(client: TestClient, photo_bytes: bytes, media_type: str) -> None:
    body = photo_bytes if "octet" in media_type else json.dumps(as_json(photo_bytes)).encode()
    assert client.post("/super", content=body, headers={"content-type": media_type}).status_code == 200


def test_spaces_in_base64_are_restored_to_plus_signs(client: TestClient, photo_bytes: bytes) -> None:
    text = base64.b64encode(photo_bytes)
    assert b"+" in text
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answers = [
        client.post("/super", content=b"image=" + sent, headers=headers) for sent in (text, text.replace(b"+", b" "))
    ]
    assert answers[0].status_code == 200
    assert answers[1].json() == answers[0].json()


def test_multi_member_gzip_body_is_read_completely(photo_bytes: bytes) -> None:
    pieces = b"".join(gzip.compress(photo_bytes[at : at + 999]) for at in range(0, len(photo_bytes), 999))
    assert unpacked(pieces + bytes(20), ("gzip",), len(photo_bytes)) == photo_bytes
    with pytest.raises(TooManyBytes):
        unpacked(pieces, ("gzip",), len(photo_bytes) - 1)
    with pytest.raises(BadRequestBody, match="members"):
        unpacked(gzip.compress(b"a") * 101, ("gzip",), 1000)


@pytest.mark.parametrize("lost_bytes", [1, 10, 30, 300])
def test_truncated_form_is_reported(client: TestClient, photo_bytes: bytes, lost_bytes: int) -> None:
    body, headers = form(photo_bytes, 'name="image"; filename="a.png"')
    answer = client.post("/face", content=body[: -lost_bytes - 3], headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_body")
    assert "closing boundary" in answer.json()["detail"]


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "raw deflate", "gzip, deflate"])
def test_compressed_body_is_read(client: TestClient, photo_bytes: bytes, encoding: str) -> None:
    body, raw = json.dumps(as_json(photo_bytes)).encode(), zlib.compressobj(wbits=-15)
    packed = {
        "gzip": gzip.compress(body),
        "deflate": zlib.compress(body),
        "raw deflate": raw.compress(body) + raw.flush(),
        "gzip, deflate": zlib.compress(gzip.compress(body)),
    }
    headers = {"content-encoding": encoding.removeprefix("raw "), "content-type": "application/json"}
    assert client.post("/face", content=packed[encoding], headers=headers).status_code == 200
    assert client.post("/face", content=packed[encoding][:-9], headers=headers).status_code == 400


def test_decompressed_body_is_limited(client: TestClient) -> None:
    answer = client.post("/face", content=gzip.compress(b" " * 200_001), headers={"content-encoding": "gzip"})
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_unsupported_encoding_lists_the_supported_ones(client: TestClient) -> None:
    answer = client.post("/face", content=b"x", headers={"content-encoding": "zstd"})
    assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "gzip, deflate")
    assert "Content-Encoding" in answer.json()["detail"]


def test_unusual_base64_and_json_are_read(client: TestClient, photo_bytes: bytes) -> None:
    text = base64.b64encode(photo_bytes).decode()
    for image in ("\ufeff" + text, f'data:image/png;name="a,b.png";base64,{text}', f"data:;charset=x;base64,{text}"):
        assert client.post("/face", json={"image": image}).status_code == 200
    with_mark = b"\xef\xbb\xbf" + json.dumps({"image": text}).encode()
    assert client.post("/face", content=with_mark, headers={"content-type": "application/json"}).status_code == 200
    for field in (text, quote_plus(text)):
        answer = client.post(
            "/face", content=f"a=1&image={field}", headers={"content-type": "application/x-www-form-urlencoded"}
        )
        assert answer.status_code == 200


HEADS = st.text(string.printable, max_size=60)


@given(HEADS, st.binary(max_size=80), st.integers(0, 200))
def test_any_form_gives_bytes_or_a_typed_error(head: str, body: bytes, cut: int) -> None:
    with suppress(InputError):
        read_form(closed(part(body, head))[: cut or None], f"multipart/form-data; boundary={BOUNDARY}")
    with suppress(InputError):
        unpacked(gzip.compress(body)[:cut], ("gzip",), 50)


def test_uploads_are_never_spooled_to_disk(
    client: TestClient, detector: FakeDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    def to_disk(*_: object, **__: object) -> None:
        raise AssertionError("a photo was written to disk")

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", to_disk)
    monkeypatch.setattr("starlette.formparsers.MultiPartParser.spool_max_size", 100)
    photo = encode(np.random.default_rng(0).integers(0, 256, (200, 300, 3), dtype=np.uint8))
    assert client.post("/face", files={"image": ("a.png", photo, "image/png")}).status_code == 200


MARKS = st.text(' \t\r\n{}[]":,\\\v\x00é', max_size=3)
JSON_BODIES = st.tuples(
    MARKS,
    st.sampled_from(['{"image":"', ' { "image" : "', '{"image": "data:image/jpeg;base64,', '{"image": "\n data:x']),
    MARKS,
    st.one_of(st.binary(max_size=40).map(lambda data: base64.b64encode(data).decode()), st.text(max_size=12)),
    st.sampled_from(['"}', '" }\n', '"}}', '", "image": "AAAA"}', '\\"}', '","other":1}', "}"]),
    MARKS,
)


@given(JSON_BODIES.map("".join))
def test_json_fast_path_agrees_with_the_json_module(body: str) -> None:
    try:
        found = read_json(body.encode())
    except InputError:
        return
    texts = [value for name, value in json.loads(body, object_pairs_hook=list) if name == "image"]
    assert found == decode_base64(texts[-1])


@pytest.mark.parametrize("inside", ["data:,\nAAAA", "\ndata:,AAAA", "data:\x00,AAAA"])
def test_json_fast_path_refuses_invalid_strings(inside: str) -> None:
    with pytest.raises(BadRequestBody):
        read_json(f'{{"image": "{inside}"}}'.encode())


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wrongly_encoded_or_compressed_json_is_named(encoding: str) -> None:
    for body, word in ((json.dumps(as_json(b"a")).encode(encoding), "UTF-8"), (gzip.compress(b"{}"), "gzip")):
        with pytest.raises(BadRequestBody) as refusal:
            read_json(body)
        assert word in refusal.value.detail
