"""A network with the validator's answers and the layers that are asked for by name: soon built, traced, kept and read.

What trains, tunes and copies networks is tried on it; the whole network is `test_network`'s, and `test_logit_probe`'s
once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras


def small_network(input_side_px: int, neck_channels: int = 8, dropout: float = 0.0) -> keras.Model:
    """It has learned nothing; takes what `build_network` takes."""
    import keras

    crop = keras.Input((input_side_px, input_side_px, 3), name="crop")
    scaled = keras.layers.Rescaling(1 / 128, offset=-1, name="rescaling")(crop)
    seen = keras.layers.Conv2D(16, 3, strides=4, padding="same", activation="relu", name="stem_conv")(scaled)
    features = keras.layers.Conv2D(neck_channels, 3, strides=4, padding="same", name="neck_conv")(seen)
    heat_map = keras.layers.Conv2D(1, 1, activation="sigmoid", name="heat_map")(features)
    mean, peak = keras.layers.GlobalAveragePooling2D()(seen), keras.layers.GlobalMaxPooling2D()(seen)
    pooled = keras.layers.Dropout(dropout)(keras.layers.Concatenate(name="pooled")([mean, peak]))
    return keras.Model(crop, {"logit": keras.layers.Dense(1, name="logit")(pooled), "heat_map": heat_map})
