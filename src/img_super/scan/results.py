"""Writes the results as Parquet, CSV or JSON lines, depending on the file extension."""

import csv
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, astuple
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Final, TypeAlias

from img_super.errors import how_to_install
from img_super.scan.errors import ScanError
from img_super.scan.rows import COLUMNS, ScanRow

Writer: TypeAlias = Callable[[Iterable[ScanRow], Path], None]
_ROWS_A_BATCH: Final = 10_000


def writer_for(path: Path) -> Writer:
    """The writer for this extension. Raises `ScanError`: there is none, or its package is not installed."""
    writer = _WRITERS.get(path.suffix.lower())
    if writer is None:
        raise ScanError(f"--out must end in {', '.join(_WRITERS)}; {path.name} does not.")
    if writer is _write_parquet and find_spec("pyarrow") is None:
        raise ScanError(f"Parquet needs pyarrow; {how_to_install('scan')}, or let --out end in .csv or .jsonl.")
    return writer


def _write_jsonl(rows: Iterable[ScanRow], path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in rows)


def _write_csv(rows: Iterable[ScanRow], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(astuple(row) for row in rows)


def _write_parquet(rows: Iterable[ScanRow], path: Path) -> None:
    import pyarrow.parquet  # noqa: PLC0415 the extra `scan`

    kinds = {str: pyarrow.string(), int: pyarrow.int64(), float: pyarrow.float64()}
    schema = pyarrow.schema(
        [pyarrow.field(name, kinds[kind], nullable=name != "photo") for name, kind in COLUMNS.items()]
    )
    remaining = iter(rows)
    with pyarrow.parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        while batch := [asdict(row) for row in islice(remaining, _ROWS_A_BATCH)]:
            writer.write_batch(pyarrow.RecordBatch.from_pylist(batch, schema=schema))


_WRITERS: Final[dict[str, Writer]] = {".parquet": _write_parquet, ".csv": _write_csv, ".jsonl": _write_jsonl}
