"""A backend whose arrays compute with NumPy and have each call written down, to be made again."""

from retrograd.backends.recording.array import Recorded, RecordedScalar
from retrograd.backends.recording.backend import RecordingBackend
from retrograd.backends.recording.program import Program
from retrograd.backends.recording.recorder import Recorder

__all__ = ["Program", "Recorded", "RecordedScalar", "Recorder", "RecordingBackend"]
