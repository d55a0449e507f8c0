# ruff: noqa: S603, S607, T201 - it runs what the documents say, and reports by printing
"""Runs the `docker run` commands of the documents, word for word, on an image that `.ci/container` has built.

Usage: documented_commands.py IMAGE PODMAN...   (PODMAN: the command with its options)

They run in bash, in a folder that has what the documents speak of; `docker`, `img-super` and `sudo` are small scripts
before it. Nothing is published: the containers have no network. Standard library only.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from container_checks import CheckFailed, Podman, Service, expect

ROOT: Final = Path(__file__).parents[1]
DOCUMENTS: Final = ("README.md", "docs/deployment/deploymentdoc.md")
SAMPLES: Final = ROOT / "src" / "img_super" / "samples"
MODEL: Final = ROOT / "src" / "img_super" / "models" / "portrait_validator"
NAME: Final = "img_super-ci-documented"
FORGOTTEN_WITHIN_S: Final = 10
HEALTHY_WITHIN_S: Final = 300

_BLOCK: Final = re.compile(r"^ *```sh\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)

DOCKER: Final = """#!/bin/bash
# `docker run` by podman: under a name of ours, without ports and network, and not in the foreground unless it ends.
[ "$1" = run ] || exit 0
shift
words=(--name "$NAME" --network none --ulimit nofile=4096:4096 --ulimit nproc=4096:4096)
[[ " $* " == *" --rm "* ]] || words+=(--detach)
while [ $# -gt 0 ]; do
  case $1 in
    -p | --name | --network) shift ;;
    img_super) words+=("$IMAGE") ;;
    *) words+=("$1") ;;
  esac
  shift
done
exec $PODMAN run "${words[@]}"
"""
IMG_SUPER: Final = """#!/bin/bash
exec $PODMAN run --rm --network none --user 0 --ulimit nofile=4096:4096 --ulimit nproc=4096:4096 \
  --volume "$PWD:$PWD" --workdir "$PWD" "$IMAGE" img-super "$@"
"""
SUDO: Final = '#!/bin/bash\nexec "$@"\n'

ASK: Final = """
import json, os, ssl, urllib.error, urllib.request
address = "https://127.0.0.1:" + os.environ["IMG_SUPER_PORT"] + "/model"
request = urllib.request.Request(address, headers={{"X-API-Key": {key!r}}})
try:
    print(urllib.request.urlopen(request, timeout=30, context=ssl._create_unverified_context()).status)
except urllib.error.HTTPError as error:
    print(error.code)
"""


def blocks() -> list[str]:
    """Every block of shell in the documents."""
    return [block for document in DOCUMENTS for block in _BLOCK.findall((ROOT / document).read_text())]


def commands(every: list[str]) -> list[str]:
    """Their `docker run` commands, each once; not those of blocks that speak of keys, which run as a whole."""
    lines = [line for block in every if not has_keys(block) for line in block.replace("\\\n", " ").splitlines()]
    found = [" ".join(line.split()) for line in lines if line.strip().startswith("docker run ")]
    return list(dict.fromkeys(found))


def has_keys(block: str) -> bool:
    """A block that makes a key and starts a container that asks for it."""
    return "docker run" in block and "img-super keys create" in block


class Reader:
    """Somebody who types what the documents say, in a folder with photos, a model, and a certificate."""

    def __init__(self, podman: Podman, image: str, folder: Path) -> None:
        self.podman, self.folder = podman, folder
        self.service = Service(podman, image, NAME)
        scripts = folder / ".scripts"
        scripts.mkdir()
        for name, text in (("docker", DOCKER), ("img-super", IMG_SUPER), ("sudo", SUDO)):
            (scripts / name).write_text(text)
            (scripts / name).chmod(0o755)
        ours = {"IMAGE": image, "NAME": NAME, "PODMAN": shlex.join(podman.command), "USER": "root"}
        self.environment = {**os.environ, **ours, "PATH": f"{scripts}:{os.environ['PATH']}"}

    def types(self, text: str) -> str:
        """Run it in bash; returns what it says. Raises `CheckFailed` when it fails."""
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", text],
            cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        expect(done.returncode == 0, f"the documented command fails:\n{text}\n{(done.stdout + done.stderr)[-2000:]}")
        return done.stdout

    def tries(self, command: str) -> None:
        """Run a command; where it starts a service, wait until that is healthy."""
        self.podman.succeeds("rm", "--force", NAME)
        self.types(command)
        if " --rm " not in f"{command} ":
            self.waits_until_healthy()
        self.podman.succeeds("rm", "--force", NAME)

    def waits_until_healthy(self) -> None:
        """By the image's own check, without its limit of 3 seconds: these run beside the lint. How soon, others say."""
        check = self.podman.inspect(NAME)["Config"]["Healthcheck"]["Test"][1:]
        until_s = time.monotonic() + HEALTHY_WITHIN_S
        while not self.podman.succeeds("exec", NAME, *check):
            expect(self.service.state()["Running"], "the container ended before it was healthy")
            expect(time.monotonic() < until_s, f"not healthy within {HEALTHY_WITHIN_S} seconds")
            time.sleep(0.5)

    def status_with(self, key: str) -> int:
        """What the container that runs now answers to whoever has this key."""
        return int(self.podman.run("exec", NAME, "python", "-c", ASK.format(key=key)).strip())


def make_folder(folder: Path) -> None:
    """What the documents take for granted."""
    shutil.copytree(MODEL, folder / "mi_modelo")
    shutil.copytree(SAMPLES, folder / "fotos", ignore=shutil.ignore_patterns("*.md"))
    (folder / "resultados").mkdir()
    certificate = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost")
    names = ("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem"))
    subprocess.run(["openssl", *certificate, *names], capture_output=True, check=True)
    (folder / "key.pem").chmod(0o600)


def try_keys(reader: Reader, block: str) -> None:
    """The key that was made opens the service; taken back as documented, it no longer does."""
    reader.podman.succeeds("rm", "--force", NAME)
    found = re.search(r"imgs_\S+", reader.types(block))
    if found is None:
        raise CheckFailed(f"no key was shown:\n{block}")
    reader.waits_until_healthy()
    expect(reader.status_with(found[0]) == 200, "a key that was just made does not open the service")
    expect(reader.status_with("imgs_wrong") == 401, "a wrong key opens the service")
    (path,) = re.findall(r"keys create \S+ --file (\S+)", block)
    reader.types(f"img-super keys create otro --file {path}\nimg-super keys revoke banco --file {path}")
    until_s = time.monotonic() + FORGOTTEN_WITHIN_S
    while (status := reader.status_with(found[0])) != 401 and time.monotonic() < until_s:
        time.sleep(0.2)
    expect(status == 401, f"a key that was taken back goes on opening the service ({status})")
    reader.podman.succeeds("rm", "--force", NAME)


@contextmanager
def told(reader: Reader, command: str) -> Iterator[None]:
    """What fails is told with its command and the container's log."""
    try:
        yield
    except CheckFailed as failure:
        log = reader.service.logs()[-3000:]
        raise CheckFailed(f"{command}\n{failure}.\n--- the container's last log lines\n{log}") from None


def main(image: str, *podman_command: str) -> None:
    """Try them all."""
    every = blocks()
    with tempfile.TemporaryDirectory() as folder:
        make_folder(Path(folder))
        reader = Reader(Podman(list(podman_command)), image, Path(folder))
        tried = commands(every)
        with_keys = [block for block in every if has_keys(block)]
        for command in (*tried, *with_keys):
            with told(reader, command):
                try_keys(reader, command) if command in with_keys else reader.tries(command)
    expect(len(tried) > 4 and bool(with_keys), f"only {len(tried)} and {len(with_keys)} commands were found")
    print(f"documented commands: {len(tried)} run, and {len(with_keys)} with keys, one of which was taken back")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except CheckFailed as failure:
        sys.exit(f"FAILED: {failure}")
