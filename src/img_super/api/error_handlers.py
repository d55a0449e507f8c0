"""Errors as `application/problem+json` (RFC 9457): a stable code and a sentence, never a traceback or a path."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import Scope

from img_super import errors
from img_super.api.body_encoding import ACCEPTED
from img_super.api.openapi import reference
from img_super.api.schemas import Problem

STATUSES: Final[dict[type[errors.RequestError], HTTPStatus]] = {
    errors.KeyRefused: HTTPStatus.UNAUTHORIZED,
    errors.RateExceeded: HTTPStatus.TOO_MANY_REQUESTS,
    errors.BadRequestBody: HTTPStatus.BAD_REQUEST,
    errors.NoImageField: HTTPStatus.BAD_REQUEST,
    errors.UnsupportedMedia: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.SlowBody: HTTPStatus.REQUEST_TIMEOUT,
    errors.BadBase64: HTTPStatus.BAD_REQUEST,
    errors.TooManyBytes: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.TooManyPhotos: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.NotAnImage: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.UnsupportedVariant: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.BrokenImage: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.TooManyPixels: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.DecodeTooSlow: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NoFace: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.FaceTooSmall: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.SwitchedOff: HTTPStatus.NOT_FOUND,
    errors.UnknownRequest: HTTPStatus.NOT_FOUND,
    errors.ModelRefused: HTTPStatus.CONFLICT,
    errors.Overloaded: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.DeadlinePassed: HTTPStatus.GATEWAY_TIMEOUT,
}

_NOT_OF_PHOTOS: Final = (errors.SwitchedOff, errors.UnknownRequest, errors.ModelRefused, errors.TooManyPhotos)
"""A single photo never causes these."""

_ADVICE: Final = {
    HTTPStatus.NOT_FOUND: "There is no such route; /docs lists them all.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This route does not accept this method; /face and /super accept POST.",
}
"""Where the router refuses."""

CLIENT_GONE: Final = 499
"""Logged and counted when the client disconnects early; the number is nginx's convention."""

MEDIA_TYPE: Final = "application/problem+json"


def problem(status: int, code: str, title: str, detail: str) -> Problem:
    """The body of an error answer."""
    return Problem(type=f"urn:problem-type:img-super:{code}", title=title, status=status, detail=detail, code=code)


def install_error_handlers(app: FastAPI) -> None:
    """Make every error leave the service in this form."""
    app.exception_handler(errors.RequestError)(_on_request_error)
    app.exception_handler(errors.ClientGone)(_on_client_gone)
    app.exception_handler(HTTPException)(_on_http_exception)
    app.exception_handler(RequestValidationError)(_on_bad_parameter)
    app.exception_handler(Exception)(_on_surprise)


def documented_errors() -> dict[int | str, dict[str, Any]]:
    """Every error of a photo for the OpenAPI document."""
    return documented(*(error for error in STATUSES if error not in _NOT_OF_PHOTOS))


def documented(*kinds: type[errors.RequestError]) -> dict[int | str, dict[str, Any]]:
    """These errors for the OpenAPI document, by status, with an example for each code."""
    responses: dict[int | str, dict[str, Any]] = {}
    for error in kinds:
        status = STATUSES[error]
        content = {MEDIA_TYPE: {"schema": reference("Problem"), "examples": {}}}
        entry = responses.setdefault(status.value, {"description": status.phrase, "content": content})
        example = problem(status, error.code, error.title, error.advice)
        entry["content"][MEDIA_TYPE]["examples"][error.code] = {"summary": error.title, "value": example.model_dump()}
    return responses


def _of_router(status: HTTPStatus) -> Problem:
    return problem(status, status.name.lower(), status.phrase, _ADVICE.get(status, status.phrase))


def _bad_parameter(detail: str) -> Problem:
    return problem(HTTPStatus.BAD_REQUEST, "bad_parameter", "Invalid parameter", detail)


def documented_problems() -> tuple[Problem, ...]:
    """Every error that a client can receive: photo errors in pipeline order, then the others."""
    of_photos = (problem(status, error.code, error.title, error.advice) for error, status in STATUSES.items())
    bad_parameter = _bad_parameter("A parameter has an invalid value; `detail` names it.")
    return (*of_photos, *map(_of_router, _ADVICE), bad_parameter, unforeseen())


def unforeseen() -> Problem:
    """What is reported for an unexpected error."""
    detail = "The service failed; your request was not at fault. Try again."
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", "Internal error", detail)


def problem_of(error: errors.RequestError) -> Problem:
    """The fields of an error's answer."""
    return problem(STATUSES[type(error)], error.code, error.title, error.detail)


def surprise(scope: Scope) -> JSONResponse:
    """The answer to an unexpected error."""
    return _respond(scope, unforeseen())


def answer_to(scope: Scope, error: errors.RequestError) -> JSONResponse:
    """The answer for an error."""
    headers = {} if error.retry_after_s is None else {"Retry-After": str(error.retry_after_s)}
    if isinstance(error, errors.UnsupportedMedia):
        headers["Accept-Encoding"] = ACCEPTED
    return _respond(scope, problem_of(error), headers)


def _respond(scope: Scope, answer: Problem, headers: Mapping[str, str] | None = None) -> JSONResponse:
    scope.setdefault("state", {})["code"] = answer.code  # for the log and the metrics
    return JSONResponse(answer.model_dump(), status_code=answer.status, media_type=MEDIA_TYPE, headers=headers)


async def _on_request_error(request: Request, error: errors.RequestError) -> JSONResponse:
    return answer_to(request.scope, error)


async def _on_client_gone(_: Request, __: errors.ClientGone) -> Response:
    return Response(status_code=CLIENT_GONE)


async def _on_http_exception(request: Request, error: HTTPException) -> JSONResponse:
    """Refused by the router: an unknown address or a wrong method."""
    return _respond(request.scope, _of_router(HTTPStatus(error.status_code)), error.headers)


async def _on_bad_parameter(request: Request, error: RequestValidationError) -> JSONResponse:
    names = ", ".join(sorted({str(entry["loc"][-1]) for entry in error.errors()}))
    return _respond(request.scope, _bad_parameter(f"A parameter has an invalid value: {names}."))


async def _on_surprise(request: Request, _: Exception) -> JSONResponse:
    return surprise(request.scope)
