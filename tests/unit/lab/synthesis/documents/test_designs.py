from __future__ import annotations

import numpy as np
import pytest

from img_super.lab.synthesis.documents.codes import barcode, check_digit, mrz_lines
from img_super.lab.synthesis.documents.design import PROCEDURAL, family_names, read_design
from img_super.lab.synthesis.documents.items import DRAWERS
from img_super.lab.synthesis.documents.lines import PATTERNS
from img_super.lab.synthesis.documents.overprints import DRAWERS as OVERPRINTS
from img_super.lab.synthesis.documents.people import draw_person
from img_super.lab.synthesis.documents.procedural import draw_design
from img_super.lab.synthesis.portraits.tones import KINDS

NAMED = tuple(name for name in family_names() if name != PROCEDURAL)


def test_many_families_and_the_procedural_one() -> None:
    assert len(NAMED) >= 16
    assert family_names()[-1] == PROCEDURAL


@pytest.mark.parametrize("family", [*NAMED, PROCEDURAL])
def test_designs_use_existing_elements(family: str) -> None:
    design = draw_design(np.random.default_rng(1)) if family == PROCEDURAL else read_design(family)
    assert design.family == family
    assert {item.kind for item in design.items} <= set(DRAWERS)
    assert set(design.patterns) <= set(PATTERNS)
    assert set(design.overprints) <= set(OVERPRINTS)
    assert set(design.portrait.tones) <= set(KINDS)
    assert 0 < design.frame[2] < 1
    assert design.frame[0] + design.frame[2] < 1


def test_check_digit_matches_the_icao_example() -> None:
    assert check_digit("D23145890") == "7"
    assert check_digit("740812") == "2"
    assert check_digit("L898902C3") == "6"


@pytest.mark.parametrize(("form", "count", "width"), [("td1", 3, 30), ("td2", 2, 36), ("td3", 2, 44)])
@pytest.mark.parametrize("locale", ["es_ES", "ru_RU", "el_GR", "tr_TR"])
def test_mrz_has_valid_form_and_check_digits(form: str, count: int, width: int, locale: str) -> None:
    lines = mrz_lines(draw_person(np.random.default_rng(3), locale), form)
    assert [len(line) for line in lines] == [width] * count
    assert all(set(line) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<") for line in lines)
    if form == "td1":
        assert lines[0][14] == check_digit(lines[0][5:14])
        total = lines[0][5:30] + lines[1][0:7] + lines[1][8:15] + lines[1][18:29]
    else:
        assert lines[1][9] == check_digit(lines[1][:9])
        total = lines[1][0:10] + lines[1][13:20] + lines[1][21 : width - 1]
    assert lines[count - 2 if form == "td1" else 1][-1] == check_digit(total)


def test_barcodes_decode() -> None:
    zxing = pytest.importorskip("zxingcpp")
    for form in ("pdf417", "qr", "code128"):
        code = np.kron(np.pad(barcode(form, "AB123456"), 6, constant_values=255), np.ones((4, 4), np.uint8))
        assert [found.text for found in zxing.read_barcodes(code.astype(np.uint8))] == ["AB123456"]


def test_names_follow_the_script() -> None:
    russian = draw_person(np.random.default_rng(5), "ru_RU")
    assert any("А" <= letter <= "Я" for letter in russian.surname)  # noqa: RUF001
    assert russian.surname_mrz.replace(" ", "").isascii()
