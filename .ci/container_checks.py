# ruff: noqa: S603, T201 - it is handed the podman command that it runs, and it reports by printing
"""Runs the images that `.ci/container` has built, the way production runs them, and checks how they behave.

Usage: container_checks.py FULL_IMAGE SLIM_IMAGE PODMAN...   (PODMAN: the command with its options)

Every failed check ends the run with one sentence and the container's last log lines. Standard library only.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any, Final

HEALTHY_WITHIN_S: Final = 60
STOPPED_WITHIN_S: Final = 10
HARDENED: Final = (
    *("--read-only", "--read-only-tmpfs=false", "--tmpfs", "/tmp"),  # noqa: S108
    *("--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--memory", "2g", "--pids-limit", "256"),
    *("--ulimit", "nofile=4096:4096", "--ulimit", "nproc=4096:4096"),
)
MADE_BY_PODMAN: Final = ("/dev", "/etc", "/proc", "/run", "/sys", "/tmp")  # noqa: S108

# What follows runs inside a container, on its own Python, and prints JSON.
SAMPLES: Final = """
import base64, json, os, pathlib, re, urllib.request, importlib.util
port = int(os.environ["IMG_SUPER_PORT"])
samples = {p.name: p for p in sorted(pathlib.Path("/app/img_super/samples").glob("*.jpg"))}
def body(path):
    return json.dumps({"image": base64.b64encode(path.read_bytes()).decode()}).encode()
def call(address, data=None):
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{address}", data, headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return [answer.status, json.load(answer)]
    except urllib.error.HTTPError as error:
        return [error.code, error.read().decode(errors="replace")]
"""
INSPECT: Final = (
    SAMPLES
    + """
def page():
    # Every file that the page names, and how long it is.
    def get(address):
        request = urllib.request.Request(f"http://127.0.0.1:{port}/{address}", headers={"Accept": "text/html"})
        return urllib.request.urlopen(request, timeout=30).read().decode(errors="replace")
    named = sorted(set(re.findall(r'(?:href|src)="(web/[^"]+)"', get(""))))
    return {name: len(get(name)) for name in [*named, "web/texts/es.json", "web/texts/en.json", "samples/attack.jpg"]}
status = dict(line.split(":", 1) for line in open("/proc/1/status"))
print(json.dumps({
    "ready": call("/health/ready")[0],
    "super": {name: call("/super", body(path)) for name, path in samples.items()},
    "page": page(),
    "uids": [int(uid) for uid in status["Uid"].split()],
    "peak_mb": int(status["VmHWM"].split()[0]) // 1024,
    "tensorflow": importlib.util.find_spec("tensorflow") is not None,
    "left_in_tmp": os.listdir("/tmp"),
    "bill": [component["name"] for component in json.load(open("/app/sbom.cdx.json"))["components"]],
}))
"""
)
# Sends requests up to their last bytes, waits until the service takes no new connections (so SIGTERM has arrived),
# then sends the rest: these requests were in flight and must be answered.
IN_FLIGHT: Final = (
    SAMPLES
    + """
import http.client, socket, time
data = body(next(iter(samples.values())))
held = [http.client.HTTPConnection("127.0.0.1", port, timeout=30) for _ in range(6)]
for connection in held:
    connection.putrequest("POST", "/super")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(len(data)))
    connection.endheaders()
    connection.send(data[:-2])
time.sleep(0.5)
print("held", flush=True)
def refused():
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return True
    return False
deadline = time.monotonic() + 7
while not (stopping := refused()) and time.monotonic() < deadline:
    time.sleep(0.02)
statuses = []
for connection in held:
    try:
        connection.send(data[-2:])
    except OSError:
        pass
for connection in held:
    try:
        statuses.append(connection.getresponse().status)
    except (OSError, http.client.HTTPException) as error:
        statuses.append(type(error).__name__)
print(json.dumps({"stopping": stopping, "statuses": statuses}))
"""
)


class CheckFailed(Exception):
    """The sentence that says which check failed."""


def expect(holds: bool, sentence: str) -> None:
    """End the checks with this sentence unless it holds."""
    if not holds:
        raise CheckFailed(sentence)


@dataclass(frozen=True)
class Podman:
    """The podman command with its options."""

    command: list[str]

    def run(self, *arguments: str) -> str:
        done = subprocess.run([*self.command, *arguments], capture_output=True, text=True, check=False)
        expect(done.returncode == 0, f"podman {arguments[0]} failed: {(done.stderr or done.stdout).strip()[-1500:]}")
        return done.stdout

    def succeeds(self, *arguments: str) -> bool:
        return subprocess.run([*self.command, *arguments], capture_output=True, check=False).returncode == 0

    def inspect(self, name: str) -> dict[str, Any]:
        (found,) = json.loads(self.run("inspect", name))
        return dict(found)

    @contextmanager
    def speaking(self, *arguments: str) -> Iterator[IO[str]]:
        """What a command says, to be read while it runs."""
        command = [*self.command, *arguments]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
            assert process.stdout is not None  # noqa: S101
            yield process.stdout


@dataclass
class Service:
    """A running container of one of the images."""

    podman: Podman
    image: str
    name: str
    environment: dict[str, str] = field(default_factory=dict)

    def run(self) -> None:
        variables = [part for key, value in self.environment.items() for part in ("--env", f"{key}={value}")]
        self.podman.run("run", "--detach", "--name", self.name, "--network", "none", *HARDENED, *variables, self.image)

    def python(self, code: str) -> Any:
        return json.loads(self.podman.run("exec", self.name, "python", "-c", code).splitlines()[-1])

    def state(self) -> dict[str, Any]:
        return dict(self.podman.inspect(self.name)["State"])

    def logs(self) -> str:
        """The log without the health checks."""
        done = subprocess.run(
            [*self.podman.command, "logs", self.name],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return "\n".join(line for line in done.stdout.splitlines() if "/health/" not in line)

    def seconds_until_healthy(self) -> float:
        start = time.monotonic()
        while not self.podman.succeeds("healthcheck", "run", self.name):
            expect(self.state()["Running"], "the container ended before it was healthy")
            expect(time.monotonic() - start < HEALTHY_WITHIN_S, f"not healthy within {HEALTHY_WITHIN_S} seconds")
            time.sleep(0.2)
        return time.monotonic() - start


@contextmanager
def service(podman: Podman, image: str, name: str, **environment: str) -> Iterator[Service]:
    """A service that runs inside the block; what fails in it is told with the name and the log."""
    running = Service(podman, image, f"img_super-ci-{name}", environment)
    podman.succeeds("rm", "--force", running.name)
    try:
        running.run()
        yield running
    except CheckFailed as failure:
        raise CheckFailed(f"{name}: {failure}.\n--- the container's last log lines\n{running.logs()[-3000:]}") from None
    finally:
        podman.succeeds("rm", "--force", running.name)


def check_configuration(podman: Podman, image: str) -> None:
    """What the image says of itself."""
    told = podman.inspect(image)
    config = told["Config"]
    command = " ".join([*config.get("Entrypoint", []), *config["Cmd"]])
    expect("reload" not in command, f"{image}: the command {command!r} reloads on changes")
    health_check = (told.get("Healthcheck") or {}).get("Test", ["NONE"])
    expect(health_check != ["NONE"], f"{image}: there is no HEALTHCHECK")


def check_answers(running: Service) -> dict[str, Any]:
    """What the running service says of itself and of every sample photo."""
    seen: dict[str, Any] = running.python(INSPECT)
    expect(0 not in seen["uids"], "the service runs as root")
    expect(seen["ready"] == 200, f"GET /health/ready answers {seen['ready']}")
    expect(bool(seen["super"]), "the image has no sample photos")
    expect({"web/page.js", "web/style.css"} <= seen["page"].keys(), f"the page names {list(seen['page'])}")
    expect(all(seen["page"].values()), f"files of the page are empty: {seen['page']}")
    expect({"fastapi", "pillow"} <= set(seen["bill"]), f"the bill of materials lists only {seen['bill']}")
    for photo, (status, answer) in seen["super"].items():
        expect(status == 200, f"POST /super of {photo} answers {status}: {answer}")
        expect({"score", "reco", "coord"} <= answer.keys(), f"POST /super of {photo} lacks a field: {answer}")
        expect(0 <= answer["score"] <= 1, f"the score of {photo} is {answer['score']}")
    return seen


def check_nothing_written(running: Service, seen: dict[str, Any]) -> None:
    """Photos of documents must not stay behind, and the root need not be writable."""
    expect(not seen["left_in_tmp"], f"files were left in /tmp: {seen['left_in_tmp']}")
    changes = json.loads(running.podman.run("diff", "--format", "json", running.name))
    paths = [path for kind in changes.values() for path in kind if not path.startswith(MADE_BY_PODMAN)]
    expect(not paths, f"the container wrote to its root: {paths}")
    expect("Traceback" not in running.logs(), "the log has a traceback")


def check_drains(running: Service) -> float:
    """SIGTERM while requests are in flight: they are answered, and the container exits 0. Returns the seconds."""
    options = ("--rm", "--network", f"container:{running.name}", "--no-healthcheck", *HARDENED)
    client = ("run", *options, running.image, "python", "-c", IN_FLIGHT)
    with running.podman.speaking(*client) as said:
        first = said.readline()
        if first != "held\n":
            raise CheckFailed(f"the client of requests in flight failed: {first}{said.read()}")
        start = time.monotonic()
        running.podman.run("stop", "--time", str(STOPPED_WITHIN_S), running.name)
        seconds = time.monotonic() - start
        told = json.loads(said.read().splitlines()[-1])
    expect(told["stopping"], "SIGTERM is swallowed: the service goes on taking connections")
    expect(set(told["statuses"]) == {200}, f"requests in flight at SIGTERM got {told['statuses']} instead of 200")
    code = running.state()["ExitCode"]
    expect(code == 0, f"after SIGTERM the container exits with {code} instead of 0")
    expect(seconds < STOPPED_WITHIN_S, f"the container took {seconds:.1f} s to stop")
    return seconds


def check_stops_while_starting(podman: Podman, image: str) -> None:
    """SIGTERM before the service listens: the first process of a container ignores it unless it has said otherwise."""
    codes = []
    for delay_s in (0.2, 0.4):  # Python itself has started, the imports have not ended; a busy machine gets two chances
        with service(podman, image, "stopped-while-starting") as running:
            time.sleep(delay_s)
            running.podman.run("stop", "--time", str(STOPPED_WITHIN_S), running.name)
            codes.append(running.state()["ExitCode"])
        if codes[-1] == 0:
            return
    raise CheckFailed(f"SIGTERM while it starts makes the container exit with {codes} instead of 0")


def check_same(name: str, ours: dict[str, Any], theirs: dict[str, Any], tolerance: float) -> None:
    """Two ways of serving give the same answer to every sample photo."""
    expect(ours.keys() == theirs.keys(), f"{name}: the sample photos differ")
    for photo, (_, answer) in ours.items():
        other = theirs[photo][1]
        for key in ("reco", "coord"):
            expect(answer[key] == other[key], f"{name}: {key} of {photo} is {answer[key]} and {other[key]}")
        apart = abs(answer["score"] - other["score"])
        expect(apart <= tolerance, f"{name}: the scores of {photo} are {apart:g} apart")


def report(name: str, healthy_s: float, seen: dict[str, Any], stop_s: float) -> None:
    """One line of figures."""
    peak = f"{seen['peak_mb']} MB of memory at most"
    print(f"{name}: healthy after {healthy_s:.1f} s, {peak}, stopped in {stop_s:.1f} s", flush=True)


def try_image(podman: Podman, image: str, name: str, has_tensorflow: bool) -> dict[str, Any]:
    """All checks of one image; returns its answers."""
    check_configuration(podman, image)
    with service(podman, image, name) as running:
        healthy_s = running.seconds_until_healthy()
        seen = check_answers(running)
        check_nothing_written(running, seen)
        podman.run("exec", running.name, "img-super", "--version")
        expect(seen["tensorflow"] is has_tensorflow, f"TensorFlow is {'not ' * has_tensorflow}installed")
        stop_s = check_drains(running)
    report(name, healthy_s, seen, stop_s)
    return dict(seen["super"])


def try_tensorflow(podman: Podman, image: str) -> dict[str, Any]:
    """The full image when TensorFlow serves."""
    with service(podman, image, "tensorflow", IMG_SUPER_BACKEND="tensorflow") as running:
        healthy_s = running.seconds_until_healthy()
        seen = check_answers(running)
        version = running.python("import json, tensorflow; print(json.dumps(tensorflow.__version__))")
        stop_s = check_drains(running)
    report(f"full on TensorFlow {version}", healthy_s, seen, stop_s)
    return dict(seen["super"])


def main(full_image: str, slim_image: str, *podman_command: str) -> None:
    """Try every image and compare what they answer."""
    podman = Podman(list(podman_command))
    slim = try_image(podman, slim_image, "slim", has_tensorflow=False)
    check_stops_while_starting(podman, slim_image)
    full = try_image(podman, full_image, "full", has_tensorflow=True)
    check_same("full and slim", full, slim, tolerance=1e-6)
    check_same("LiteRT and TensorFlow", full, try_tensorflow(podman, full_image), tolerance=1e-3)
    print("scores: " + ", ".join(f"{photo} {answer['score']:.4f}" for photo, (_, answer) in full.items()))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except CheckFailed as failure:
        sys.exit(f"FAILED: {failure}")
