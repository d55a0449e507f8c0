from __future__ import annotations

import base64
import string
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from img_super.api.base64_image import decode_base64, decode_plain_base64
from img_super.errors import BadBase64, NoImageField


@given(
    data=st.binary(min_size=1, max_size=200),
    prefix=st.sampled_from(
        [
            "",
            "data:image/jpeg;base64,",
            "data:image/x-anything;charset=utf-8;base64,",
            "data:,",
            " Data:IMAGE/PNG;BASE64,",
        ]
    ),
    url_safe=st.booleans(),
    padded=st.booleans(),
    line=st.integers(1, 80),
    newline=st.sampled_from(["", "\n", "\r\n", " "]),
)
def test_accepts_every_form_of_the_contract(
    data: bytes, prefix: str, url_safe: bool, padded: bool, line: int, newline: str
) -> None:
    text = (base64.urlsafe_b64encode if url_safe else base64.b64encode)(data).decode()
    text = text if padded else text.rstrip("=")
    broken = newline.join(text[i : i + line] for i in range(0, len(text), line)) + newline
    assert decode_base64(prefix + broken) == data
    assert decode_plain_base64(memoryview((prefix + broken).encode())) in (data, None)


@pytest.mark.parametrize("prefix", ["", "data:image/jpeg;base64,", " DATA:,"])
def test_plain_form_is_read_in_place(prefix: str) -> None:
    assert decode_plain_base64(memoryview(f"{prefix}AAEC/+8=".encode())) == b"\0\1\2\xff\xef"


@given(st.text(alphabet=string.printable + "é\u2028\U0001f600", max_size=60))
def test_fast_path_agrees_with_the_general_one(text: str) -> None:
    plain = decode_plain_base64(memoryview(text.encode()))
    assert plain is None or plain == decode_base64(text)


@pytest.mark.parametrize("text", ["", " \n", "data:image/png;base64,", "===="])
def test_empty_text_is_refused(text: str) -> None:
    with pytest.raises(NoImageField):
        decode_base64(text)


@pytest.mark.parametrize("text", ["a", "ab*d", "äöü=", "AAAA%0A", "AAAAA", "A\x00AA", "\ud800AAA"])
def test_invalid_base64_is_refused(text: str) -> None:
    with pytest.raises(BadBase64):
        decode_base64(text)


@given(st.text(alphabet=string.printable + "é\u2028\U0001f600", max_size=60))
def test_any_text_gives_bytes_or_a_typed_error(text: str) -> None:
    with suppress(BadBase64, NoImageField):
        assert isinstance(decode_base64(text), bytes)
