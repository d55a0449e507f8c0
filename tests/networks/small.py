"""A fast network with the validator's outputs and named layers.

Training, tuning and copying are tested on it; the whole network in `test_network`, and once in `test_logit_probe`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras


def small_network(input_side_px: int, neck_channels: int = 8, dropout: float = 0.0) -> keras.Model:
    """Untrained; takes the arguments of `build_network`."""
    import keras

    crop = keras.Input((input_side_px, input_side_px, 3), name="crop")
    scaled = keras.layers.Rescaling(1 / 128, offset=-1, name="rescaling")(crop)
    seen = keras.layers.Conv2D(16, 3, strides=4, padding="same", name="stem_conv")(scaled)
    seen = keras.layers.ReLU(name="seen")(seen)
    features = keras.layers.Conv2D(neck_channels, 3, strides=4, padding="same", name="neck_conv")(seen)
    heat_map = keras.layers.Conv2D(1, 1, activation="sigmoid", name="heat_map")(features)
    mean, peak = keras.layers.GlobalAveragePooling2D()(seen), keras.layers.GlobalMaxPooling2D()(seen)
    pooled = keras.layers.Dropout(dropout)(keras.layers.Concatenate(name="pooled")([mean, peak]))
    return keras.Model(crop, {"logit": keras.layers.Dense(1, name="logit")(pooled), "heat_map": heat_map})
