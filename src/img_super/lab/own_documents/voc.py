"""Boxes from an annotation in Pascal VOC's XML, as the tools of the field write it.

Source: M. Everingham et al., "The PASCAL Visual Object Classes Challenge", 2010.
"""

from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from img_super.domain import Box
from img_super.lab.own_documents.errors import BadLabels


def marked_boxes(xml: bytes, name: str) -> tuple[Box, ...]:
    """The box of every object, in absolute pixels; none when the annotation marks nothing.

    Raises `BadLabels`: it is no XML, declares entities, or has a box without four numbers.
    """
    try:
        root: Element = fromstring(xml)
        return tuple(_box(bounds) for bounds in root.iterfind("./object/bndbox"))
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise BadLabels(f"The annotation {name} is no Pascal VOC file that can be read.") from error


def _box(bounds: Element) -> Box:
    x_min, y_min, x_max, y_max = (float(bounds.findtext(corner, "")) for corner in ("xmin", "ymin", "xmax", "ymax"))
    return Box.from_xywh(x_min, y_min, x_max - x_min, y_max - y_min)
