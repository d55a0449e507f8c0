"""Features without pixels: the file, the sizes, the drawn parameters."""

import numpy as np

from img_super.lab.evaluation.audit.rows import AuditRow

Features = dict[str, float]


def jpeg_tables(row: AuditRow) -> Features:
    """The file's header: format, quality (which stands for the quantisation tables), subsampling."""
    file = row.file
    return {f"format={file.format}": 1.0, "quality": file.quality, "subsampled": float(file.subsampled)}


def file_size(row: AuditRow) -> Features:
    """The file's bytes, in total and per pixel."""
    pixels = row.photo_wh[0] * row.photo_wh[1]
    return {"log_bytes": float(np.log(row.file.bytes)), "log_bytes_a_pixel": float(np.log(row.file.bytes / pixels))}


def image_size(row: AuditRow) -> Features:
    """The sizes of photo and face, and the mirrored share of a crop that extends beyond the photo."""
    box = row.crop_box
    (width, height), (face_width, face_height) = row.photo_wh, row.face_wh
    return {
        "width_px": width,
        "height_px": height,
        "megapixels": width * height / 1e6,
        "face_width_px": face_width,
        "face_height_px": face_height,
        "face_shape": face_width / face_height,
        "face_share": face_width * face_height / (width * height),
        "mirrored_share": 1 - box.clipped(row.photo_wh).area / box.area,
    }


def parameters(row: AuditRow) -> Features:
    """Every drawn number and choice of card, camera and saves."""
    features: Features = {}
    for part, facts in (("card", row.card), ("capture", row.capture), ("passing", row.passing)):
        for name, value in facts.items():
            if isinstance(value, str):
                features[f"{part}.{name}={value}"] = 1.0
            else:
                features[f"{part}.{name}"] = float(value)
    return features
