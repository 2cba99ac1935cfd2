"""What weight and spectral normalization share: a parameter computed before each forward pass."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.tensor import Tensor
from retrograd.nn.module import Module
from retrograd.nn.parameter import Parameter, is_lazy


class Reparametrization:
    """A forward pre-hook that sets `name` from other parameters of the module."""

    what: str

    def __init__(self, name: str):
        self.name = name

    def compute(self, module: Module) -> Tensor:
        """The value of the parameter now."""
        raise NotImplementedError

    def begin(self, module: Module, weight: Parameter) -> None:
        """Register what the parameter is to be computed from."""
        raise NotImplementedError

    def remove(self, module: Module) -> Tensor:
        """Take away what `begin` registered; return the parameter's value."""
        raise NotImplementedError

    def __call__(self, module: Module, args: Any) -> None:
        setattr(module, self.name, self.compute(module))


def attach(module: Module, rule: Reparametrization) -> None:
    """Make `rule` compute a parameter of the module from now on."""
    weight = module._parameters.get(rule.name)
    if _rule_of(module, type(rule), rule.name) is not None:
        raise RuntimeError(
            f"Cannot register two {rule.what} hooks on the same parameter {rule.name}"
        )
    if weight is None:
        raise ValueError(f"{rule.what} cannot be applied: there is no parameter {rule.name!r}")
    if is_lazy(weight):
        raise ValueError(
            f"{rule.what} cannot be applied to a parameter without a shape: run a batch through "
            "the lazy module first"
        )
    delattr(module, rule.name)
    rule.begin(module, weight)
    setattr(module, rule.name, rule.compute(module))
    module.register_forward_pre_hook(rule)


def detach(module: Module, kind: type[Reparametrization], name: str) -> None:
    """Make the computed parameter an ordinary one of its last value."""
    rule = _rule_of(module, kind, name)
    if rule is None:
        raise ValueError(f"{kind.what} of '{name}' not found in {module}")
    value = rule.remove(module)
    delattr(module, name)
    module.register_parameter(name, Parameter(value.detach()))
    hooks = module._hooks.forward_pre  # type: ignore[union-attr]
    hooks[:] = [hook for hook in hooks if hook.function is not rule]


def _rule_of(module: Module, kind: type[Any], name: str) -> Any:
    """The rule of that kind for a parameter, or None."""
    hooks = module._hooks.forward_pre if module._hooks is not None else []
    functions = [hook.function for hook in hooks]
    return next((f for f in functions if isinstance(f, kind) and f.name == name), None)
