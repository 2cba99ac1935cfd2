"""Anomaly detection, under PyTorch's path."""

from retrograd.autograd_core.anomaly import (
    detect_anomaly,
    set_detect_anomaly,
)

__all__ = [
    "detect_anomaly",
    "set_detect_anomaly",
]
