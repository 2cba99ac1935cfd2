"""Jacobians, Hessians and their products with vectors, under PyTorch's names."""

from retrograd.autograd_core.functional import hessian, hvp, jacobian, jvp, vhp, vjp

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]
