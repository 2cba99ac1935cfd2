"""Learning-rate schedulers, under PyTorch's path."""

from retrograd.optim.chains import ChainedScheduler, ReduceLROnPlateau, SequentialLR
from retrograd.optim.cycles import CosineAnnealingWarmRestarts, CyclicLR, OneCycleLR
from retrograd.optim.scheduler import LRScheduler
from retrograd.optim.schedules import (
    ConstantLR,
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiplicativeLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)

_LRScheduler = LRScheduler

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
]
