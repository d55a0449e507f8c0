"""`GET /`: the page for browsers, a liveness message for programs; and the page's files."""

from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles

from img_super import __version__
from img_super.api.schemas import Alive

_PACKAGE: Final = Path(__file__).parents[2]
_PAGE: Final = _PACKAGE / "web" / "index.html"
_HOW_GOOD: Final = _PACKAGE / "web" / "how_good.html"
_FOLDERS: Final = {"/web": _PACKAGE / "web", "/samples": _PACKAGE / "samples"}

# Nothing external, nothing inline, no text evaluated as code: a photo can only go to this service.
_CONTENT_SECURITY_POLICY: Final = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ]
)

_FILE_HEADERS: Final = {
    "Cache-Control": "no-cache",  # revalidated each time (304), so that an update never mixes old and new files
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}

_PAGE_HEADERS: Final = _FILE_HEADERS | {
    "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept",
}

router = APIRouter(tags=["service"])


@router.get(
    "/",
    summary="The page for browsers, a liveness message for machines",
    response_model=Alive,
    responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}}},
)
async def root(request: Request) -> Response:
    """HTML for clients that accept `text/html` by name, as browsers do; JSON for all others."""
    if _is_browser(request):
        return FileResponse(_PAGE, headers=_PAGE_HEADERS)
    docs = f"{request.scope.get('root_path', '')}/docs"  # behind a path prefix, too
    alive = Alive(service="img_super", version=__version__, status="alive", docs=docs)
    return JSONResponse(alive.model_dump(), headers={"Vary": "Accept"})


@router.get("/how-good", summary="A page with the model's measured quality", response_class=FileResponse)
async def how_good() -> FileResponse:
    """For people; programs use `/model/figures`."""
    return FileResponse(_HOW_GOOD, headers=_PAGE_HEADERS)


def mount_page_files(app: FastAPI) -> None:
    """Serve the page's scripts, styles and texts, and the sample documents."""
    for address, folder in _FOLDERS.items():
        app.mount(address, _PageFiles(directory=folder), name=address.strip("/"))


class _PageFiles(StaticFiles):
    """Files that browsers may cache but must revalidate."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers.update(_FILE_HEADERS)
        return response


def _is_browser(request: Request) -> bool:
    """Browsers ask for HTML; curl and most programs for `*/*`."""
    return "text/html" in request.headers.get("accept", "").lower()
