"""The only reader of the environment. The descriptions here also make the documentation's list."""

import os
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, Self

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from img_super.addresses import read_networks
from img_super.errors import BadSettings
from img_super.model_card import PolicyName
from img_super.pipeline.decode_limits import BUDGET_MS, MAX_PIXELS, DecodeLimits
from img_super.pipeline.load import SHIPPED_MODEL, Backend, DetectorName, PipelineOptions

PREFIX: Final = "IMG_SUPER_"


class LogFormat(StrEnum):
    """The log's format."""

    TEXT = "text"
    JSON = "json"


class LogLevel(StrEnum):
    """Uvicorn's log levels."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def _usable_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Settings(BaseSettings):
    """Settings: command line over environment over default."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True, env_ignore_empty=True)

    host: str = Field("127.0.0.1", description="Address to listen on; `0.0.0.0` for all (as in the container).")
    port: int = Field(8080, ge=1, le=65_535, description="TCP port to listen on.")
    workers: int = Field(
        1, ge=1, le=64, description="Worker processes that share the port; each loads the models and has its own queue."
    )
    threads: int = Field(default_factory=_usable_cores, ge=1, le=64, description="Photos that a worker judges at once.")
    model: Path = Field(
        SHIPPED_MODEL,
        description="Folder of the validation model (`card.json` and weights), or a registry, whose promoted version "
        "serves.",
    )
    shadow_model: Path | None = Field(
        None,
        description="A second model that judges the same photos without answering; `/metrics` shows how they differ.",
    )
    backend: Backend = Field(
        Backend.LITERT,
        description="What runs the validation network; `litert` takes the weights that its card prefers.",
    )
    policy: PolicyName = Field(
        PolicyName.BALANCED,
        description="Which threshold of the model's card decides: `strict` finds more attacks and raises more false "
        "alarms, `lenient` the reverse.",
    )
    attack_share: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="Share of attacks among the photos you receive: answers then include `probability`, valid for that "
        "share (`score` assumes one half). Verdicts do not change.",
    )
    detector: DetectorName = Field(
        DetectorName.FAST,
        description="What finds the portrait for `/super`: `precise` looks in four rotations; `fast` looks once, at "
        "fewer pixels, and asks `precise` when unsure. `/face` always uses `precise`.",
    )
    keys_file: Path | None = Field(
        None, description="File of API keys (`img-super keys create`); without one, anyone may call."
    )
    admin_keys_file: Path | None = Field(
        None, description="File of the keys that allow `POST /model/reload`; without one it is off."
    )
    rate_per_minute: int = Field(
        0,
        ge=0,
        description="Requests per minute of a client, by key or else address; more are refused (429). 0: unlimited.",
    )
    trusted_proxies: str = Field(
        "", description="Proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are trusted, comma-separated."
    )
    connections: int = Field(
        1000,
        ge=1,
        le=100_000,
        description="Open connections per worker. One more closes the longest idle one, or is refused (503).",
    )
    keep_alive_s: int = Field(
        75,
        ge=1,
        le=3600,
        description="Seconds that a connection may be idle between requests. Must exceed the proxy's own limit "
        "(usually 60), or requests get lost.",
    )
    root_path: str = Field(
        "",
        pattern=r"^(/[\w.~-]+)*$",
        description="Path prefix that the proxy strips; the page, the documentation and `/openapi.json` link with it.",
    )
    cors_origins: str = Field("", description="Origins whose pages may call from a browser, comma-separated.")
    tls_certificate: Path | None = Field(None, description="PEM file of the certificate chain: HTTPS instead of HTTP.")
    tls_key: Path | None = Field(None, description="PEM file of the certificate's private key.")
    max_body_bytes: int = Field(
        20 * 1024 * 1024, ge=1024, description="A larger request body is refused (413) before it is fully read."
    )
    max_pixels: int = Field(
        MAX_PIXELS, ge=10_000, description="An image with more pixels is refused (413) before it is decoded."
    )
    memory_percent: int = Field(
        75,
        ge=1,
        le=100,
        description="Share of the container's (or machine's) memory that all threads may decode in; larger images are "
        "refused (413).",
    )
    decode_budget_ms: int = Field(
        BUDGET_MS, ge=100, description="An image that needs more processor time to decode is refused (422)."
    )
    body_timeout_s: int = Field(
        30, ge=1, le=600, description="A request whose body has not arrived after this many seconds is refused (408)."
    )
    body_memory_bytes: int = Field(
        256 * 1024 * 1024,
        ge=1024,
        description="Memory for the bodies of all requests together; beyond it, requests are refused (503).",
    )
    batch_photos: int = Field(
        16, ge=0, le=64, description="Photos in one `POST /super/batch`; more are refused (413). 0: off."
    )
    batch_bytes: int = Field(
        64 * 1024 * 1024, ge=1024, description="A larger body of `POST /super/batch` is refused (413)."
    )
    deepid: bool = Field(
        False,
        description="Also answer `/detect`, `/localize` and `/detect_and_localize`, as the DeepID challenge asks for.",
    )
    queue: int = Field(
        32, ge=0, le=10_000, description="Photos that may wait for a thread; more are refused at once (503)."
    )
    deadline_s: int = Field(
        30, ge=1, le=600, description="A photo not answered after this many seconds is abandoned (504)."
    )
    stop_delay_s: int = Field(
        0,
        ge=0,
        le=600,
        description="Seconds between SIGTERM, when `/health/ready` becomes 503, and refusing new connections.",
    )
    shutdown_grace_s: int = Field(
        8, ge=0, le=600, description="Seconds that requests in flight have to finish after SIGTERM."
    )
    feedback: str = Field(
        "",
        description="Store scores (never photos) and accept `POST /feedback`: an SQLite file or `postgresql://...`; "
        "needs the extra `feedback`.",
    )
    feedback_days: int = Field(
        365, ge=1, le=3650, description="Days to keep scores and labels; older ones are deleted."
    )
    tracing: bool = Field(False, description="Send traces to `OTEL_EXPORTER_OTLP_ENDPOINT`; needs the extra `tracing`.")
    log_level: LogLevel = Field(LogLevel.INFO, description="Minimum level of messages to log.")
    log_format: LogFormat = Field(
        LogFormat.TEXT, description="`text` for people, `json` (one object per line) for machines."
    )

    def pipeline_options(self, max_memory_bytes: int | None = None, pdf: bool = False) -> PipelineOptions:
        """The pipeline options for these settings.

        Args:
            max_memory_bytes: memory that decoding one photo may take; None for no limit.
            pdf: whether the first page of a PDF counts as a photo.
        """
        limits = DecodeLimits(self.max_pixels, max_memory_bytes, self.decode_budget_ms, pdf)
        return PipelineOptions(self.model, self.backend, limits, self.policy, self.detector)

    def as_variables(self) -> dict[str, str]:
        """The environment variables that pass these settings to another process."""
        values = self.model_dump(mode="json", exclude_none=True)
        return {f"{PREFIX}{name.upper()}": str(value) for name, value in values.items()}

    @model_validator(mode="after")
    def _has_both_tls_files_or_none(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("a certificate needs its key, and a key its certificate")
        return self

    @field_validator("tls_certificate", "tls_key")
    @classmethod
    def _is_file(cls, path: Path | None) -> Path | None:
        if path is not None and not path.is_file():
            raise ValueError("there is no such file")
        return path

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, proxies: str) -> str:
        read_networks(proxies)
        return proxies

    @field_validator("host")
    @classmethod
    def _is_address(cls, host: str) -> str:
        if host != "localhost":
            ip_address(host)
        return host


def load_settings(**given: Any) -> Settings:
    """Read the settings; values in `given` that are not None override the environment.

    Raises `BadSettings`: with a sentence for each invalid value.
    """
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        raise BadSettings("; ".join(_sentence(problem) for problem in error.errors())) from error


def _sentence(problem: Any) -> str:
    if not problem["loc"]:  # from a validator of several settings
        return f"{PREFIX}TLS_CERTIFICATE and {PREFIX}TLS_KEY belong together: {problem['msg']}"
    name = f"{PREFIX}{problem['loc'][0]}".upper()
    return f"{name} cannot be {problem['input']!r}: {problem['msg']}"
