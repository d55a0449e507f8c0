"""The words of the report, in the languages of those who read it."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

Language: TypeAlias = Literal["en", "es"]

WORDS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "title": "Scan of identity documents",
        "of": "Scanned:",
        "photos": "photos",
        "attack": "attack",
        "undetermined": "undetermined",
        "bona_fide": "bona fide",
        "failed": "not judged",
        "scores": "Scores",
        "chart": "How many photos have which score, from 0 on the left to 1 on the right.",
        "suspicious": "The most suspicious",
        "portrait": "portrait",
        "score": "score",
        "verdict": "verdict",
        "photo": "photo",
        "quality": "quality",
        "count": "photos",
        "code": "code",
        "advice": "what to do",
        "caution": "A score is no proof of fraud: it says where a person should look. "
        "This file may hold personal data; keep it as long as you need it and no longer.",
    },
    "es": {
        "title": "Revisión de documentos de identidad",
        "of": "Revisado:",
        "photos": "fotos",
        "attack": "ataque",
        "undetermined": "indeterminado",
        "bona_fide": "genuino",
        "failed": "sin juzgar",
        "scores": "Puntajes",
        "chart": "Cuántas fotos tienen cada puntaje, de 0 a la izquierda a 1 a la derecha.",
        "suspicious": "Lo más sospechoso",
        "portrait": "retrato",
        "score": "puntaje",
        "verdict": "veredicto",
        "photo": "foto",
        "quality": "calidad",
        "count": "fotos",
        "code": "código",
        "advice": "qué hacer",
        "caution": "Un puntaje no prueba un fraude: dice dónde debe mirar una persona. "
        "Este archivo puede contener datos personales; guárdelo solo mientras lo necesite.",
    },
}
