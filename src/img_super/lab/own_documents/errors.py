"""What can be wrong with labelled photos: `BadLabels` ends the reading, a `PhotoRefused` leaves one photo out."""

from img_super.errors import ImgSuperError, Refusal


class BadLabels(ImgSuperError):
    """The labelled photos cannot be used; the message is one sentence that says what to do."""


class PhotoRefused(Refusal):
    """One photo is left out and reported, with its code and the reason."""


class DuplicateFile(PhotoRefused):
    """The same bytes were read before, with the same label."""

    code = "duplicate_file"
    advice = "The same file appears more than once; one copy is used."


class Contradiction(PhotoRefused):
    """The same bytes are labelled as genuine and as attack."""

    code = "contradiction"
    advice = "The same file is labelled as genuine and as attack; say which it is."


class OtherFace(PhotoRefused):
    """The service would judge another face than the annotation marks."""

    code = "other_face"
    advice = "The face the service finds is in none of the annotated boxes; check both."
