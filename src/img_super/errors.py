"""One exception per stage of the pipeline; independent of HTTP.

    request bytes -> base64 -> image bytes -> pixels -> faces -> portrait crop -> score
         |             |           |            |         |           |            |
   BadRequestBody  BadBase64  NotAnImage   BrokenImage  NoFace   FaceTooSmall   (none)
   NoImageField               TooManyBytes
   UnsupportedMedia           UnsupportedVariant
   SlowBody                   TooManyPixels, DecodeTooSlow
   TooManyPhotos

Before any of these: KeyRefused, RateExceeded. For operators: SwitchedOff, ModelRefused.
An `InputError` is the caller's fault; a `ServiceError` (`Overloaded`, `DeadlinePassed`) is not. Both have a stable
`code` and a `detail`, an English sentence that says what to do. A `StartError` is what the operator must fix before the
service can start.
"""

from __future__ import annotations

from typing import ClassVar


class ImgSuperError(Exception):
    """The root of all errors of this package."""


class StartError(ImgSuperError):
    """The service cannot start; the message says what the operator must fix."""


class BadSettings(StartError):
    """A setting has an invalid value."""


class BadModel(StartError):
    """A model file or its card is missing, damaged, or not the one that the card describes."""


class BadKeys(StartError):
    """The file of API keys is missing, damaged or empty."""


class BadStore(StartError):
    """The feedback database cannot be opened or does not respond, or its packages are not installed."""


class Refusal(ImgSuperError):
    """The reason why something is not answered.

    Attributes:
        code: stable and machine-readable; never renamed.
        advice: the `detail` unless a more precise one is given.
    """

    code: str
    advice: ClassVar[str]

    def __init__(self, detail: str | None = None) -> None:
        self.detail = detail or self.advice
        super().__init__(self.detail)


class RequestError(Refusal):
    """The reason why a request is not answered.

    Attributes:
        title: the general problem, the same for every occurrence.
        retry_after_s: when to send the same request again; None if unknown.
    """

    title: str

    def __init__(self, detail: str | None = None, retry_after_s: int | None = None) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(detail)


class InputError(RequestError):
    """A problem that the sender of the request can fix."""


class ServiceError(RequestError):
    """The request is fine, but the service cannot answer it now."""


class ClientGone(ImgSuperError):
    """The client has disconnected."""


class KeyRefused(InputError):
    code = "key_refused"
    title = "The API key is missing or unknown"
    advice = "Send a valid API key as `Authorization: Bearer <key>` or `X-API-Key: <key>`."


class RateExceeded(InputError):
    code = "rate_exceeded"
    title = "Too many requests"
    advice = "You have reached the request limit. Try again after `Retry-After` seconds."


class BadRequestBody(InputError):
    code = "malformed_body"
    title = "The body could not be read"
    advice = 'Send a JSON object such as {"image": "<base64>"}.'


class NoImageField(InputError):
    code = "image_missing"
    title = "The request has no image"
    advice = "Put the base64-encoded photo in the field `image`."


class UnsupportedMedia(InputError):
    code = "unsupported_media_type"
    title = "The media type of the body is not supported"
    advice = (
        "Send `application/json` with the field `image`, `multipart/form-data` with the file field `image`, "
        "or the photo itself as `image/*`."
    )


class SlowBody(InputError):
    code = "body_too_slow"
    title = "The body arrived too slowly"
    advice = "Send the whole body without pausing; a smaller photo uploads faster."


class BadBase64(InputError):
    code = "invalid_base64"
    title = "The field `image` is not base64"
    advice = "Encode the bytes of the image file as base64 (standard or URL-safe alphabet)."


class TooManyBytes(InputError):
    code = "body_too_large"
    title = "The body is too large"
    advice = "Send a smaller photo."

    @classmethod
    def over(cls, limit_bytes: int) -> TooManyBytes:
        return cls(f"The body may be at most {limit_bytes:,} bytes; send a smaller photo.")


class TooManyPhotos(InputError):
    code = "too_many_photos"
    title = "The request has too many photos"
    advice = "Send fewer photos at a time."

    @classmethod
    def over(cls, limit: int) -> TooManyPhotos:
        return cls(f"A request may have at most {limit} photos; send the rest in another one.")


class NotAnImage(InputError):
    code = "not_an_image"
    title = "The data is not an image of a supported type"
    advice = "Send a JPEG, PNG, WebP, HEIC, AVIF, BMP or TIFF file."

    @classmethod
    def named(cls, name: str) -> NotAnImage:
        return cls(f"This is {name}; {cls.advice[0].lower()}{cls.advice[1:]}")


class UnsupportedVariant(InputError):
    code = "unsupported_variant"
    title = "This kind of image is not supported"
    advice = "This kind of image is not supported; save it again as a standard JPEG or PNG with 8 bits per channel."

    @classmethod
    def named(cls, name: str) -> UnsupportedVariant:
        return cls(
            f"This is {name}, which is not supported; save it again as a standard JPEG or PNG with 8 bits per channel."
        )


class BrokenImage(InputError):
    code = "broken_image"
    title = "The image file is damaged"
    advice = "The file starts like an image but cannot be fully decoded; send the complete file again."


class TooManyPixels(InputError):
    code = "too_many_pixels"
    title = "The image is too large"
    advice = "Send a photo with fewer pixels."

    @classmethod
    def over(cls, limit_pixels: int, width: int, height: int) -> TooManyPixels:
        return cls(
            f"The image has {width} x {height} pixels; the limit is {limit_pixels / 1e6:g} megapixels. Scale it down."
        )


class DecodeTooSlow(InputError):
    code = "decode_too_slow"
    title = "The image takes too long to decode"
    advice = "The file takes far longer to decode than a photo should; save it again as a standard JPEG."


class NoFace(InputError):
    code = "no_face"
    title = "No face was found"
    advice = (
        "No portrait was found in the photo. Photograph the whole side of the document with the portrait, "
        "in focus and evenly lit."
    )


class FaceTooSmall(InputError):
    code = "face_too_small"
    title = "The portrait is too small to judge"
    advice = "Move the camera closer to the document."

    @classmethod
    def under(cls, minimum_px: int, found_px: int) -> FaceTooSmall:
        return cls(
            f"The face is {found_px} pixels wide; at least {minimum_px} are needed. "
            "Move the camera closer or use a higher resolution."
        )


class SwitchedOff(InputError):
    code = "switched_off"
    title = "This feature is off"
    advice = "The operator of this service has not enabled it."

    @classmethod
    def by(cls, setting: str) -> SwitchedOff:
        return cls(f"The operator of this service enables it with {setting}.")


class UnknownRequest(InputError):
    code = "unknown_request"
    title = "Unknown request"
    advice = "Send the `X-Request-ID` that `/super` returned; scores are kept for a limited time."


class ModelRefused(InputError):
    code = "model_refused"
    title = "The model was rejected"
    advice = "The model was not loaded; the previous one keeps serving."


class Overloaded(ServiceError):
    code = "overloaded"
    title = "The service is busy"
    advice = "Too many photos are waiting. Send this one again after `Retry-After` seconds."


class DeadlinePassed(ServiceError):
    code = "deadline_passed"
    title = "The answer took too long"
    advice = "The photo could not be processed in time. Send it again later; smaller photos are faster."


def how_to_install(extra: str) -> str:
    """How to install an extra: from the checkout, because anyone may claim the project's name on an index."""
    image = "use the full image, or " if extra in {"feedback", "tensorflow", "train"} else ""
    return f"{image}run `pip install '.[{extra}]'` in the checkout"


def input_errors() -> tuple[type[InputError], ...]:
    """Every kind of input error, in pipeline order; the reference of error codes is made from it."""
    return tuple(InputError.__subclasses__())


def service_errors() -> tuple[type[ServiceError], ...]:
    """Every kind of service error."""
    return tuple(ServiceError.__subclasses__())
