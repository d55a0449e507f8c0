"""Detects English in Spanish texts."""

from __future__ import annotations

import re
from typing import Final

_ENGLISH: Final = re.compile(
    r"\b(?:an|and|any|are|at|be|been|but|by|can|could|does|each|every|for|from|had|has|have|if|in|into|is|it|its|many|may|"
    r"more|must|not|of|on|only|or|save|send|should|than|that|the|their|them|then|there|these|they|this|to|too|try|"
    r"was|were|what|when|where|which|who|will|with|without|would|you|your)\b",
    re.IGNORECASE,
)
"""Words that no English sentence of some length does without, and that Spanish does not have."""


def english_in(text: str) -> set[str]:
    """The English words of a text; none in Spanish."""
    return {word.lower() for word in _ENGLISH.findall(text)}
