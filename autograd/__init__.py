"""Differentiation, under PyTorch's names; all of it is defined in `retrograd.autograd_core`."""

from retrograd.autograd import function, functional, graph
from retrograd.autograd.anomaly_mode import detect_anomaly, set_detect_anomaly
from retrograd.autograd.grad_mode import enable_grad, inference_mode, no_grad, set_grad_enabled
from retrograd.autograd.gradcheck import GradcheckError, gradcheck, gradgradcheck
from retrograd.autograd.variable import Variable
from retrograd.autograd_core.engine import backward, grad
from retrograd.autograd_core.function import Function

__all__ = [
    "Variable",
    "Function",
    "GradcheckError",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "function",
    "functional",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "graph",
    "inference_mode",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
]
