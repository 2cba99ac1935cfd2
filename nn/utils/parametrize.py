"""Parameters computed from others: `register_parametrization` and what belongs to it.

A parametrized module gets a class of its own, on which the parameter is a property: reading it runs
the parametrizations, assigning to it runs their inverses. What it is computed from lies in
``module.parametrizations[name]``, as PyTorch's `state_dict` has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from retrograd.autograd_core.modes import no_grad
from retrograd.autograd_core.tensor import Tensor
from retrograd.nn.module import Module
from retrograd.nn.modules.container import ModuleDict, ModuleList
from retrograd.nn.parameter import Parameter

__all__ = [
    "ParametrizationList",
    "cached",
    "is_parametrized",
    "register_parametrization",
    "remove_parametrizations",
    "type_before_parametrizations",
]

M = TypeVar("M", bound=Module)


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, applied one after another, and what they begin with.

    Attributes
    ----------
    original : Parameter or Tensor
        What the tensor is computed from; ``original0``, ``original1`` ... where the first
        parametrization takes several.

    Examples
    --------
    >>> layer = rg.nn.utils.parametrizations.weight_norm(rg.nn.Linear(3, 2))
    >>> [name for name, _ in layer.parametrizations.weight.named_parameters()]
    ['original0', 'original1']
    """

    def __init__(self, modules: Sequence[Module], original: Tensor, unsafe: bool = False):
        if not modules:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        value = self._invert(original)
        self.is_tensor = isinstance(value, Tensor)
        if self.is_tensor:
            # The parameter stays the object that optimizers hold.
            with no_grad():
                original.data = value
            self._keep("original", original, isinstance(original, Parameter))
        else:
            self.ntensors = len(value)
            for k, part in enumerate(value):
                self._keep(f"original{k}", part, isinstance(original, Parameter))
        if not unsafe:
            _check(original, self())

    def _keep(self, name: str, value: Tensor, trained: bool) -> None:
        if not trained:
            self.register_buffer(name, value)
        elif isinstance(value, Parameter):
            self.register_parameter(name, value)
        else:
            self.register_parameter(name, Parameter(value, value.dtype.is_floating_point))

    def _originals(self) -> list[Tensor]:
        if self.is_tensor:
            return [self.original]
        return [getattr(self, f"original{k}") for k in range(self.ntensors)]

    def forward(self) -> Tensor:
        """The tensor now."""
        first, *others = self
        value = first(*self._originals())
        for parametrization in others:
            value = parametrization(value)
        return value

    def _invert(self, value: Any) -> Any:
        """What the parametrizations compute `value` from; those without an inverse keep it."""
        with no_grad():
            for parametrization in reversed(list(self)):
                if hasattr(parametrization, "right_inverse"):
                    value = parametrization.right_inverse(value)
        return value

    def right_inverse(self, value: Tensor) -> None:
        """Write what `value` is computed from; RuntimeError if a parametrization has no inverse."""
        for parametrization in self:
            if not hasattr(parametrization, "right_inverse"):
                raise RuntimeError(
                    f"parametrization {type(parametrization).__name__} does not implement "
                    "right_inverse: without it the tensor cannot be assigned to"
                )
        found = self._invert(value)
        with no_grad():
            for original, part in zip(
                self._originals(), [found] if self.is_tensor else found, strict=True
            ):
                original.data = part.to(original.dtype)


def _check(before: Tensor, after: Any) -> None:
    """ValueError if a parametrized tensor is no tensor, or of another shape or type."""
    if not isinstance(after, Tensor):
        raise ValueError(f"A parametrization must return a tensor. Got {type(after).__name__}.")
    for name in ("shape", "dtype"):
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            raise ValueError(
                f"Registering a parametrization may not change the {name} of the tensor, unless "
                f"`unsafe` flag is enabled.\nunparametrized {name}: {old}\n"
                f"parametrized {name}: {new}"
            )


def register_parametrization(
    module: M, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> M:
    """Compute a parameter or buffer of `module` by another module from now on.

    Parameters
    ----------
    module : Module
    tensor_name : str
        The parameter or buffer; several parametrizations of one are applied in turn.
    parametrization : Module
        Called with the tensor that is trained in its place. If it has a method
        ``right_inverse(tensor)``, that gives the first value of this tensor, or of several, and
        ``module.name = value`` works; else the first value is that of the parameter.
    unsafe : bool
        Let it change the shape or the type.

    Examples
    --------
    >>> class Symmetric(rg.nn.Module):
    ...     def forward(self, x):
    ...         return x.triu() + x.triu(1).mT
    >>> layer = rg.nn.Linear(3, 3)
    >>> layer = rg.nn.utils.parametrize.register_parametrization(layer, "weight", Symmetric())
    >>> bool((layer.weight == layer.weight.T).all())
    True
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        parts = module.parametrizations[tensor_name]
        if not unsafe:
            _check(value := parts(), parametrization(value))
        parts.append(parametrization)
        parts.unsafe = parts.unsafe or unsafe
        return module
    if tensor_name not in module._parameters and tensor_name not in module._buffers:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with "
            f"name '{tensor_name}'"
        )
    parts = ParametrizationList([parametrization], getattr(module, tensor_name), unsafe)
    delattr(module, tensor_name)
    if not is_parametrized(module):
        module.__class__ = _parametrized(type(module), ())
        module.parametrizations = ModuleDict()
    module.parametrizations[tensor_name] = parts
    setattr(type(module), tensor_name, _computed(tensor_name))
    return module


def _parametrized(kind: type[Module], names: Sequence[str]) -> Any:
    """The class of one parametrized module, `names` its parametrized tensors."""
    members: dict[str, Any] = {name: _computed(name) for name in names}
    # Each copy has a class of its own, since a parametrization may be removed from one of them.
    members["__reduce_ex__"] = _reduce
    return type(f"Parametrized{kind.__name__}", (kind,), members)


def _reduce(module: Module, protocol: int) -> Any:
    names = (type_before_parametrizations(module), tuple(module.parametrizations.keys()))
    return _blank, names, module.__getstate__()


def _blank(kind: type[Module], names: Sequence[str]) -> Module:
    """What a copy or an unpickled module begins as."""
    return object.__new__(_parametrized(kind, names))


def _computed(name: str) -> property:
    """The property that stands for a parametrized tensor."""

    def get(module: Module) -> Tensor:
        parts = module.parametrizations[name]
        if not _cache.users:
            return parts()
        if parts not in _cache.values:
            _cache.values[parts] = parts()
        return _cache.values[parts]

    def set_(module: Module, value: Tensor) -> None:
        module.parametrizations[name].right_inverse(value)

    return property(get, set_)


class _Cache:
    """Values computed once while a `cached` block runs, by their parametrizations."""

    def __init__(self) -> None:
        self.users = 0
        self.values: dict[Module, Tensor] = {}


_cache = _Cache()


@contextmanager
def cached() -> Iterator[None]:
    """Compute each parametrized tensor once while the block runs, as for a recurrent network.

    Examples
    --------
    >>> layer = rg.nn.utils.parametrizations.weight_norm(rg.nn.Linear(3, 2))
    >>> with rg.nn.utils.parametrize.cached():
    ...     layer.weight is layer.weight
    True
    """
    _cache.users += 1
    try:
        yield
    finally:
        _cache.users -= 1
        if not _cache.users:
            _cache.values.clear()


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether a module, or one tensor of it, is parametrized.

    Examples
    --------
    >>> rg.nn.utils.parametrize.is_parametrized(rg.nn.Linear(2, 2), "weight")
    False
    """
    found = module._modules.get("parametrizations")
    if not isinstance(found, ModuleDict):
        return False
    return len(found) > 0 if tensor_name is None else tensor_name in found


def remove_parametrizations(module: M, tensor_name: str, leave_parametrized: bool = True) -> M:
    """Make a parametrized tensor an ordinary one again.

    Parameters
    ----------
    module : Module
    tensor_name : str
    leave_parametrized : bool
        Keep its present value; else that of ``original``, which must be one tensor.

    Examples
    --------
    >>> layer = rg.nn.utils.parametrizations.weight_norm(rg.nn.Linear(3, 2))
    >>> rg.nn.utils.parametrize.remove_parametrizations(layer, "weight")
    Linear(in_features=3, out_features=2, bias=True)
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    parts = module.parametrizations[tensor_name]
    if not (leave_parametrized or parts.is_tensor):
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized "
            "in terms of a sequence of tensors."
        )
    first = parts._originals()[0]
    value = parts().detach() if leave_parametrized else first.detach()
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    if parts.is_tensor:
        with no_grad():
            first.data = value
        value = first
    elif isinstance(first, Parameter):
        value = Parameter(value)
    if isinstance(value, Parameter):
        module.register_parameter(tensor_name, value)
    else:
        module.register_buffer(tensor_name, value)
    if not is_parametrized(module):
        del module.parametrizations
        module.__class__ = type_before_parametrizations(module)  # type: ignore[assignment]
    return module


def type_before_parametrizations(module: Module) -> type[Module]:
    """The class that a module had before it was parametrized.

    Examples
    --------
    >>> layer = rg.nn.utils.parametrizations.weight_norm(rg.nn.Linear(3, 2))
    >>> type(layer).__name__
    'ParametrizedLinear'
    >>> rg.nn.utils.parametrize.type_before_parametrizations(layer).__name__
    'Linear'
    """
    kind = type(module)
    return kind.__bases__[0] if kind.__name__.startswith("Parametrized") else kind
