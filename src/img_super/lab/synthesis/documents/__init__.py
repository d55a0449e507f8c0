"""Documents of fictitious states: designs as data, drawn as blanks, printed as genuine cards."""

from img_super.lab.synthesis.documents.blank import Blank, Card, Overprint, PortraitStyle
from img_super.lab.synthesis.documents.cards import make_card
from img_super.lab.synthesis.documents.design import family_names
from img_super.lab.synthesis.documents.docxpand import DOCXPAND_NAMES, docxpand_blank
from img_super.lab.synthesis.documents.drawing import draw_blank

__all__ = [
    "DOCXPAND_NAMES",
    "Blank",
    "Card",
    "Overprint",
    "PortraitStyle",
    "docxpand_blank",
    "draw_blank",
    "family_names",
    "make_card",
]
