"""The words on documents: titles and labels by script, and the values of a person's fields."""

from typing import Final

import numpy as np

from img_super.lab.synthesis.documents.people import Person, script_of, shown_date
from img_super.lab.synthesis.documents.vocabulary import vocabulary

DATE_FORMS: Final = ("{d} {m} {y}", "{d}.{m}.{y}", "{d}/{m}/{y}", "{y}-{m}-{d}", "{d}-{m}-{y}")


def title(rng: np.random.Generator, person: Person, form: str) -> str:
    """The document's title."""
    titles = vocabulary().titles[script_of(person.locale)]
    names = titles.get(form) or titles["id"]
    return names[int(rng.integers(len(names)))]


def fields(rng: np.random.Generator, person: Person) -> list[tuple[str, str]]:
    """Labels and values in the usual order; sometimes one is missing or two are swapped."""
    labels = vocabulary().labels[script_of(person.locale)]
    column = int(rng.integers(6))
    form = DATE_FORMS[int(rng.integers(len(DATE_FORMS)))]
    values = (
        person.surname, person.given, person.country, person.sex, shown_date(person.born, form), person.place,
        person.number, shown_date(_issued(person), form), shown_date(person.expires, form), person.address,
        person.state[:18], f"{int(rng.integers(150, 196))}",
    )  # fmt: skip
    rows = [(names[column % len(names)], value) for names, value in zip(labels, values, strict=True)]
    shown_rows = [row for place, row in enumerate(rows) if place < 2 or rng.random() < 0.85]
    if rng.random() < 0.3:
        place = int(rng.integers(2, len(shown_rows) - 1))
        shown_rows[place], shown_rows[place + 1] = shown_rows[place + 1], shown_rows[place]
    return shown_rows


def _issued(person: Person) -> str:
    return f"{max(10, int(person.expires[:2]) - 10):02d}{person.expires[2:]}"
