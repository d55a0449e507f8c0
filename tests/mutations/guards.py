"""Takes each guard of the service out, one at a time, and sees its test fail: a test that cannot fail guards nothing.

    python -m tests.mutations.guards [--only TEXT] [--patience-s N] [--jobs N]

Works in copies; the working tree is not touched. The last line is JSON.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Guard:
    """What is guarded, where, and which test sees it.

    Attributes:
        there, gone: the guard and what takes its place, as `ast.unparse` writes them.
    """

    name: str
    module: str
    there: str
    gone: str
    test: str


def _guards() -> Iterator[Guard]:
    limits, pool, photo = "api/limits.py", "api/pool.py", "api/photo_work.py"
    yield Guard("body over the limit, announced", limits, "if self._announced_bytes > self._max_bytes:", "if False:",
                "unit/api/test_limits.py::test_an_announced_body_over_the_limit")  # fmt: skip
    yield Guard("body over the limit, counted", limits, "if self.received_bytes > self._max_bytes:", "if False:",
                "unit/api/test_limits.py::test_a_body_that_says_nothing_or_lies")  # fmt: skip
    yield Guard("slow body", limits, "asyncio.timeout_at(self._deadline_s)", "asyncio.timeout_at(None)",
                "unit/api/test_limits.py::test_a_slow_body")  # fmt: skip
    yield Guard("all bodies together", limits, "if self._held_bytes > self._max_bytes_together:", "if False:",
                "unit/api/test_limits.py::test_all_bodies_together")  # fmt: skip
    yield Guard("a client that leaves is no error", limits, "if message['type'] == 'http.disconnect':", "if False:",
                "unit/api/test_limits.py::test_a_client_that_leaves")  # fmt: skip
    yield Guard("bodies that are no photos", limits, "get(route_path(scope), self._max_other_bytes)",
                "get('/super', 0)", "unit/api/test_limits.py::test_only_photos_are_large")  # fmt: skip
    yield Guard("bounded queue", pool, "if self._in_hand >= self._places or", "if",
                "unit/api/test_photo_work.py::test_one_too_many")  # fmt: skip
    yield Guard("no waiting beyond the deadline", pool, "or wait_s > self._patience_s", "",
                "unit/api/test_pool.py::test_whoever_would_wait")  # fmt: skip
    yield Guard("not ready when every thread is held up", "api/services.py", "if self.pool.is_held_up() or", "if",
                "unit/api/test_health.py::test_when_every_thread")  # fmt: skip
    yield Guard("not alive when every thread is lost", "api/routes/health.py", "if not services.pool.is_lost():",
                "if True:", "unit/api/test_health.py::test_when_every_thread")  # fmt: skip
    yield Guard("an end that is bounded", "api/threads.py", "thread.join(max(0.0, end_s - monotonic()))",
                "thread.join()", "unit/api/test_pool.py::test_a_work_that_does_not_end")  # fmt: skip
    yield Guard("refusal before the body", photo, "    services.pool.refuse_when_full()\n", "",
                "unit/api/test_photo_work.py::test_the_refusal_does_not_wait")  # fmt: skip
    yield Guard("deadline", photo, "timeout=deadline_s", "timeout=None",
                "unit/api/test_photo_work.py::test_after_the_deadline")  # fmt: skip
    yield Guard("work for a client that has gone", photo, "if not self.wanted:", "if False:",
                "unit/api/test_photo_work.py::test_work_for_a_client")  # fmt: skip
    yield from _connections()
    yield from _decoding()
    yield from _fast_decoding()
    yield from _callers()
    yield from _privacy()
    yield from _models()
    yield from _labels()
    yield from _sources()


def _connections() -> Iterator[Guard]:
    path, test, wire = "api/connection.py", "unit/api/test_connection.py", "hostile/test_wire.py"
    yield Guard("slow head", path, "        self._patience.start()\n        if len", "        if len",
                f"{test}::test_a_client_that_says_nothing")  # fmt: skip
    yield Guard("bytes that are no body", path, "if too_much or", "if",
                f"{wire}::test_bytes_that_are_no_body")  # fmt: skip
    yield Guard("letters of a Content-Type", "api/image_request.py", "if len(content_type) > _MOST_TYPE_LETTERS:",
                "if False:", "hostile/test_long_bodies.py::test_reading_a_body")  # fmt: skip
    yield Guard("rest of a refused body", path, "or self._rest_bytes > self._limits.rest.max_bytes", "",
                f"{wire}::test_the_rest_of_a_refused_body_is_bounded_in_bytes")  # fmt: skip
    yield Guard("rest after the end", "api/lingering.py", "if self._left_bytes < 0:", "if False:",
                f"{wire}::test_the_rest_of_a_refused_body_is_bounded_in_bytes")  # fmt: skip
    yield Guard("lingering close", "api/lingering.py", "if not self._owed():", "if True:",
                f"{wire}::test_a_refusal_reaches_a_client")  # fmt: skip
    yield Guard("answer that nobody reads", path, "        self._reading.start()\n", "",
                f"{wire}::test_who_does_not_read_its_answer")  # fmt: skip
    yield Guard("requests that do not wait", path, "if len(self.pipeline) > self._limits.pipelined:", "if False:",
                f"{wire}::test_requests_that_do_not_wait")  # fmt: skip
    yield Guard("connections at once", path, "if len(self.connections) > self._limits.connections:", "if False:",
                f"{test}::test_when_all_connections")  # fmt: skip
    yield Guard("offer of another protocol", "api/one_protocol.py", "except httptools.HttpParserUpgrade as",
                "except ZeroDivisionError as", f"{test}::test_an_offer_of_another_protocol")  # fmt: skip


def _decoding() -> Iterator[Guard]:
    path, test = "pipeline/decode_limits.py", "hostile/test_decode.py"
    yield Guard("megapixels by header", path, "if wh[0] * wh[1] > limits.pixels(image_type):", "if False:",
                "unit/pipeline/test_decode.py::test_dimensions_are_refused")  # fmt: skip
    yield Guard("share of the memory", path, "if self.max_memory_bytes is None:", "if True:",
                f"{test}::test_an_image_gets_no_more_memory")  # fmt: skip
    yield Guard("scans of a JPEG", path, "jpeg.scans > MAX_JPEG_SCANS", "False",
                f"{test}::test_a_jpeg_of_very_many_scans")  # fmt: skip
    yield Guard("segments of a JPEG", "pipeline/jpeg_file.py", "if not left:", "if False:",
                "hostile/test_long_bodies.py::test_reading_a_jpeg_s_segments")  # fmt: skip
    yield Guard("tile of a TIFF", "pipeline/tiff_file.py", "_tile_pixels(tags) > max(MAX_TILE_PIXELS, wide * high)",
                "False", f"{test}::test_no_hostile_file_takes_more_memory")  # fmt: skip
    yield Guard("budget of the decoding", path, "if time.thread_time() > self._end_s:", "if False:",
                f"{test}::test_a_decoder_that_reads_on")  # fmt: skip
    yield Guard("sha256 of the weights", "model_card.py", "if sha256(weights).hexdigest() !=", "if False and '' !=",
                "unit/test_model_card.py")  # fmt: skip


def _fast_decoding() -> Iterator[Guard]:
    path, test = "pipeline/reduced_jpeg.py", "unit/pipeline/test_reduced_jpeg.py"
    yield Guard("decoding that nothing stops", path, "scanned > SCANNED_PIXELS_PER_MS * limits.budget_ms", "False",
                f"{test}::test_many_scans_take_the_way")  # fmt: skip
    yield Guard("header that reads in two ways", path, "if stored_size(data) != jpeg.stored_wh:", "if False:",
                f"{test}::test_a_header_that_reads_in_two_ways")  # fmt: skip


def _callers() -> Iterator[Guard]:
    path, test = "api/callers.py", "unit/api/test_callers.py"
    yield Guard("key", path, "if caller is None:", "if False:", f"{test}::test_without_a_known_key")
    yield Guard("closed unless listed", path, "return path in _OPEN or", "return True or",
                f"{test}::test_without_a_known_key")  # fmt: skip
    yield Guard("constant time", "api/keys.py", "compare_digest(key.sha256, presented_hash)",
                "key.sha256 == presented_hash", f"{test}::test_every_hash_is_compared")  # fmt: skip
    yield Guard("keys taken back", "api/keys.py", "if version != self._version:", "if not self._keys:",
                f"{test}::test_a_key_can_be_added_and_taken_back")  # fmt: skip
    yield Guard("a wrong line harms no other key", "api/keys.py", "read_keys(self._path, wrong.append)",
                "read_keys(self._path)", f"{test}::test_a_line_that_is_wrong")  # fmt: skip
    yield Guard("not ready without keys", "api/services.py", "or not all((keys.are_usable for keys in known))", "",
                f"{test}::test_a_file_that_was_damaged_or_lost")  # fmt: skip
    yield Guard("each photo of a batch counts", path, "if count_more is not None and photos > 1:", "if False:",
                "unit/api/test_batch.py::test_what_is_too_much")  # fmt: skip
    yield Guard("photos of a batch", "api/multipart.py", "if len(parts) > most:", "if False:",
                "unit/api/test_batch.py::test_what_is_too_much")  # fmt: skip
    yield Guard("rate limit", path, "if not admitted:", "if False:", f"{test}::test_a_caller_has_so_many_requests")
    yield Guard("proxies that are trusted", "api/proxies.py", "and self._trusts(scope['client'][0])", "",
                "unit/api/test_proxies.py::test_the_last_address")  # fmt: skip
    yield Guard("IPv6 by its network", path, "customer_of(scope['client'][0])", "scope['client'][0]",
                "unit/api/test_proxies.py::test_a_limit_of_requests")  # fmt: skip
    yield Guard("a slash opens nothing", "api/app.py", "    app.add_middleware(TrailingSlash)\n", "",
                "unit/api/test_trailing_slash.py")  # fmt: skip
    yield Guard("security headers", "api/app.py", "    app.add_middleware(SecurityHeaders)\n", "",
                f"{test}::test_every_answer_has_the_security_headers")  # fmt: skip
    yield Guard("CORS off", "api/cross_origin.py", "if origins:",
                "origins = origins or {'*'}\n    if origins:",
                f"{test}::test_no_other_origin_may_read")  # fmt: skip


def _privacy() -> Iterator[Guard]:
    yield Guard("words of exceptions", "api/logs.py", ".__qualname__}", ".__qualname__} {error}",
                "unit/api/test_logs.py::test_an_exception_tells")  # fmt: skip
    yield Guard("addresses in the log", "api/request_log.py", 'mounted or UNKNOWN_ROUTE', "scope['path']",
                "unit/api/test_request_log.py::test_whatever_a_caller_writes")  # fmt: skip
    yield Guard("queries in traces", "api/tracing.py", "exclude=_tells_more", "exclude=None",
                "unit/api/test_tracing.py::test_a_trace_tells_nothing")  # fmt: skip
    yield Guard("the canary itself", "api/photo_work.py", "photo = read_image()",
                'photo = read_image(); __import__("logging").getLogger("img_super").error("%r", photo[:99])',
                "end_to_end/test_privacy.py::test_nothing_that_was_sent")  # fmt: skip
    yield Guard("not ready at SIGTERM", "api/services.py", "        if self.stopping:", "        if False:",
                "unit/api/test_stopping.py::test_the_server_is_told")  # fmt: skip


def _models() -> Iterator[Guard]:
    callers, reload, registry = "api/callers.py", "api/reload.py", "registry/registry.py"
    yield Guard("admin key", callers, "route_path(scope) in _FOR_ADMINS", "False",
                "unit/api/test_reload.py::test_only_an_admin_reloads")  # fmt: skip
    yield Guard("no reload without admin keys", "api/routes/model.py",
                "if services.settings.admin_keys_file is None:", "if False:",
                "unit/api/test_reload.py::test_without_admin_keys_it_is_switched_off")  # fmt: skip
    yield Guard("a model is tried before it serves", reload, "pipeline.super(WARM_UP_PHOTO.read_bytes())", "pass",
                "unit/api/test_reload.py::test_a_model_that_does_not_answer")  # fmt: skip
    yield Guard("no path in a refused model", reload, ".replace(str(services.settings.model), 'IMG_SUPER_MODEL')", "",
                "unit/api/test_reload.py::test_a_model_that_cannot_be_loaded")  # fmt: skip
    yield Guard("a version is no path", registry, "if not _VERSION.fullmatch(version) or not", "if not",
                "unit/registry/test_registry.py::test_a_version_is_no_path")  # fmt: skip
    yield Guard("a weights file lies beside its card", "model_card.py", "if not _PLAIN_NAME.fullmatch(self.name) or",
                "if", "unit/registry/test_registry.py::test_a_file_of_a_card")  # fmt: skip
    yield Guard("all workers change or none", "api/together.py", "raise BadModel(said)", "pass",
                "unit/api/test_together.py::test_when_one_cannot")  # fmt: skip
    yield Guard("promotions one by one", registry, "fcntl.flock(lock, fcntl.LOCK_EX)", "pass",
                "unit/registry/test_registry.py::test_of_promotions_at_once")  # fmt: skip
    yield Guard("a promoted model is read to its end", registry, "card = check_model(self.model(version))",
                "card = read_card(self.model(version))",
                "unit/registry/test_registry.py::test_a_harmed_model_is_refused")  # fmt: skip


def _labels() -> Iterator[Guard]:
    yield Guard("entities in an annotation", "lab/own_documents/voc.py",
                "from defusedxml.ElementTree import fromstring", "from xml.etree.ElementTree import fromstring",
                "unit/lab/own_documents/test_places.py::test_an_annotation_that_cannot_be_read")  # fmt: skip
    yield Guard("owner of a judgement", "feedback/store.py", ".where(theirs, so_named)", ".where(so_named)",
                "unit/api/test_feedback.py::test_nobody_labels")  # fmt: skip
    yield Guard("scores are private", "feedback/store.py", "        _make_private(Path(url.database or ''))\n", "",
                "unit/api/test_feedback.py::test_the_file_of_the_scores")  # fmt: skip
    yield Guard("feedback is off unless switched on", "api/routes/feedback.py", "if judgements is None:", "if False:",
                "unit/api/test_feedback.py::test_it_is_off_unless_switched_on")  # fmt: skip


def _sources() -> Iterator[Guard]:
    archives, test = "sources/archives.py", "unit/sources/test_search.py"
    yield Guard("a listed name is not parsed", "sources/found.py", "files.cat_file(found.path, end=end)",
                "file_system(found.name, self._storage)[0].cat_file(file_system(found.name, self._storage)[1])",
                f"{test}::test_the_name_of_a_listed")  # fmt: skip
    yield Guard("names that leave an archive", archives, "if leaves(member.filename):", "if False:",
                f"{test}::test_links_and_names_that_leave")  # fmt: skip
    yield Guard("decompression that grows", "sources/inflating.py",
                "if large_bytes > FREE_BYTES + MAX_RATIO * small_bytes:", "if False:",
                f"{test}::test_a_few_bytes_that_stand")  # fmt: skip
    yield Guard("a ZIP that grows", archives, "check_growth(file.seek(0, SEEK_END)", "max(file.seek(0, SEEK_END)",

                f"{test}::test_a_zip_that_says")  # fmt: skip
    yield Guard("files with holes", archives, "if member.issparse():", "if False:",
                f"{test}::test_an_empty_file_with_holes")  # fmt: skip


GUARDS = tuple(_guards())


def main() -> None:
    """Print a line for each guard, then all of it as JSON; exit 1 when a test stayed green."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="")
    parser.add_argument("--patience-s", type=float, default=120, help="a test that hangs for so long has failed, too")
    parser.add_argument("--jobs", type=int, default=2, help="tests at once, each in a copy of its own")
    arguments = parser.parse_args()
    guards = [guard for guard in GUARDS if arguments.only in guard.name]
    with _copies(arguments.jobs) as copies, ThreadPoolExecutor(arguments.jobs) as together:
        told = together.map(lambda guard: without(guard, copies, arguments.patience_s), guards)
        seen = dict(zip([guard.name for guard in guards], told, strict=True))
    print(json.dumps({"benchmark": "guards", "seen": seen}))
    sys.exit("stays green" in seen.values())


@contextmanager
def _copies(count: int) -> Iterator[SimpleQueue[Path]]:
    """So many copies of what the tests need; who takes one gives it back as it was."""
    free = SimpleQueue[Path]()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            copy = Path(folder, str(number))
            for name in ("src", "tests", "benchmarks"):
                shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("node_modules"))
            shutil.copy(ROOT / "pyproject.toml", copy)
            free.put(copy)
        yield free


def without(guard: Guard, copies: SimpleQueue[Path], patience_s: float) -> str:
    """What its test says of a copy without the guard."""
    copy = copies.get()
    module = Path("src", "img_super", guard.module)
    try:
        (copy / module).write_text(without_it(guard, (ROOT / module).read_text()))
        told = _test(copy, guard.test, patience_s)
    finally:
        shutil.copy2(ROOT / module, copy / module)  # with its time, by which Python knows what it has compiled
        copies.put(copy)
    print(f"{guard.name:>32}: {told}", flush=True)
    return told


def without_it(guard: Guard, source: str) -> str:
    """The module's source without the guard. Raises ValueError when it does not stand there any more.

    Both are read as Python writes a syntax tree, so that no change of line, quote or comment hides a guard.
    """
    written = ast.unparse(ast.parse(source))
    if guard.there not in written:
        raise ValueError(f"The guard {guard.name!r} does not stand in {guard.module} any more: {guard.there}")
    return written.replace(guard.there, guard.gone)


def _test(folder: Path, test: str, patience_s: float) -> str:
    path, _, name = test.partition("::")
    choice = ["-k", name] if name else []
    command = [sys.executable, "-m", "pytest", "--no-cov", "-q", "-x", f"tests/{path}", *choice]
    hurried = {**os.environ, "PATIENCE_S": str(patience_s / 4)}  # what waits in vain says so itself
    try:
        done = subprocess.run(
            command, cwd=folder, env=hurried, capture_output=True, text=True, timeout=patience_s, check=False
        )
    except subprocess.TimeoutExpired:
        return "seen to fail (hangs)"
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stdout[-2000:] + done.stderr[-2000:])
    return "seen to fail" if done.returncode else "stays green"


if __name__ == "__main__":
    main()
