"""The report's texts, in both languages."""

import json
from pathlib import Path
from typing import Final, Literal, TypeAlias

Language: TypeAlias = Literal["en", "es"]

_TEXTS: Final = Path(__file__).parents[1] / "web" / "texts"

_ADVICE: Final[dict[Language, dict[str, str]]] = {
    "en": {},
    "es": {
        "advice.worker_died": "El proceso que analizaba esta foto se cayó dos veces; revise la foto y la memoria.",
        "advice.internal_error": "La foto provocó una falla de img_super; por favor, repórtela.",
        "advice.unreadable_file": "No se pudo leer el archivo; revise que exista y que usted tenga permiso de leerlo.",
        "advice.file_too_large": "El archivo es más grande de lo que permite --max-file-bytes.",
        "advice.broken_archive": "El archivo comprimido está dañado desde aquí; lo anterior tiene sus filas.",
        "advice.too_many_members": "El archivo comprimido trae demasiados archivos; divídalo o descomprímalo.",
        "advice.not_an_image": "Use un archivo JPEG, PNG, WebP, HEIC, AVIF, BMP, TIFF o PDF.",
        "advice.encrypted_file": "El archivo pide contraseña; descomprímalo y analice la carpeta.",
    },
}
"""About files, which the page never has, and PDFs, which only a scan reads; English uses the errors' own."""

_OWN: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "title": "Scan of identity documents",
        "of": "Scanned:",
        "photos": "photos",
        "attack": "superimposed",
        "undetermined": "undetermined",
        "bona_fide": "no signs found",
        "threshold": "threshold",
        "failed": "not judged",
        "scores": "Scores",
        "chart": "Number of photos by score, from 0 on the left to 1 on the right.",
        "suspicious": "The most suspicious",
        "portrait": "portrait",
        "score": "score",
        "verdict": "verdict",
        "photo": "photo",
        "quality": "notes",
        "outside": "faces outside any document: {count}",
        "count": "photos",
        "code": "code",
        "advice": "what to do",
        "caution": "A score is not proof of fraud: it shows where a person should look. "
        "This file may contain personal data; keep it only as long as you need it.",
    },
    "es": {
        "title": "Revisión de documentos de identidad",
        "of": "Revisado:",
        "photos": "fotos",
        "attack": "superpuesto",
        "undetermined": "indeterminado",
        "bona_fide": "sin indicios",
        "threshold": "umbral",
        "failed": "sin respuesta",
        "scores": "Puntajes",
        "chart": "Cantidad de fotos por puntaje, de 0 a la izquierda a 1 a la derecha.",
        "suspicious": "Lo más sospechoso",
        "portrait": "retrato",
        "score": "puntaje",
        "verdict": "veredicto",
        "photo": "foto",
        "quality": "avisos",
        "outside": "rostros fuera de los documentos: {count}",
        "count": "fotos",
        "code": "código",
        "advice": "qué hacer",
        "caution": "Un puntaje no prueba un fraude: indica qué debe revisar una persona. "
        "Este archivo puede contener datos personales; guárdelo solo mientras lo necesite.",
    },
}


def _of_the_page(language: Language) -> dict[str, str]:
    """Warnings and advice, worded as on the page."""
    texts = json.loads((_TEXTS / f"{language}.json").read_text(encoding="utf-8"))
    names = {name: name for name in texts if name.startswith("quality.") and name.count(".") == 1}
    advice = {
        f"advice.{name.split('.')[1]}": name for name in texts if name.startswith("error.") and name.endswith(".advice")
    }
    return {key: texts[name_on_page] for key, name_on_page in (names | (advice if language == "es" else {})).items()}


WORDS: Final = {language: _of_the_page(language) | _OWN[language] | _ADVICE[language] for language in _OWN}
