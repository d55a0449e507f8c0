"""Limits each test process to one core, so that two run side by side; set before NumPy and TensorFlow load."""

import os
from typing import Final

_THREADS: Final = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "OPENCV_FOR_THREADS_NUM",
    "TF_NUM_INTEROP_THREADS",
    "TF_NUM_INTRAOP_THREADS",
)
for _name in _THREADS:
    os.environ.setdefault(_name, "1")
