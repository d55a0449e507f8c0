"""The baselines to beat: the legacy system's CNN, and a frozen ImageNet backbone with a logistic regression.

Both take the same crops and give the one output `logit`; they are exported and evaluated as the network is, and never
shipped.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from img_super.lab.dataset.crops import CropSet
from img_super.pipeline.crop import CROP_FACE_SIZES
from img_super.validator.network import build_network, load_backbone

OLD_INPUT_HW: Final = (640, 480)
OLD_MARGIN: Final = 0.05
"""The old system cut out the face with so much of its size on each side."""

_BATCH: Final = 64


def build_old_system(side_px: int) -> keras.Model:
    """The legacy CNN, layer by layer, after resampling our crops to its input.

    Our crops are squares of `CROP_FACE_SIZES` face sizes around the face. Their middle, the face with 5 % on each side,
    is stretched to 640 x 480; in crops of 288 px it is 132 px wide, so the CNN sees less detail than on photos.
    74.1 million parameters. The sigmoid is part of the loss and the calibration.

    Args:
        side_px: side of the crops, RGB 0 to 255.
    """
    crop = keras.Input((side_px, side_px, 3), name="crop")
    kept_px = round(side_px * (1 + 2 * OLD_MARGIN) / CROP_FACE_SIZES)
    x = keras.layers.Cropping2D((side_px - kept_px) // 2, name="face_with_margin")(crop)
    x = keras.layers.Resizing(*OLD_INPUT_HW, name="stretched")(x)
    x = keras.layers.Rescaling(1 / 255, name="scaled")(x)
    x = keras.layers.Conv2D(32, 3, activation="relu", name="conv0")(x)
    x = keras.layers.MaxPooling2D(2, name="pool0")(x)
    x = keras.layers.MaxPooling2D(2, name="pool1")(x)
    x = keras.layers.Conv2D(64, 3, activation="relu", name="conv1")(x)
    x = keras.layers.MaxPooling2D(2, name="pool2")(x)
    x = keras.layers.Dense(256, activation="relu", name="dense")(keras.layers.Flatten(name="flat")(x))
    return keras.Model(crop, {"logit": keras.layers.Dense(1, name="logit")(x)}, name="old_system")


def train_old_system(
    training: CropSet, validation: CropSet, epochs: int, batch_size: int = 16, seed: int = 1
) -> keras.Model:
    """Train as the legacy system did, with Adam and cross-entropy; keep the epoch with the best validation AUC."""
    keras.utils.set_random_seed(seed)
    network = build_old_system(training.crops.shape[1])
    network.compile(
        "adam",
        {"logit": keras.losses.BinaryCrossentropy(from_logits=True)},
        metrics={"logit": [keras.metrics.AUC(from_logits=True, name="auc")]},
        jit_compile=False,
    )
    network.fit(
        training.crops,
        {"logit": training.labels[:, None]},
        batch_size=batch_size,
        epochs=epochs,
        validation_data=(validation.crops, {"logit": validation.labels[:, None]}),
        callbacks=[keras.callbacks.EarlyStopping("val_auc", patience=epochs, mode="max", restore_best_weights=True)],
        verbose=2,
    )
    return network


def fit_frozen_backbone(training: CropSet, imagenet: Path, seed: int = 1) -> keras.Model:
    """EfficientNet-Lite0 as ImageNet left it, up to stride 16; the mean of its features into a logistic regression.

    The regularisation strength is chosen by cross-validation that keeps each document's crops together.

    Args:
        imagenet: `.npz` of `training.imagenet`.
    """
    features = _frozen_features(training.crops.shape[1], imagenet)
    seen = features.predict(training.crops, batch_size=_BATCH, verbose=0)
    search = GridSearchCV(
        make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000, random_state=seed)),
        {"logisticregression__C": [1e-3, 1e-2, 1e-1, 1.0]},
        scoring="roc_auc",
        cv=GroupKFold(4),
    )
    best = search.fit(seen, training.labels, groups=training.documents).best_estimator_
    head = keras.layers.Dense(1, name="logit")
    network = keras.Model(features.input, {"logit": head(features.output)}, name="frozen_backbone")
    head.set_weights(_as_dense(best["standardscaler"], best["logisticregression"]))
    return network


def _frozen_features(side_px: int, imagenet: Path) -> keras.Model:
    network = build_network(side_px)
    load_backbone(network, imagenet)
    last = [layer for layer in network.layers if layer.name.startswith("block")][-1]
    return keras.Model(network.input, keras.layers.GlobalAveragePooling2D(name="mean_feature")(last.output))


def _as_dense(scaler: StandardScaler, regression: LogisticRegression) -> list[npt.NDArray[Any]]:
    """Standardisation and regression as one kernel and bias."""
    kernel = regression.coef_[0] / scaler.scale_
    bias = regression.intercept_[0] - float(kernel @ scaler.mean_)
    return [np.asarray(kernel, np.float32)[:, None], np.array([bias], np.float32)]
