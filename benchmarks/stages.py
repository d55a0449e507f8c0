"""The time of each stage of `/super`, in process and on one thread, as a waterfall.

    python -m benchmarks.stages [--photo FILE] [--size 1920x1080] [--rounds N] [--detector fast]

Below the stages are the ways that they replaced. All run once per round. The last line is JSON.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Callable

from benchmarks.photos import photo_arguments, photo_of
from benchmarks.running_service import environment
from benchmarks.timing import Estimate, in_turn, median, print_table, timed
from img_super.api.base64_image import decode_base64
from img_super.api.image_request import read_json
from img_super.api.schemas import SuperAnswer
from img_super.cli.pipeline import pipeline_for
from img_super.pipeline.crop import crop_box, crop_portrait, resize_to_input
from img_super.pipeline.decode import DEFAULT_LIMITS, decode_image, open_image
from img_super.pipeline.photo import in_whole_photo, open_photo
from img_super.pipeline.quality import assess_quality, looked_at

Works = dict[str, Callable[[], object]]
WIDTH_IN_CHARACTERS = 60


def main() -> None:
    """Print the waterfall and what was replaced, then all of it as JSON."""
    parser = photo_arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    arguments = parser.parse_args()
    photo = photo_of(arguments)
    stages, replaced = works_on(photo, arguments.detector)
    taken = in_turn({name: timed(work) for name, work in (stages | replaced).items()}, arguments.rounds)
    medians = {name: median(times.processor_ms) for name, times in taken.items()}
    whole = medians["all of it, in process"]
    del stages["all of it, in process"]
    print_table(
        f"{arguments.size} JPEG of {len(photo) // 1000:,} kB: processor milliseconds of one thread",
        ("stage", "p50 ms (95 %)", "waterfall"),
        [*_waterfall({name: medians[name] for name in stages}), ("all of it, in process", whole, "")],
    )
    print_table("What was replaced", ("way", "p50 ms (95 %)"), [(name, medians[name]) for name in replaced])
    rows = {name: estimate.as_json() for name, estimate in medians.items()}
    summary = {"size": arguments.size, "photo_bytes": len(photo), "rounds": arguments.rounds, "processor_ms": rows}
    print(json.dumps({"benchmark": "stages", **summary}))


def works_on(photo: bytes, detector: str) -> tuple[Works, Works]:
    """The stages in their order, then what they replaced; each works on what the one before it gave."""
    pipeline, _ = pipeline_for(detector=detector)
    body = json.dumps({"image": "data:image/jpeg;base64," + base64.b64encode(photo).decode()}).encode()
    side_px = pipeline.validator.card.input_side_px
    opened = open_photo(photo, DEFAULT_LIMITS)
    seen = pipeline.quick_detector.detect(opened.overview)
    if seen is None:
        sys.exit("There is no face in this photo.")
    found = in_whole_photo(seen, opened)
    face, rotation = found.portrait.box, found.rotation
    crop = opened.crop(crop_box(face), rotation, side_px)
    network_input = resize_to_input(crop, side_px)
    seen_of_it = looked_at(crop, network_input)
    result = pipeline.super(photo)
    image = decode_image(photo)
    stages: Works = {
        "JSON and base64": lambda: read_json(body),
        "header and its refusals": lambda: open_image(photo, DEFAULT_LIMITS),
        "reduced decoding, upright": lambda: open_photo(photo, DEFAULT_LIMITS),
        "detection": lambda: pipeline.quick_detector.detect(opened.overview),
        "crop": lambda: opened.crop(crop_box(face), rotation, side_px),
        "resize to the network": lambda: resize_to_input(crop, side_px),
        "validation": lambda: pipeline.validator.validate(network_input),
        "quality": lambda: assess_quality(seen_of_it, face, opened.size_wh, 2 * pipeline.validator.card.min_face_px),
        "answer as JSON": lambda: SuperAnswer.of(result, False).model_dump_json(exclude_none=True),
        "all of it, in process": lambda: pipeline.super(read_json(body)),
    }
    text = base64.b64encode(photo).decode()
    replaced: Works = {
        "JSON and base64 by the standard library": lambda: base64.b64decode(
            json.loads(body)["image"].partition(",")[2], validate=True
        ),
        "base64 from a text, as for the other forms": lambda: decode_base64(text),
        "decoding whole, by Pillow": lambda: decode_image(photo),
        "detection in four rotations, whole photo": lambda: pipeline.detector.detect(image),
        "crop from the whole photo": lambda: resize_to_input(crop_portrait(image, face, rotation), side_px),
    }
    return stages, replaced


def _waterfall(medians: dict[str, Estimate]) -> list[tuple[object, ...]]:
    """Each stage as a bar that begins where the one before it ended; decoding holds the header's reading."""
    own = {name: estimate.value for name, estimate in medians.items()}
    own["reduced decoding, upright"] -= own["header and its refusals"]
    total, begins = sum(own.values()), 0.0
    rows: list[tuple[object, ...]] = []
    for name, value in own.items():
        ends = begins + value
        from_, to = (round(WIDTH_IN_CHARACTERS * at / total) for at in (begins, ends))
        bar = ("·" * from_ + "█" * max(1, to - from_)).ljust(WIDTH_IN_CHARACTERS, "·")
        rows.append((name, medians[name], bar[:WIDTH_IN_CHARACTERS]))
        begins = ends
    return rows


if __name__ == "__main__":
    if "MALLOC_TOP_PAD_" not in os.environ:  # read by the C library when a process starts, so once more
        os.execve(sys.executable, [sys.executable, "-m", "benchmarks.stages", *sys.argv[1:]], environment())  # noqa: S606
    main()
