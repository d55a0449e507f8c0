"""Knowledge that needs no pixels: the file, the sizes, the parameters that were drawn."""

import numpy as np

from img_super.lab.evaluation.audit.rows import AuditRow

Features = dict[str, float]


def jpeg_tables(row: AuditRow) -> Features:
    """What the file's header says: format, quality (which stands for the quantisation tables), subsampling."""
    file = row.file
    return {f"format={file.format}": 1.0, "quality": file.quality, "subsampled": float(file.subsampled)}


def file_size(row: AuditRow) -> Features:
    """How many bytes, and how many for a pixel."""
    pixels = row.photo_wh[0] * row.photo_wh[1]
    return {"log_bytes": float(np.log(row.file.bytes)), "log_bytes_a_pixel": float(np.log(row.file.bytes / pixels))}


def image_size(row: AuditRow) -> Features:
    """The photo's and the face's measures, and how much of the crop is mirrored since it reaches beyond the photo."""
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
    """Every number and every choice that card, camera and saves were drawn with."""
    features: Features = {}
    for part, facts in (("card", row.card), ("capture", row.capture), ("passing", row.passing)):
        for name, value in facts.items():
            if isinstance(value, str):
                features[f"{part}.{name}={value}"] = 1.0
            else:
                features[f"{part}.{name}"] = float(value)
    return features
