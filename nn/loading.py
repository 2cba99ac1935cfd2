"""Loading a `state_dict` into a module: everything is checked first, then everything is copied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from retrograd.autograd_core.creation import as_tensor
from retrograd.autograd_core.modes import no_grad
from retrograd.autograd_core.tensor import Tensor
from retrograd.nn.parameter import Parameter, is_lazy

if TYPE_CHECKING:
    from retrograd.nn.module import Module

# Checkpoints made before PyTorch counted the batches of its batch norms go in too.
_MAY_BE_MISSING = {"num_batches_tracked"}


class IncompatibleKeys(NamedTuple):
    """What did not match: paths the module has and the dict lacks, and the other way round."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return (
            f"_IncompatibleKeys(missing_keys={self.missing_keys}, "
            f"unexpected_keys={self.unexpected_keys})"
        )

    __str__ = __repr__  # type: ignore[misc]


def load_into(
    module: Module, state: Mapping[str, Any], strict: bool, assign: bool
) -> IncompatibleKeys:
    """Do `Module.load_state_dict`."""
    if not isinstance(state, Mapping):
        raise TypeError(f"Expected state_dict to be dict-like, got {type(state).__name__}.")
    state = dict(state)
    messages: list[str] = []
    for path, part in module.named_modules():
        for hook in part._hooks.load_state_dict_pre if part._hooks is not None else ():
            hook(part, state, f"{path}." if path else "", {}, strict, [], [], messages)
    own: dict[str, Any] = {}
    for path, part in module.named_modules(remove_duplicate=False):
        part._save_to_state_dict(own, f"{path}." if path else "", keep_vars=True)
    missing = [n for n in own if n not in state and n.rpartition(".")[2] not in _MAY_BE_MISSING]
    unexpected = [name for name in state if name not in own]
    problems = messages + [
        problem
        for name, value in own.items()
        if name in state and (problem := _mismatch(name, value, state[name]))
    ]
    result = IncompatibleKeys(missing, unexpected)  # type: ignore[call-arg]
    hooks = [
        (part, hook)
        for _, part in module.named_modules()
        if part._hooks is not None
        for hook in part._hooks.load_state_dict
    ]
    # Hooks see what was loaded, and may forgive keys.
    _refuse(module, problems if hooks else _unmatched(result, strict) + problems)
    with no_grad():
        for name, value in own.items():
            if name in state:
                _take(module, name, value, state[name], assign)
    for part, hook in hooks:
        hook(part, result)
    _refuse(module, _unmatched(result, strict))
    return result


def _unmatched(keys: IncompatibleKeys, strict: bool) -> list[str]:
    """What to say of keys that did not match; nothing unless `strict`."""
    told = {"Missing": keys.missing_keys, "Unexpected": keys.unexpected_keys}
    return [
        f"{what} key(s) in state_dict: {_quoted(names)}."
        for what, names in told.items()
        if strict and names
    ]


def _refuse(module: Module, problems: list[str]) -> None:
    if problems:
        raise RuntimeError(
            f"Error(s) in loading state_dict for {type(module).__name__}:\n\t"
            + "\n\t".join(problems)
        )


def _mismatch(name: str, own: Any, given: Any) -> str | None:
    """Why a value of the dict cannot be taken over, if so."""
    if not isinstance(own, Tensor):
        return None
    if not hasattr(given, "shape") or not hasattr(given, "dtype"):
        return (
            f"While copying the parameter named {name!r}, expected a Tensor or array from the "
            f"checkpoint but received {type(given).__name__}."
        )
    if is_lazy(own) or tuple(own.shape) == tuple(given.shape):
        return None
    return (
        f"size mismatch for {name}: copying a param with shape {list(given.shape)} from "
        f"checkpoint, the shape in current model is {list(own.shape)}."
    )


def _quoted(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _take(module: Module, path: str, old: Any, new: Any, assign: bool) -> None:
    owner_path, _, name = path.rpartition(".")
    if name == "_extra_state":
        module.get_submodule(owner_path).set_extra_state(new)
        return
    if isinstance(old, Tensor):
        new = as_tensor(new)
    if is_lazy(old):
        old.materialize(tuple(new.shape))
    if not assign:
        old.copy_(new)
        return
    owner = module.get_submodule(owner_path)
    if isinstance(old, Parameter):
        if not isinstance(new, Parameter):
            new = Parameter(new)
        owner._parameters[name] = new.requires_grad_(old.requires_grad)
    else:
        owner._buffers[name] = new
