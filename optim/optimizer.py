"""Optimizer: parameter groups, state and the step, common to all methods."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from retrograd.autograd_core.changes import changes
from retrograd.autograd_core.creation import zeros
from retrograd.autograd_core.modes import enable_grad, no_grad
from retrograd.autograd_core.node import RemovableHandle
from retrograd.autograd_core.tensor import Tensor, wrap
from retrograd.backends.dtypes import float32
from retrograd.backends.registry import XP

Params = Iterable[Tensor] | Iterable[dict[str, Any]] | Iterable[tuple[str, Tensor]]


class Optimizer:
    """The base of all optimizers.

    A subclass gives `_update`, which changes one parameter's array in place. Parameters whose `grad`
    is None are left alone.

    Parameters
    ----------
    params : iterable of Tensor, of (name, Tensor), or of dict
        What to optimize; dicts are groups with a "params" entry and settings of their own.
    defaults : dict
        The settings of groups that do not give them.
    """

    def __init__(self, params: Params, defaults: dict[str, Any]):
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, "
                "but got a Tensor: put it in a list"
            )
        self.defaults = defaults
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        self._pre_hooks: list[Callable[..., Any]] = []
        self._post_hooks: list[Callable[..., Any]] = []
        groups: list[Any] = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group: a dict with "params" and any settings that differ from the defaults."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group).__name__}")
        group = dict(param_group)
        given = group["params"]
        if isinstance(given, set):
            raise TypeError("optimizer parameters need an order: use a list instead of a set")
        entries = [given] if isinstance(given, Tensor) else list(given)
        if entries and isinstance(entries[0], tuple):
            group["param_names"] = [name for name, _ in entries]
            entries = [p for _, p in entries]
        known = {id(p) for g in self.param_groups for p in g["params"]}
        for p in entries:
            self._check(p, known)
            known.add(id(p))
        group["params"] = entries
        for name, value in self.defaults.items():
            group.setdefault(name, value)
        self.param_groups.append(group)

    def _check(self, p: Any, known: set[int]) -> None:
        if not isinstance(p, Tensor):
            raise TypeError(f"optimizer can only optimize Tensors, but got {type(p).__name__}")
        if hasattr(p, "materialize"):
            raise ValueError(
                "optimizer got a parameter of a lazy module that has no shape yet: run a batch "
                "through the model before the optimizer is made"
            )
        if p._node is not None:
            raise ValueError("can't optimize a non-leaf Tensor: pass the leaf it was made from")
        if id(p) in known:
            raise ValueError("some parameters appear in more than one place of the parameter groups")

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients of all parameters, or fill them with zeros."""
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.grad = None if set_to_none else p.grad.detach().zero_()

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update all parameters that have a gradient.

        Parameters
        ----------
        closure : callable, optional
            Evaluates the model again and returns the loss, which is then returned.
        """
        for hook in self._pre_hooks:
            hook(self, (closure,), {})
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        with no_grad():
            for group in self.param_groups:
                self._update_group(group)
        for hook in self._post_hooks:
            hook(self, (closure,), {})
        return loss

    def _update_group(self, group: dict[str, Any]) -> None:
        by = f"{type(self).__name__}.step()"
        for p in group["params"]:
            if p.grad is None:
                continue
            # Arrays of at least one dimension: NumPy's 0-d results cannot be written to in place.
            data, grad = at_least_1d(p._data), at_least_1d(p.grad._data)
            if group.get("maximize"):
                grad = -grad
            self._update(XP[type(data)], data, grad, self.state[p], group)
            changes.note(p._data, by)

    def _update(
        self, xp: Any, p: Any, g: Any, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        """Change the array `p` in place by its gradient `g`, which must not be changed."""
        raise NotImplementedError

    def state_dict(self) -> dict[str, Any]:
        """State and settings, with parameters numbered in the order of the groups, as in PyTorch."""
        numbers: dict[int, int] = {}
        groups = []
        for group in self.param_groups:
            for p in group["params"]:
                numbers.setdefault(id(p), len(numbers))
            settings = {k: v for k, v in group.items() if k != "params"}
            groups.append({**settings, "params": [numbers[id(p)] for p in group["params"]]})
        state = {numbers[id(p)]: dict(values) for p, values in self.state.items()}
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take back what `state_dict` gave, after checking groups and shapes.

        Groups saved with parameter names are matched by name, so their order may differ.
        """
        saved = state_dict["param_groups"]
        if len(saved) != len(self.param_groups):
            raise ValueError(
                f"loaded state dict has {len(saved)} parameter groups, the optimizer has "
                f"{len(self.param_groups)}"
            )
        owners: dict[Any, Tensor] = {}
        for number, (group, old) in enumerate(zip(self.param_groups, saved, strict=True)):
            if len(group["params"]) != len(old["params"]):
                raise ValueError(
                    f"loaded state dict contains a parameter group that doesn't match the size of "
                    f"optimizer's group {number}: {len(old['params'])} parameters against "
                    f"{len(group['params'])}"
                )
            owners.update(_matched(group, old))
        loaded: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        for key, values in state_dict["state"].items():
            p = owners[key]
            loaded[p] = {name: _like(p, name, value, key) for name, value in values.items()}
        for group, old in zip(self.param_groups, saved, strict=True):
            group.update({k: v for k, v in old.items() if k not in ("params", "param_names")})
        self.state = loaded

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` before each step."""
        return RemovableHandle(self._pre_hooks, hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` after each step."""
        return RemovableHandle(self._post_hooks, hook)

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for number, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {number}")
            lines += [f"    {k}: {group[k]}" for k in sorted(group) if k != "params"]
        return "\n".join([*lines, ")"])


def at_least_1d(array: Any) -> Any:
    """The array, or a view with one dimension of a 0-d one."""
    return array if array.ndim else array.reshape(1)


def _matched(group: dict[str, Any], old: dict[str, Any]) -> dict[Any, Tensor]:
    """Which parameter a number of the saved group belongs to: by name if both have names."""
    names, old_names = group.get("param_names"), old.get("param_names")
    if names is None or old_names is None:
        return dict(zip(old["params"], group["params"], strict=True))
    by_name = dict(zip(names, group["params"], strict=True))
    unknown = [name for name in old_names if name not in by_name]
    if unknown:
        raise ValueError(f"loaded state dict names parameters the optimizer lacks: {unknown}")
    return {k: by_name[name] for k, name in zip(old["params"], old_names, strict=True)}


def _like(p: Tensor, name: str, value: Any, key: Any) -> Any:
    """A loaded value of the state as a copy on the parameter's device."""
    if not isinstance(value, Tensor):
        return value
    if value.ndim and name in ("exp_avg", "exp_avg_sq", "momentum_buffer", "square_avg", "sum"):
        if value.shape != p.shape:
            raise ValueError(
                f"loaded state {name!r} of parameter {key} has shape {list(value.shape)}, the "
                f"parameter has {list(p.shape)}"
            )
    return value.detach().clone().to(p.device)


def buffer(state: dict[str, Any], name: str, xp: Any, p: Any, fill: float = 0.0) -> Any:
    """The array of at least one dimension under `name` in the state, made on first use."""
    if name not in state:
        state[name] = wrap(xp.full(p.shape, fill, p.dtype))
    return at_least_1d(state[name]._data)


def count_step(state: dict[str, Any]) -> int:
    """Add one to the state's "step", a float32 tensor on the host as in PyTorch; return it."""
    if "step" not in state:
        state["step"] = zeros((), device="cpu", dtype=float32)
    step = state["step"]
    value = int(step) + 1
    step._data[...] = value
    return value
