"""Classifies the faces that are not a document's portrait: ghosts, or the holder's and bystanders'."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from img_super.detector.closer_look import BEYOND
from img_super.domain import Detection, Face


@dataclass(frozen=True, slots=True)
class FacesBeside:
    """A photo's documents and the faces that are not their portraits."""

    documents: Sequence[Detection]
    faces: Sequence[Face]

    @classmethod
    def of(cls, documents: Sequence[Detection]) -> Self:
        portraits = [document.portrait.box for document in documents]
        faces = [face for document in documents for face in document.others]
        return cls(documents, [face for face in faces if not any(map(face.box.is_same_face, portraits))])

    def ghosts(self, document: Detection) -> list[Face]:
        """The faces inside the visible part of this document, or close to it and to no other."""
        other_documents = [other for other in self.documents if other is not document]
        return [
            face
            for face in self.faces
            if _holds(document, face, 0)
            or (_holds(document, face, BEYOND) and not any(_holds(other, face, 0) for other in other_documents))
        ]

    def outside(self) -> list[Face]:
        """The faces outside every document; none if documents were not looked for."""
        alone = [document.portrait for document in self.documents if document.no_document]
        if not alone and not any(document.document for document in self.documents):
            return []
        return alone + [
            face for face in self.faces if not any(_holds(document, face, BEYOND) for document in self.documents)
        ]


def _holds(document: Detection, face: Face, beyond: float) -> bool:
    """Whether the face's centre is in the document's box, extended by `beyond` sides of its portrait."""
    if document.document is None:
        return False
    margin = round(beyond * document.portrait.box.width)
    return document.document.box.grown(margin, margin).contains(*face.box.centre_xy)
