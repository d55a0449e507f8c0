"""Machine-readable codes: the MRZ with its check digits, and barcodes."""

from functools import lru_cache
from typing import Final

import numpy as np
import zxingcpp

from img_super.domain import UInt8Array
from img_super.lab.synthesis.documents.people import Person

_WEIGHTS: Final = (7, 3, 1)
_FORMATS: Final = {
    "pdf417": zxingcpp.BarcodeFormat.PDF417,
    "qr": zxingcpp.BarcodeFormat.QRCode,
    "code128": zxingcpp.BarcodeFormat.Code128,
    "code39": zxingcpp.BarcodeFormat.Code39,
    "aztec": zxingcpp.BarcodeFormat.Aztec,
    "datamatrix": zxingcpp.BarcodeFormat.DataMatrix,
}


def check_digit(field: str) -> str:
    """The check digit of an MRZ field: weights 7, 3, 1; letters count from 10. Source: ICAO Doc 9303-3."""
    values = (0 if letter == "<" else int(letter, 36) for letter in field)
    return str(sum(value * _WEIGHTS[place % 3] for place, value in enumerate(values)) % 10)


def mrz_lines(person: Person, form: str) -> tuple[str, ...]:
    """The machine-readable zone of a TD1, TD2 or TD3 document."""
    if form == "td1":
        return _td1(person)
    width, kind = (44, "P<") if form == "td3" else (36, "I<")
    upper = _filled(kind + person.country + _names(person), width)
    number = _filled(person.number, 9)
    body = number + check_digit(number) + person.country + _dates(person)
    if form == "td3":
        personal = _filled(person.personal, 14)
        body += personal + check_digit(personal)
    else:
        body = _filled(body + person.personal, width - 1)
    places = body[0:10] + body[13:20] + body[21:]
    return upper, body[: width - 1] + check_digit(places)


def _td1(person: Person) -> tuple[str, ...]:
    number = _filled(person.number, 9)
    upper = _filled("I<" + person.country + number + check_digit(number) + person.personal, 30)
    dates = _dates(person)
    middle = _filled(dates + person.country, 29)
    total = check_digit(upper[5:30] + dates[0:7] + dates[8:15] + middle[18:29])
    return upper, middle + total, _filled(_names(person), 30)


def _dates(person: Person) -> str:
    return person.born + check_digit(person.born) + person.sex + person.expires + check_digit(person.expires)


def _names(person: Person) -> str:
    return f"{person.surname_mrz}<<{person.given_mrz}".replace(" ", "<")


def _filled(text: str, width: int) -> str:
    return text[:width].ljust(width, "<")


@lru_cache(256)
def barcode(form: str, text: str) -> UInt8Array:
    """A barcode, uint8, 0 (ink) and 255, one pixel per module (linear ones are a few pixels high)."""
    code = zxingcpp.create_barcode(text, _FORMATS[form])
    return np.array(code.to_image(scale=1), np.uint8)
