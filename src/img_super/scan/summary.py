"""Counts of a scan's results, taken while they are written."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from img_super.domain import Verdict
from img_super.scan.rows import ScanRow

SCORE_BINS: Final = 20


@dataclass(slots=True)
class Summary:
    """Counts of one scan."""

    photos: int = 0  # all rows
    verdicts: Counter[str] = field(default_factory=Counter)  # photos by verdict
    errors: Counter[str] = field(default_factory=Counter)  # photos that could not be judged, by code
    quality: Counter[str] = field(default_factory=Counter)  # photos by warning
    # By verdict, the number of scores in each of `SCORE_BINS` equal parts of [0, 1].
    by_verdict: dict[str, list[int]] = field(
        default_factory=lambda: {verdict.value: [0] * SCORE_BINS for verdict in Verdict}
    )
    threshold: float | None = None  # of the judged photos

    @property
    def scores(self) -> list[int]:
        """The number of scores in each of `SCORE_BINS` equal parts of [0, 1]."""
        return [sum(counts) for counts in zip(*self.by_verdict.values(), strict=True)]

    @property
    def failed(self) -> int:
        return self.errors.total()

    @property
    def suspicious(self) -> int:
        """Number of photos that a person should review."""
        return self.verdicts[Verdict.ATTACK.value] + self.verdicts[Verdict.UNDETERMINED.value]

    def counting(self, rows: Iterable[ScanRow]) -> Iterator[ScanRow]:
        """The same rows, counted as they pass."""
        for row in rows:
            self._count(row)
            yield row

    def as_json(self) -> dict[str, Any]:
        """The counts for programs, including verdicts without photos."""
        verdicts = {verdict.value: self.verdicts[verdict.value] for verdict in Verdict}
        errors, quality = dict(sorted(self.errors.items())), dict(sorted(self.quality.items()))
        return {"photos": self.photos, "verdicts": verdicts, "errors": errors, "quality": quality}

    def _count(self, row: ScanRow) -> None:
        self.photos += 1
        if row.error_code is not None:
            self.errors[row.error_code] += 1
        if row.verdict is not None and row.score is not None:
            self.verdicts[row.verdict] += 1
            self.by_verdict[row.verdict][min(int(row.score * SCORE_BINS), SCORE_BINS - 1)] += 1
            self.threshold = row.threshold
        self.quality.update((row.quality or "").split())
