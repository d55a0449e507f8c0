"""Coverage-guided fuzzing of the decoding: any bytes must give an image or a typed error.

    python -m tests.hostile.fuzz_decode [-max_total_time=600] [FOLDER_FOR_WHAT_IT_FINDS]

It starts from the corpus of `tests/hostile`. Needs atheris (Linux on x86-64).
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["PIL", "img_super"]):
    from img_super.errors import InputError
    from img_super.pipeline.decode_limits import DecodeLimits
    from img_super.pipeline.photo import open_photo

from tests.hostile.files import hostile_files

LIMITS = DecodeLimits(max_pixels=1_000_000, budget_ms=1000)
LONGEST_BYTES = 20_000


def decode(data: bytes) -> None:
    """Any exception but `InputError` is a finding."""
    with suppress(InputError):
        open_photo(data, LIMITS)


def main() -> None:
    """Run libFuzzer from the corpus."""
    with tempfile.TemporaryDirectory() as folder:
        for number, (_, data) in enumerate(hostile_files()):
            if len(data) <= LONGEST_BYTES:
                Path(folder, str(number)).write_bytes(data)
        atheris.Setup([*sys.argv, folder, f"-max_len={LONGEST_BYTES}"], decode)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
