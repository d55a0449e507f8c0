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
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Guard:
    """What is guarded, where, and which test sees it.

    Attributes:
        where: the module and the qualified name of the function, as in `api/limits.py:BodyLimits.__call__`.
        there, gone: the guard, an expression that stands once in the function, and what takes its place. What the
            function calls its variables does not matter: a lower-case name stands for any.
    """

    name: str
    where: str
    there: str
    gone: str
    test: str

    @property
    def module(self) -> str:
        return self.where.partition(":")[0]


# fmt: off
GUARDS = (
    Guard("body over the limit, announced", "api/limits.py:_Body._in_time",
          "self._announced_bytes > self._max_bytes", "False",
          "unit/api/test_limits.py::test_an_announced_body_over_the_limit"),
    Guard("body over the limit, counted", "api/limits.py:_Body._take",
          "self.received_bytes > self._max_bytes", "False",
          "unit/api/test_limits.py::test_a_body_that_says_nothing_or_lies"),
    Guard("slow body", "api/limits.py:_Body._in_time",
          "asyncio.timeout_at(self._deadline_s)", "asyncio.timeout_at(None)",
          "unit/api/test_limits.py::test_a_slow_body"),
    Guard("all bodies together", "api/limits.py:BodyLimits._hold",
          "self._held_bytes > self._max_bytes_together", "False",
          "unit/api/test_limits.py::test_all_bodies_together"),
    Guard("a client that leaves is no error", "api/limits.py:_Body._take",
          "message['type'] == 'http.disconnect'", "False",
          "unit/api/test_limits.py::test_a_client_that_leaves"),
    Guard("bodies that are no photos", "api/limits.py:BodyLimits.__call__",
          "self._max_bytes.get(route_path(scope), self._max_other_bytes)", "self._max_bytes.get('/super', 0)",
          "unit/api/test_limits.py::test_only_photos_are_large"),
    Guard("bounded queue", "api/pool.py:WorkPool.refuse_when_full",
          "self._in_hand >= self._places", "False",
          "unit/api/test_photo_work.py::test_one_too_many"),
    Guard("no waiting beyond the deadline", "api/pool.py:WorkPool.refuse_when_full",
          "wait_s > self._patience_s", "False",
          "unit/api/test_pool.py::test_whoever_would_wait"),
    Guard("not ready when every thread is held up", "api/services.py:Services.health",
          "self.pool.is_held_up()", "False",
          "unit/api/test_health.py::test_when_every_thread"),
    Guard("not alive when every thread is lost", "api/routes/health.py:live",
          "not services.pool.is_lost()", "True",
          "unit/api/test_health.py::test_when_every_thread"),
    Guard("an end that is bounded", "api/threads.py:Threads.close",
          "thread.join(max(0.0, end_s - monotonic()))", "thread.join()",
          "unit/api/test_pool.py::test_a_work_that_does_not_end"),
    Guard("refusal before the body", "api/photo_work.py:work_on_photo",
          "services.pool.refuse_when_full()", "None",
          "unit/api/test_photo_work.py::test_the_refusal_does_not_wait"),
    Guard("deadline", "api/photo_work.py:while_somebody_waits",
          "asyncio.wait({working, leaving}, timeout=deadline_s, return_when=asyncio.FIRST_COMPLETED)",
          "asyncio.wait({working, leaving}, timeout=None, return_when=asyncio.FIRST_COMPLETED)",
          "unit/api/test_photo_work.py::test_after_the_deadline"),
    Guard("work for a client that has gone", "api/photo_work.py:_PhotoWatch.__call__",
          "not self.wanted", "False",
          "unit/api/test_photo_work.py::test_work_for_a_client"),
    Guard("slow head", "api/connection.py:BoundedConnection._count",
          "self._patience.start()", "None",
          "unit/api/test_connection.py::test_a_client_that_says_nothing"),
    Guard("bytes that are no body", "api/connection.py:BoundedConnection.data_received",
          "too_much or self._rest_bytes > self._limits.rest.max_bytes",
          "self._rest_bytes > self._limits.rest.max_bytes",
          "hostile/test_wire.py::test_bytes_that_are_no_body"),
    Guard("letters of a Content-Type", "api/image_request.py:_media_type",
          "len(content_type) > _MOST_TYPE_LETTERS", "False",
          "hostile/test_long_bodies.py::test_reading_a_body"),
    Guard("rest of a refused body", "api/connection.py:BoundedConnection.data_received",
          "self._rest_bytes > self._limits.rest.max_bytes", "False",
          "hostile/test_wire.py::test_the_rest_of_a_refused_body_is_bounded_in_bytes"),
    Guard("rest after the end", "api/lingering.py:LingeringTransport.throw_away",
          "self._left_bytes < 0", "False",
          "hostile/test_wire.py::test_the_rest_of_a_refused_body_is_bounded_in_bytes"),
    Guard("lingering close", "api/lingering.py:LingeringTransport.close",
          "not self._owed()", "True",
          "hostile/test_wire.py::test_a_refusal_reaches_a_client"),
    Guard("answer that nobody reads", "api/connection.py:BoundedConnection.pause_writing",
          "self._reading.start()", "None",
          "hostile/test_wire.py::test_who_does_not_read_its_answer"),
    Guard("requests that do not wait", "api/connection.py:BoundedConnection.on_headers_complete",
          "len(self.pipeline) > self._limits.pipelined", "False",
          "hostile/test_wire.py::test_requests_that_do_not_wait"),
    Guard("connections at once", "api/connection.py:BoundedConnection._count",
          "len(self.connections) > self._limits.connections", "False",
          "unit/api/test_connection.py::test_when_all_connections"),
    Guard("offer of another protocol", "api/one_protocol.py:OneProtocolParser.feed_data",
          "httptools.HttpParserUpgrade", "ZeroDivisionError",
          "unit/api/test_connection.py::test_an_offer_of_another_protocol"),
    Guard("trailers beside headers", "api/connection.py:BoundedConnection.on_header",
          "self._in_head", "True",
          "hostile/test_wire.py::test_trailers_are_no_headers"),
    Guard("answers that the system holds", "api/connection.py:_hold_unsent",
          "hasattr(socket, 'TCP_NOTSENT_LOWAT')", "False",
          "hostile/test_wire.py::test_the_system_holds_little"),
    Guard("answers to who has left", "api/connection.py:BoundedConnection.connection_lost",
          "self._answering is not None", "False",
          "hostile/test_wire.py::test_an_answer_ends"),
    Guard("records of one byte", "api/tls.py:_SecureConnection.bound_records",
          "wire_bytes - unread_bytes > 2 * self._plain_bytes + self._limits.framing_bytes", "False",
          "hostile/test_handshakes.py::test_records_of"),
    Guard("labels of a judgement", "feedback/store.py:Store.label",
          'connection.execute(delete(LABELS).where(LABELS.c.judgement_id == row["id"]))', "None",
          "integration/feedback/test_store.py::test_whoever_labels"),
    Guard("megapixels by header", "pipeline/decode_limits.py:refuse_costly",
          "wh[0] * wh[1] > limits.pixels(image_type)", "False",
          "unit/pipeline/test_decode.py::test_dimensions_are_refused"),
    Guard("PDFs of strangers", "pipeline/formats.py:require_type",
          "pdf and name == _A_PDF", "name == _A_PDF",
          "unit/pipeline/test_pdf_file.py::test_elsewhere_than_in_scans"),
    Guard("end of a PDF", "pipeline/pdf_file.py:first_page",
          "_END not in data.rstrip(b'\\0')[-_END_WITHIN_BYTES:]", "False",
          "unit/pipeline/test_pdf_file.py::test_a_refusal_says"),
    Guard("share of the memory", "pipeline/decode_limits.py:DecodeLimits.pixels",
          "self.max_memory_bytes is None", "True",
          "hostile/test_decode.py::test_an_image_gets_no_more_memory"),
    Guard("scans of a JPEG", "pipeline/decode_limits.py:refuse_costly_jpeg",
          "jpeg.scans > MAX_JPEG_SCANS", "False",
          "hostile/test_decode.py::test_a_jpeg_of_very_many_scans"),
    Guard("segments of a JPEG", "pipeline/jpeg_file.py:_segments",
          "not left", "False",
          "hostile/test_long_bodies.py::test_reading_a_jpeg_s_segments"),
    Guard("tile of a TIFF", "pipeline/tiff_file.py:refuse_tiff",
          "_tile_pixels(tags) > max(MAX_TILE_PIXELS, wide * high)", "False",
          "hostile/test_decode.py::test_no_hostile_file_takes_more_memory"),
    Guard("budget of the decoding", "pipeline/decode_limits.py:TimedBytes.read",
          "time.thread_time() > self._end_s", "False",
          "hostile/test_decode.py::test_a_decoder_that_reads_on"),
    Guard("sha256 of the weights", "model_card.py:read_weights",
          "sha256(weights).hexdigest() != weights_file.sha256", "False",
          "unit/test_model_card.py"),
    Guard("decoding that nothing stops", "pipeline/reduced_jpeg.py:reduced_jpeg",
          "scanned > SCANNED_PIXELS_PER_MS * limits.budget_ms", "False",
          "unit/pipeline/test_reduced_jpeg.py::test_many_scans_take_the_way"),
    Guard("header that reads in two ways", "pipeline/reduced_jpeg.py:ReducedJpeg.__init__",
          "stored_size(data) != jpeg.stored_wh", "False",
          "unit/pipeline/test_reduced_jpeg.py::test_a_header_that_reads_in_two_ways"),
    Guard("key", "api/callers.py:Callers._admit",
          "caller is None", "False",
          "unit/api/test_callers.py::test_without_a_known_key"),
    Guard("closed unless listed", "api/callers.py:_is_open",
          "path in _OPEN", "True",
          "unit/api/test_callers.py::test_without_a_known_key"),
    Guard("constant time", "api/keys.py:KnownKeys.owner",
          "compare_digest(key.sha256, presented_hash)", "key.sha256 == presented_hash",
          "unit/api/test_callers.py::test_every_hash_is_compared"),
    Guard("keys taken back", "api/keys.py:KnownKeys._read_when_changed",
          "version != self._version", "not self._keys",
          "unit/api/test_callers.py::test_a_key_can_be_added_and_taken_back"),
    Guard("a wrong line harms no other key", "api/keys.py:KnownKeys._read",
          "read_keys(self._path, wrong.append)", "read_keys(self._path)",
          "unit/api/test_callers.py::test_a_line_that_is_wrong"),
    Guard("not ready without keys", "api/services.py:Services.health",
          "all((keys.are_usable for keys in known))", "True",
          "unit/api/test_callers.py::test_a_file_that_was_damaged_or_lost"),
    Guard("each photo of a batch counts", "api/callers.py:count_photos",
          "count_more is not None and photos > 1", "False",
          "unit/api/test_batch.py::test_what_is_too_much"),
    Guard("memory of an unpacked batch", "api/limits.py:_Body.hold_unpacked",
          "self._hold_more(max(0, size_bytes - self.held_bytes))", "None",
          "unit/api/test_batch.py::test_what_a_compressed_body"),
    Guard("hops before a trusted proxy", "api/proxies.py:TrustedProxies._client",
          "islice(reversed(hops), _MOST_HOPS)", "reversed(hops)",
          "unit/api/test_proxies.py::test_the_last_address"),
    Guard("numbers of a card", "model_card.py:_check_thresholds",
          "not (0 <= threshold < _ABOVE_ONE and 0 <= low <= high < _ABOVE_ONE)", "False",
          "hostile/test_read_files.py::test_a_card_with_impossible"),
    Guard("temperature of a calibration", "model_card.py:Calibration.__post_init__",
          "self.temperature <= 0", "False",
          "hostile/test_read_files.py::test_a_card_with_impossible"),
    Guard("numbers of a recipe", "lab/training/recipe.py:read_recipe_as",
          "isinstance(value, float) and (not isfinite(value))", "False",
          "hostile/test_read_files.py::test_a_recipe_that_cannot"),
    Guard("photos of a batch", "api/multipart.py:read_forms_photos",
          "len(parts) > most", "False",
          "unit/api/test_batch.py::test_what_is_too_much"),
    Guard("fields of a form", "api/multipart.py:_parts_from",
          "range(_MOST_PARTS)", "range(10**6)",
          "unit/api/test_image_request.py::test_a_form_that_is_not_read"),
    Guard("headers of a form's field", "api/multipart.py:_part",
          "min(end, begin + _MOST_HEADER_BYTES)", "end",
          "unit/api/test_image_request.py::test_a_form_that_is_not_read"),
    Guard("lines that end in two ways", "api/multipart.py:_headers",
          "any(('\\r' in line or '\\n' in line for line in lines))", "False",
          "unit/api/test_image_request.py::test_a_form_whose_lines_end"),
    Guard("what follows a gzip member", "api/body_encoding.py:_unpack",
          "compressed[given:given + _PIECE_BYTES]", "compressed[given:]",
          "hostile/test_long_bodies.py::test_what_follows_a_gzip_member"),
    Guard("bytes of an unpacked body", "api/body_encoding.py:_unpack",
          "len(plain) > max_bytes", "False",
          "unit/api/test_image_request.py::test_a_gzip_body_of_several"),
    Guard("members of a gzip body", "api/body_encoding.py:_inflated",
          "range(_MOST_MEMBERS)", "range(10**6)",
          "unit/api/test_image_request.py::test_a_gzip_body_of_several"),
    Guard("callers that are invented", "api/rate_limit.py:RateLimit.count",
          "caller not in self._now and len(self._now) >= MAX_CALLERS", "False",
          "hostile/test_many_callers.py::test_invented_callers"),
    Guard("rate limit", "api/callers.py:_count",
          "not count.admitted", "False",
          "unit/api/test_callers.py::test_a_caller_has_so_many_requests"),
    Guard("proxies that are trusted", "api/proxies.py:TrustedProxies.__call__",
          "self._trusts(scope['client'][0])", "True",
          "unit/api/test_proxies.py::test_the_last_address"),
    Guard("IPv6 by its network", "api/callers.py:Callers._admit",
          "customer_of(scope['client'][0])", "scope['client'][0]",
          "unit/api/test_proxies.py::test_a_limit_of_requests"),
    Guard("a slash opens nothing", "api/app.py:_add_layers",
          "app.add_middleware(TrailingSlash)", "None",
          "unit/api/test_trailing_slash.py"),
    Guard("security headers", "api/app.py:_add_layers",
          "app.add_middleware(SecurityHeaders)", "None",
          "unit/api/test_callers.py::test_every_answer_has_the_security_headers"),
    Guard("CORS off", "api/cross_origin.py:add_cross_origin",
          "frozenset((origin.strip().rstrip('/') for origin in named.split(',') if origin.strip()))",
          "frozenset({'*'})",
          "unit/api/test_callers.py::test_no_other_origin_may_read"),
    Guard("words of exceptions", "api/logs.py:_kind_and_places",
          r"f'{type(error).__module__}.{type(error).__qualname__}\n{places}'",
          r"f'{type(error).__qualname__} {error}\n{places}'",
          "unit/api/test_logs.py::test_an_exception_tells"),
    Guard("addresses in the log", "api/request_log.py:RequestLog._record",
          "getattr(scope.get('route'), 'path', None) or mounted or UNKNOWN_ROUTE",
          "getattr(scope.get('route'), 'path', None) or scope['path']",
          "unit/api/test_request_log.py::test_whatever_a_caller_writes"),
    Guard("queries in traces", "api/tracing.py:telemetry",
          "TelemetryConfig(tracing=enabled, metrics=False, logs=False, auto_configure=enabled, exclude=_tells_more)",
          "TelemetryConfig(tracing=enabled, metrics=False, logs=False, auto_configure=enabled, exclude=None)",
          "unit/api/test_tracing.py::test_a_trace_tells_nothing"),
    Guard("the canary itself", "api/photo_work.py:in_a_thread.read_and_work",
          "read_image()",
          "__import__('logging').getLogger('img_super').error('%r', (photo := read_image())[:99]) or photo",
          "end_to_end/test_privacy.py::test_nothing_that_was_sent"),
    Guard("not ready at SIGTERM", "api/services.py:Services.health",
          "self.stopping", "False",
          "unit/api/test_stopping.py::test_the_server_is_told"),
    Guard("admin key", "api/callers.py:Callers._admit",
          "route_path(scope) in _FOR_ADMINS", "False",
          "unit/api/test_reload.py::test_only_an_admin_reloads"),
    Guard("no reload without admin keys", "api/routes/model.py:reload",
          "services.settings.admin_keys_file is None", "False",
          "unit/api/test_reload.py::test_without_admin_keys_it_is_switched_off"),
    Guard("a model is tried before it serves", "api/reload.py:_loaded_and_tried",
          "pipeline.super(WARM_UP_PHOTO.read_bytes())", "None",
          "unit/api/test_reload.py::test_a_model_that_does_not_answer"),
    Guard("no path in a refused model", "api/reload.py:reload_model",
          "str(error).replace(str(services.settings.model), 'IMG_SUPER_MODEL')", "str(error)",
          "unit/api/test_reload.py::test_a_model_that_cannot_be_loaded"),
    Guard("a version is no path", "registry/registry.py:Registry.model",
          "not _VERSION.fullmatch(version)", "False",
          "unit/registry/test_registry.py::test_a_version_is_no_path"),
    Guard("a weights file lies beside its card", "model_card.py:WeightsFile.__post_init__",
          "not _PLAIN_NAME.fullmatch(self.name)", "False",
          "unit/registry/test_registry.py::test_a_file_of_a_card"),
    Guard("all workers change or none", "api/together.py:Together._silent",
          "process != self._process and (said := answer.read_text())", "False",
          "unit/api/test_together.py::test_when_one_cannot"),
    Guard("promotions one by one", "registry/registry.py:Registry._alone",
          "fcntl.flock(lock, fcntl.LOCK_EX)", "None",
          "unit/registry/test_registry.py::test_of_promotions_at_once"),
    Guard("a promoted model is read to its end", "registry/registry.py:Registry.promote",
          "check_model(self.model(version))", "read_card(self.model(version))",
          "unit/registry/test_registry.py::test_a_harmed_model_is_refused"),
    Guard("a model that returns no number", "validator/evidence.py:evidence_of",
          "not isfinite(logit)", "False",
          "unit/validator/test_evidence.py"),
    Guard("members of a Keras file", "validator/saved_network.py:_checked_members",
          "len(members) > len(_MEMBERS) or {member.filename for member in members} != _MEMBERS", "False",
          "networks/test_saved_network.py::test_a_file_that_only_harm"),
    Guard("packed members of a Keras file", "validator/saved_network.py:_checked_members",
          "any((member.compress_type != ZIP_STORED for member in members))", "False",
          "networks/test_saved_network.py::test_a_packed_file"),
    Guard("configuration of a Keras file", "validator/saved_network.py:_checked_members",
          "archive.getinfo(_CONFIG).file_size > _MOST_CONFIG_BYTES", "False",
          "networks/test_saved_network.py::test_a_file_that_only_harm"),
    Guard("objects of a Keras file", "validator/saved_network.py:_refuse_other_objects",
          "not _is_known(value)", "False",
          "networks/test_saved_network.py::test_a_file_that_only_harm"),
    Guard("groups of a Keras file", "validator/saved_network.py:_refuse_other_weights",
          "left < 0", "False",
          "networks/test_saved_network.py::test_a_file_that_only_harm"),
    Guard("depth of a Keras file", "validator/saved_network.py:_refuse_other_weights",
          "depth > _MOST_DEPTH", "False",
          "networks/test_saved_network.py::test_a_file_that_only_harm"),
    Guard("links of a Keras file", "validator/saved_network.py:_checked_items",
          "isinstance(group.get(name, getlink=True), h5py.HardLink)", "True",
          "networks/test_saved_network.py::test_a_file_that_only_harm"),
    Guard("packed weights of a Keras file", "validator/saved_network.py:_checked_items",
          "_is_packed(item)", "False",
          "networks/test_saved_network.py::test_a_file_that_only_harm"),
    Guard("weights beyond a Keras file", "validator/saved_network.py:_at_most.make",
          "left_bytes < 0", "False",
          "networks/test_saved_network.py::test_a_file_that_only_harm"),
    Guard("answers of a Keras file", "validator/saved_network.py:_load",
          "_most_numbers(layer) > _MOST_ANSWER", "False",
          "networks/test_saved_network.py::test_a_layer_that_makes_much"),
    Guard("self-attention of a Keras file", "validator/saved_network.py:_most_numbers",
          "isinstance(layer, keras.layers.MultiHeadAttention)", "False",
          "networks/test_saved_network.py::test_a_layer_that_makes_much"),
    Guard("numbers of a Keras file", "validator/saved_network.py:open_network",
          "np.isfinite(weights).all()", "True",
          "networks/test_saved_network.py::test_a_file_that_only_harm"),
    Guard("graphs of a LiteRT file", "validator/litert_file.py:_only_graph",
          "model.SubgraphsLength() != 1", "False",
          "hostile/test_litert_files.py::test_a_file_that_only_harm"),
    Guard("entries of a LiteRT file", "validator/litert_file.py:_only_graph",
          "max(*counts, *names, 0) > _MOST_ENTRIES", "False",
          "hostile/test_litert_files.py::test_a_file_that_only_harm"),
    Guard("shared lists of a LiteRT file", "validator/litert_file.py:_refuse_shared_lists",
          "left_bytes < 0", "False",
          "hostile/test_litert_files.py::test_a_list_that_tensors_share"),
    Guard("packed tensors of a LiteRT file", "validator/litert_file.py:_bytes_beside",
          "tensor.Sparsity() is not None", "False",
          "hostile/test_litert_files.py::test_a_file_that_only_harm"),
    Guard("operators of a LiteRT file", "validator/litert_file.py:_refuse_other_operators",
          "name not in _OPERATORS", "False",
          "hostile/test_litert_files.py::test_a_file_that_only_harm"),
    Guard("calculated sizes of a LiteRT file", "validator/litert_file.py:_refuse_other_operators",
          "name in _SIZED", "False",
          "hostile/test_litert_files.py::test_a_file_that_only_harm"),
    Guard("shapes of a LiteRT file", "validator/litert_file.py:_refuse_large_tensors",
          "made[index] != shape", "False",
          "hostile/test_litert_files.py::test_a_file_that_only_harm"),
    Guard("tensors of a LiteRT file", "validator/litert_file.py:_refuse_large",
          "sum((prod(map(abs, shape)) for shape in shapes.values())) > _MOST_NUMBERS", "False",
          "hostile/test_litert_files.py::test_a_file_that_only_harm"),
    Guard("heat map of a LiteRT file", "validator/litert.py:LiteRtNetwork.__init__",
          "max(map_shape[:2]) > self.side_px", "False",
          "hostile/test_litert_files.py::test_a_file_that_only_harm"),
    Guard("what a ZIP member becomes", "sources/zip_member.py:read_member",
          "member.compress_type not in (ZIP_BZIP2, ZIP_LZMA)", "True",
          "hostile/test_zip_members.py::test_a_member_takes_no_more"),
    Guard("dictionary of a ZIP member", "sources/zip_member.py:_unpacked",
          "LZMADecompressor(FORMAT_ALONE, _MOST_DICTIONARY_BYTES)", "LZMADecompressor(FORMAT_ALONE)",
          "hostile/test_zip_members.py::test_a_dictionary_larger"),
    Guard("sum of a ZIP member", "sources/zip_member.py:read_member",
          "crc32(content) != member.CRC", "False",
          "hostile/test_zip_members.py::test_every_kind_of_member"),
    Guard("names of an archive", "sources/names.py:MemberNames.name",
          "self._letters > MAX_LETTERS", "False",
          "hostile/test_tar_headers.py::test_names_that_fill_the_memory"),
    Guard("names of a card", "model_card.py:ModelCard.__post_init__",
          "text.isprintable()", "True",
          "hostile/test_read_files.py::test_a_card_with_impossible"),
    Guard("files of a card", "model_card.py:ModelCard.__post_init__",
          "len(self.files) > _MOST_FILES", "False",
          "hostile/test_read_files.py::test_a_card_with_impossible"),
    Guard("what is said of a card", "model_card.py:in_a_line",
          "str(error).encode('unicode_escape').decode()", "str(error)",
          "hostile/test_read_files.py::test_what_is_said_of_a_file"),
    Guard("lines of the log", "api/logs.py:TextLines.formatMessage",
          "super().formatMessage(record).translate(_ESCAPED)", "super().formatMessage(record)",
          "unit/api/test_logs.py::test_a_message_is_one_line"),
    Guard("pipes and devices", "regular_file.py:open_regular",
          "S_ISREG(os.fstat(descriptor).st_mode)", "True",
          "unit/sources/test_search.py::test_what_is_no_file"),
    Guard("bytes of a model's file", "regular_file.py:read_regular",
          "len(content) > most_bytes", "False",
          "unit/test_model_card.py::test_what_is_no_file"),
    Guard("answers of a hostile service", "cli/client.py:_asker.ask",
          "typed(body, LocatedPortrait if address == '/face' else PhotoAnswer)", "None",
          "unit/cli/test_photos.py::test_a_hostile_service_costs"),
    Guard("map of a hostile service", "cli/answers.py:_heat_map",
          "DecodeLimits(max_pixels=_MOST_MAP_PIXELS)", "DecodeLimits()",
          "unit/cli/test_photos.py::test_a_hostile_service_costs"),
    Guard("orders to a terminal", "cli/answers.py:_print_table",
          "visible(text)", "text",
          "unit/cli/test_photos.py::test_a_hostile_service_gives"),
    Guard("entities in an annotation", "lab/own_documents/voc.py:marked_boxes",
          "fromstring(xml)", "__import__('xml.etree.ElementTree').etree.ElementTree.fromstring(xml)",
          "unit/lab/own_documents/test_places.py::test_an_annotation_that_cannot_be_read"),
    Guard("owner of a judgement", "feedback/store.py:Store.label",
          "select(JUDGEMENTS).where(is_owned, is_named)", "select(JUDGEMENTS).where(is_named)",
          "unit/api/test_feedback.py::test_nobody_labels"),
    Guard("scores are private", "feedback/store.py:engine_of",
          "_make_private(Path(url.database or ''))", "None",
          "unit/api/test_feedback.py::test_the_file_of_the_scores"),
    Guard("feedback is off unless switched on", "api/routes/feedback.py:take_feedback",
          "services.judgements", "services.judgements or __import__('unittest.mock').mock.Mock()",
          "unit/api/test_feedback.py::test_it_is_off_unless_switched_on"),
    Guard("a listed name is not parsed", "sources/found.py:Reader._read_file",
          "files.cat_file(photo.path, end=end)",
          "file_system(photo.name, self._storage)[0].cat_file(file_system(photo.name, self._storage)[1])",
          "unit/sources/test_search.py::test_the_name_of_a_listed"),
    Guard("names that leave an archive", "sources/archives.py:photos_in_zip",
          "leaves(member.filename)", "False",
          "unit/sources/test_search.py::test_links_and_names_that_leave"),
    Guard("decompression that grows", "sources/inflating.py:check_growth",
          "large_bytes > FREE_BYTES + MAX_RATIO * small_bytes", "False",
          "unit/sources/test_search.py::test_a_few_bytes_that_stand"),
    Guard("members of a ZIP", "sources/zip_directory.py:_Bounded.read",
          "piece.count(_MEMBER) > MAX_MEMBERS", "False",
          "unit/sources/test_search.py::test_an_archive_of_too_many_members"),
    Guard("directory of a ZIP", "sources/zip_directory.py:_Bounded.read",
          "size_bytes > MAX_DIRECTORY_BYTES", "False",
          "unit/sources/test_search.py::test_a_zip_with_names_for_too_many_bytes"),
    Guard("members of a TAR", "sources/archives.py:_members",
          "place == MAX_MEMBERS", "False",
          "unit/sources/test_search.py::test_an_archive_of_too_many_members"),
    Guard("a ZIP that grows", "sources/archives.py:photos_in_zip",
          "check_growth(file.seek(0, SEEK_END), sum((member.file_size for member in content.infolist())))", "None",
          "unit/sources/test_search.py::test_a_zip_that_says"),
    Guard("files with holes", "sources/archives.py:_why_not",
          "member.issparse()", "False",
          "unit/sources/test_search.py::test_an_empty_file_with_holes"),
    Guard("handshakes count", "api/tls.py:Handshake.connection_made",
          "self._connection.begin(transport)", "None",
          "hostile/test_handshakes.py"),
    Guard("strips are widened", "detector/yunet.py:_padded",
          "not right and (not below)", "True",
          "hostile/test_strips.py::test_the_network_sees_no_strips"),
    Guard("boxes without an end", "detector/yunet.py:YuNet.find",
          "np.isfinite(rows)", "np.ones_like(rows, bool)",
          "hostile/test_strips.py::test_the_network_sees_no_strips"),
    Guard("faces of a photo", "detector/outputs.py:read_candidates",
          "len(faces) == MAX_FACES", "False",
          "hostile/test_many_faces.py"),
    Guard("documents of a photo", "detector/fast.py:FastDetector._with_others",
          "islice(documents, MAX_DOCUMENTS - 1)", "documents",
          "unit/detector/test_fast.py::test_of_a_photo_full_of_documents"),
    Guard("faces looked at from near", "detector/fast.py:FastDetector._with_others",
          "doubtful[:MOST_DOUBTFUL]", "doubtful",
          "unit/detector/test_fast.py::test_of_a_photo_full_of_faces"),
    Guard("what was not looked at is told", "pipeline/pipeline.py:Pipeline.look",
          "detection.has_more", "False",
          "unit/pipeline/test_pipeline.py::test_documents_that_were_not_judged"),
    Guard("headers of a TAR member", "sources/tar_header.py:Header.frombuf",
          "header.size > MAX_HEADER_BYTES", "False",
          "hostile/test_tar_headers.py::test_reading_headers"),
    Guard("records of a TAR header", "sources/tar_header.py:_records",
          "not begin < end <= len(block) or block[end - 1] != _LINE_FEED", "False",
          "hostile/test_tar_headers.py::test_records_that_lie"),
    Guard("holes of a TAR member", "sources/tar_header.py:Header._proc_sparse",
          "range(MAX_HEADER_BYTES // tarfile.BLOCKSIZE)", "range(10**6)",
          "hostile/test_tar_headers.py::test_reading_headers"),
)
# fmt: on


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
    """The module's source without the guard. Raises ValueError when it does not stand there any more."""
    tree: ast.AST = ast.parse(source)
    function = tree
    for name in guard.where.partition(":")[2].split("."):
        children = (node for node in ast.iter_child_nodes(function) if getattr(node, "name", "") == name)
        function = next(children, ast.Pass())
    taking_out = _TakingOut(guard)
    taking_out.visit(function)
    if taking_out.count != 1:
        raise ValueError(f"The guard {guard.name!r} stands {taking_out.count} times in {guard.where}: {guard.there}")
    return ast.unparse(ast.fix_missing_locations(tree))


class _TakingOut(ast.NodeTransformer):
    """Puts `gone` for every `there`, in the names that the code has."""

    def __init__(self, guard: Guard) -> None:
        self._there, self._gone = ast.parse(guard.there, mode="eval").body, guard.gone
        self.count = 0

    def visit(self, node: ast.AST) -> Any:
        names: dict[str, str] = {}
        if not _is_like(self._there, node, names):
            return self.generic_visit(node)
        self.count += 1
        gone = ast.parse(self._gone, mode="eval").body
        for name in (part for part in ast.walk(gone) if isinstance(part, ast.Name)):
            name.id = names.get(name.id, name.id)
        return gone


def _is_like(there: Any, node: Any, names: dict[str, str]) -> bool:
    """Whether the code is the same but for the names of its variables, which are gathered."""
    if type(there) is not type(node):
        return False
    if isinstance(there, list):
        return len(there) == len(node) and all(_is_like(*pair, names) for pair in zip(there, node, strict=True))
    if isinstance(there, ast.Call) and isinstance(there.func, ast.Name):
        names[there.func.id] = there.func.id  # functions are called by their own name
    if isinstance(there, ast.Name) and there.id.islower():
        return bool(names.setdefault(there.id, node.id) == node.id)
    if isinstance(there, ast.AST):
        fields = (field for field in there._fields if field != "ctx")
        return all(_is_like(getattr(there, field), getattr(node, field), names) for field in fields)
    return bool(there == node)


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
