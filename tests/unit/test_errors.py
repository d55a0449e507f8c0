from __future__ import annotations

from img_super.api.error_handlers import STATUSES
from img_super.errors import FaceTooSmall, TooManyBytes, TooManyPixels, input_errors, service_errors

CODES = [
    "key_refused",
    "rate_exceeded",
    "malformed_body",
    "image_missing",
    "unsupported_media_type",
    "body_too_slow",
    "invalid_base64",
    "body_too_large",
    "too_many_photos",
    "not_an_image",
    "unsupported_variant",
    "broken_image",
    "too_many_pixels",
    "decode_too_slow",
    "no_face",
    "face_too_small",
    "switched_off",
    "unknown_request",
    "model_refused",
]


def test_codes_are_a_contract() -> None:
    assert [error.code for error in input_errors()] == CODES
    assert [error.code for error in service_errors()] == ["overloaded", "deadline_passed"]


def test_every_error_has_a_status_of_its_class() -> None:
    assert set(STATUSES) == {*input_errors(), *service_errors()}
    assert all(400 <= STATUSES[error] < 500 for error in input_errors())
    assert all(STATUSES[error] > 500 for error in service_errors())


def test_details_say_what_was_found_and_expected() -> None:
    assert "20,000" in TooManyBytes.over(20_000).detail
    assert "9000 x 8000" in TooManyPixels.over(50_000_000, 9000, 8000).detail
    assert "50 megapixels" in TooManyPixels.over(50_000_000, 9000, 8000).detail
    assert "12 pixels" in FaceTooSmall.under(32, 12).detail
    assert "32" in FaceTooSmall.under(32, 12).detail
