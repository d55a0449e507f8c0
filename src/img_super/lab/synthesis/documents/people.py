"""A document's holder and fictitious country, with names by faker in the locale's script."""

import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from faker import Faker

from img_super.lab.synthesis.documents.vocabulary import vocabulary

_HEADS: Final = ("VAL", "MOR", "TER", "AN", "SOL", "QUIR", "BEL", "ZAN", "LUM", "OR", "CAS", "NOV", "EST", "ARV", "ILM")
_MIDDLES: Final = ("DO", "TA", "RI", "VE", "NO", "LA", "MI", "SE", "GO", "BA")
_TAILS: Final = ("RIA", "NIA", "LAND", "VIA", "DOR", "MAR", "TAN", "QUE", "LIA", "SIA")


@dataclass(frozen=True, slots=True)
class Person:
    """A document's data about a fictitious person and state."""

    locale: str
    state: str
    country: str
    surname: str
    given: str
    surname_mrz: str
    given_mrz: str
    sex: str
    born: str
    expires: str
    number: str
    personal: str
    place: str
    address: str


def script_of(locale: str) -> str:
    """`latin`, `cyrillic` or `greek`."""
    language = locale[:2]
    return "cyrillic" if language in ("ru", "uk", "bg") else "greek" if language == "el" else "latin"


def draw_person(rng: np.random.Generator, locale: str) -> Person:
    """Invent a person."""
    faker = _faker(locale)
    faker.seed_instance(int(rng.integers(2**31)))
    female = bool(rng.random() < 0.5)
    surname = (faker.last_name_female() if female else faker.last_name_male()).upper()
    given = (faker.first_name_female() if female else faker.first_name_male()).upper()
    if rng.random() < 0.5:
        given += " " + faker.first_name_female().upper() if female else " " + faker.first_name_male().upper()
    if locale[:2] in ("es", "pt") and rng.random() < 0.7:
        surname += " " + faker.last_name().upper()
    name = str(rng.choice(_HEADS)) + str(rng.choice(_MIDDLES)) + str(rng.choice(_TAILS))
    letters = "".join(chr(65 + value) for value in rng.integers(0, 26, 2)) if rng.random() < 0.5 else ""
    digits = int(rng.integers(6, 10)) - len(letters)
    return Person(
        locale, _state(rng, name, script_of(locale)), name[:3], surname, given, _plain(surname), _plain(given),
        "F" if female else "M", _date(rng, 1945, 2004), _date(rng, 2026, 2036),
        letters + _digits(rng, digits), _digits(rng, int(rng.integers(8, 12))), faker.city().upper(),
        " ".join(faker.street_address().split()).upper(),
    )  # fmt: skip


@cache
def _faker(locale: str) -> Faker:
    return Faker(locale, providers=["faker.providers.person", "faker.providers.address"])  # loading all 26 is slow


def _state(rng: np.random.Generator, name: str, script: str) -> str:
    words = vocabulary()
    forms = words.states[script]
    spelling = {"cyrillic": words.cyrillic, "greek": words.greek}.get(script, {})
    spelled = "".join(spelling.get(letter, letter) for letter in name)
    return forms[int(rng.integers(len(forms)))].format(spelled, spelled.title())


def _plain(text: str) -> str:
    latin = vocabulary().latin_letters
    spelled = "".join(latin.get(letter, letter) for letter in unicodedata.normalize("NFC", text))
    bare = (letter for letter in unicodedata.normalize("NFKD", spelled) if not unicodedata.combining(letter))
    spelled = "".join(latin.get(letter, letter) for letter in bare)
    return "".join(letter if "A" <= letter <= "Z" else " " for letter in spelled if letter not in "'.")


def _date(rng: np.random.Generator, first: int, last: int) -> str:
    """Year (two digits), month, day."""
    year, month, day = (int(rng.integers(low, high)) for low, high in ((first, last), (1, 13), (1, 29)))
    return f"{year % 100:02d}{month:02d}{day:02d}"


def _digits(rng: np.random.Generator, count: int) -> str:
    return "".join(str(digit) for digit in rng.integers(0, 10, count))


def shown_date(date: str, form: str) -> str:
    """An MRZ date as people read it; `form` is for example `{d} {m} {y}`."""
    year = int(date[:2])
    return form.format(d=date[4:6], m=date[2:4], y=1900 + year if year > 40 else 2000 + year)
