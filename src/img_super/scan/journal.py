"""Every finished row of a scan, on disk, so that an interrupted scan can resume.

A SQLite file next to the results until the scan is finished. Rows are written atomically and once: `photo` is the key.
They are read one at a time, as there may be more than fit in memory.
"""

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import astuple
from pathlib import Path
from typing import Final

from img_super.scan.errors import ScanError
from img_super.scan.judge import Judged
from img_super.scan.rows import COLUMNS, ScanRow

COMMIT_EVERY_S: Final = 1.0
"""The work that a kill may cost."""

_SQL_KINDS: Final = {str: "TEXT", int: "INTEGER", float: "REAL"}
_SCHEMA: Final = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS scan (fingerprint TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS rows ({", ".join(f"{name} {_SQL_KINDS[kind]}" for name, kind in COLUMNS.items())},
  PRIMARY KEY (photo)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS most_suspicious_first ON rows (score DESC, photo);
CREATE TABLE IF NOT EXISTS thumbnails (photo TEXT PRIMARY KEY, score REAL NOT NULL, jpeg BLOB NOT NULL);
COMMIT;
"""
_FORGET: Final = "".join(f"DROP TABLE IF EXISTS {table};\n" for table in ("scan", "rows", "thumbnails"))
_INSERT: Final = f"INSERT OR IGNORE INTO rows VALUES ({', '.join('?' for _ in COLUMNS)})"  # noqa: S608 constants
_DROP_OTHER_THUMBNAILS: Final = (
    "DELETE FROM thumbnails WHERE photo NOT IN (SELECT photo FROM thumbnails ORDER BY score DESC, photo LIMIT ?)"
)
_MOST_SUSPICIOUS: Final = "FROM rows WHERE score IS NOT NULL ORDER BY score DESC, photo LIMIT ?"


class Journal:
    """The journal of one scan; a context manager that commits and closes. Only one scan can have it open."""

    def __init__(
        self, path: Path, fingerprint: Mapping[str, object], thumbnails_kept: int = 200, restart: bool = False
    ) -> None:
        """Open or create a journal.

        Args:
            path: the file.
            fingerprint: everything that determines the rows; a journal with a different one is not resumed.
            thumbnails_kept: for this many of the most suspicious photos.
            restart: discard an earlier scan's rows, whatever its fingerprint.

        Raises `ScanError`: another scan has it open, it belongs to a scan with other options or another model, or it
        cannot be written.
        """
        self.path = path
        self._kept = thumbnails_kept
        self._committed_s = time.monotonic()
        try:
            self._database = sqlite3.connect(path, timeout=0, isolation_level=None)
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.executescript(_FORGET + _SCHEMA if restart else _SCHEMA)
        except sqlite3.Error as error:
            raise ScanError(_why(path, error)) from error
        self._claim(dict(fingerprint))
        self._database.execute("BEGIN")

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(sqlite3.Error):  # a full disk has been reported already
            self._database.commit()
        self._database.close()

    def __contains__(self, photo: str) -> bool:
        return self._database.execute("SELECT 1 FROM rows WHERE photo = ?", (photo,)).fetchone() is not None

    def __len__(self) -> int:
        return int(self._database.execute("SELECT count(*) FROM rows").fetchone()[0])

    def add(self, judged: Judged) -> int:
        """Add a row unless it is already there. It is on disk after `COMMIT_EVERY_S` at the latest.

        Returns the number of rows added: 1 or 0. Raises `ScanError`: it cannot be written; committed rows stay.
        """
        row = judged.row
        added = self._write(_INSERT, astuple(row))
        if judged.thumbnail is not None:
            thumbnail = (row.photo, row.score, judged.thumbnail)
            self._write("INSERT OR IGNORE INTO thumbnails VALUES (?, ?, ?)", thumbnail)
        if time.monotonic() - self._committed_s > COMMIT_EVERY_S:
            self.commit()
        return added

    def commit(self) -> None:
        """Write added rows to disk. Raises `ScanError` as `add` does."""
        self._write(_DROP_OTHER_THUMBNAILS, (self._kept,))
        self._write("COMMIT")
        self._write("BEGIN")
        self._committed_s = time.monotonic()

    def rows(self) -> Iterator[ScanRow]:
        """All rows, sorted by photo, so that the results do not depend on the order of judging."""
        for values in self._database.execute("SELECT * FROM rows ORDER BY photo"):
            yield ScanRow(**dict(zip(COLUMNS, values, strict=True)))

    def most_suspicious(self, count: int) -> list[ScanRow]:
        """The rows with the highest scores."""
        cursor = self._database.execute(f"SELECT * {_MOST_SUSPICIOUS}", (count,))
        return [ScanRow(**dict(zip(COLUMNS, values, strict=True))) for values in cursor]

    def thumbnail(self, photo: str) -> bytes | None:
        """A small JPEG of a suspicious portrait, if thumbnails were requested."""
        row = self._database.execute("SELECT jpeg FROM thumbnails WHERE photo = ?", (photo,)).fetchone()
        return None if row is None else bytes(row[0])

    def _write(self, statement: str, values: tuple[object, ...] = ()) -> int:
        try:
            return self._database.execute(statement, values).rowcount
        except sqlite3.Error as error:
            raise ScanError(_why(self.path, error)) from error

    def _claim(self, fingerprint: dict[str, object]) -> None:
        row = self._database.execute("SELECT fingerprint FROM scan").fetchone()
        if row is None:
            self._database.execute("INSERT INTO scan VALUES (?)", (json.dumps(fingerprint),))
            return
        begun = json.loads(row[0])
        if changed := sorted(name for name in begun | fingerprint if begun.get(name) != fingerprint.get(name)):
            self._database.close()
            raise ScanError(
                f"{self.path} was started with a different {' and another '.join(changed)}. Finish it that way, or "
                "start over with --restart, which discards its rows."
            )


def _why(path: Path, error: sqlite3.Error) -> str:
    if "locked" in str(error):
        return f"Another scan is writing to {path}; wait for it, or give another --out."
    if "not a database" in str(error):
        return f"{path} is not the journal of a scan; move it away, or give another --out."
    return f"The journal {path} cannot be written: {error}."
