"""Sends a real service requests that its OpenAPI document allows, and others: only documented answers may come.

    python -m benchmarks.conformance [--seconds N]

Schemathesis makes the requests. The last line is JSON; exits with 1 after an undocumented answer.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.clients import Client
from benchmarks.running_service import running_service

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance"
)

ALL_ROUTES = {"IMG_SUPER_DEEPID": "true", "IMG_SUPER_LOG_LEVEL": "error"}


def main() -> None:
    """Let it speak for itself, then print how it ended as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=600)
    seconds = parser.parse_args().seconds
    program = Path(sys.executable).with_name("schemathesis")
    options = ["--max-time", str(seconds), "--checks", CHECKS, "--request-timeout", "60", "--warnings", "off"]
    with (
        tempfile.TemporaryDirectory() as folder,  # it keeps examples where it is started
        running_service("--threads", "2", **ALL_ROUTES, IMG_SUPER_FEEDBACK=f"{folder}/scores.db") as service,
    ):
        command = [str(program), "run", f"{service.url}/openapi.json", *options, "--continue-on-failure"]
        clean = subprocess.run(command, cwd=folder, check=False).returncode == 0
        lives = Client(service).get("/health/live").status == 200
    print(json.dumps({"benchmark": "conformance", "seconds": seconds, "clean": clean, "lives": lives}))
    sys.exit(not (clean and lives))


if __name__ == "__main__":
    main()
