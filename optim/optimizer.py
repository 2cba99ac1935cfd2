"""Optimizer: parameter groups, state and the step, common to all methods."""

from __future__ import annotations

import functools
import warnings
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from copy import deepcopy
from typing import Any

from retrograd.autograd_core.changes import changes
from retrograd.autograd_core.creation import full
from retrograd.autograd_core.modes import enable_grad
from retrograd.autograd_core.node import RemovableHandle
from retrograd.autograd_core.tensor import Tensor, wrap
from retrograd.backends.dtypes import float32, float64, get_default_dtype
from retrograd.backends.host_calls import host_call
from retrograd.backends.registry import XP
from retrograd.optim.updates import Rule, apply

Params = Iterable[Tensor] | Iterable[dict[str, Any]] | Iterable[tuple[str, Tensor]]

# What the methods here keep for each parameter: arrays of its shape, and numbers on the host.
_LIKE_PARAMETER = {
    "acc_delta", "ax", "exp_avg", "exp_avg_sq", "exp_inf", "grad_avg", "max_exp_avg_sq",
    "momentum_buffer", "prev", "square_avg", "step_size", "sum", "variance",
}  # fmt: skip
_ON_HOST = {"step", "eta", "mu", "mu_product"}


class Optimizer:
    """The base of all optimizers.

    A subclass gives `_rule`, which returns how parameters are updated, and `_state_of` if it keeps
    state; or `step` as a whole. Parameters whose `grad` is None are left alone.

    Parameters
    ----------
    params : iterable of Tensor, of (name, Tensor), or of dict
        What to optimize; dicts are groups with a "params" entry and settings of their own.
    defaults : dict
        The settings of groups that do not give them.

    Examples
    --------
    >>> class SignDescent(rg.optim.Optimizer):
    ...     def _rule(self, numbers, group):
    ...         def update(xp, p, g, work):
    ...             p -= group["lr"] * xp.sign(g)
    ...         return update
    >>> w = rg.tensor([1.0, -1.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> SignDescent([w], {"lr": 0.25}).step()
    >>> w
    tensor([ 0.7500, -0.7500], requires_grad=True)
    """

    def __init_subclass__(cls, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        if "step" in cls.__dict__:
            cls.step = _with_hooks(cls.step)  # type: ignore[method-assign]

    def __init__(self, params: Params, defaults: dict[str, Any]):
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, "
                "but got a Tensor: put it in a list"
            )
        if defaults.get("differentiable"):
            raise ValueError(
                "differentiable=True is not supported: steps are made in place, unrecorded. To "
                "differentiate through a step, write it with tensors and func.functional_call"
            )
        self.defaults = defaults
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        self._hooks: defaultdict[str, list[Callable[..., Any]]] = defaultdict(list)
        self._stepped = False
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
        names = [entry[0] for entry in entries if isinstance(entry, tuple)]
        if names:
            if len(names) != len(entries):
                raise ValueError("all optimizer params should be with/without names: some lack one")
            group["param_names"] = names
            entries = [p for _, p in entries]
        self._check(entries, bool(names))
        group["params"] = entries
        for name, value in self.defaults.items():
            group.setdefault(name, value)
        self.param_groups.append(group)

    def _check(self, entries: list[Any], named: bool) -> None:
        known = {id(p) for g in self.param_groups for p in g["params"]}
        for p in entries:
            if not isinstance(p, Tensor):
                raise TypeError(f"optimizer can only optimize Tensors, but got {type(p).__name__}")
            if hasattr(p, "materialize"):
                raise ValueError(
                    "optimizer got a parameter of a lazy module that has no shape yet: run a batch "
                    "through the model before the optimizer is made"
                )
            if p._node is not None and not p.retains_grad:
                raise ValueError("can't optimize a non-leaf Tensor: pass the leaf it was made from")
            if id(p) in known:
                raise ValueError("some parameters appear in more than one parameter group")
        if any(("param_names" in g) != named for g in self.param_groups):
            raise ValueError("all optimizer param groups should be with/without names")
        if len({id(p) for p in entries}) < len(entries):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters: they are updated "
                "more than once a step",
                stacklevel=4,
            )

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients of all parameters, or fill them with zeros."""
        zeroed = []
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none:
                    p._grad = None
                elif (grad := p._grad) is not None:
                    if grad.requires_grad:
                        grad = p._grad = grad.detach()
                    grad._data.fill(0)
                    zeroed.append(grad._data)
        changes.note_all(zeroed, f"{type(self).__name__}.zero_grad()")

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update all parameters that have a gradient.

        Parameters
        ----------
        closure : callable, optional
            Evaluates the model again and returns the loss, which is then returned.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        by = f"{type(self).__name__}.step()"
        for group in self.param_groups:
            pairs = [(p, grad) for p in group["params"] if (grad := p._grad) is not None]
            self._update(pairs, group)
            changes.note_all([p._data for p, _ in pairs], by)
        return loss

    def _update(self, pairs: list[tuple[Tensor, Tensor]], group: dict[str, Any]) -> None:
        """Change the arrays of parameters of a group, given with their gradients, in place."""
        alike: dict[Hashable, list[list[Any]]] = {}
        for p, grad in pairs:
            numbers, buffers = self._state_of(p, self.state[p], group)
            alike.setdefault(numbers, []).append([p._data, grad._data, *buffers])
        for numbers, entries in alike.items():
            apply(self._rule(numbers, group), entries, group)

    def _state_of(
        self, p: Tensor, state: dict[str, Any], group: dict[str, Any]
    ) -> tuple[Hashable, Iterable[Any]]:
        """What the update of one parameter depends on: numbers, and arrays of the parameter's shape.

        Called once a step; it counts the step, and makes the state of a new parameter.
        """
        return None, ()

    def _rule(self, numbers: Any, group: dict[str, Any]) -> Rule:
        """How to update the parameters with these numbers in this step.

        The result is called as ``update(xp, p, g, work, *state arrays)`` on corresponding parts of
        the arrays, of one parameter or of several, which have at least one dimension; it writes to
        `p`, to the state and to `work` (uninitialized, like `p`), never to `g`. Weight decay and
        `maximize` are in `g`.
        """
        raise NotImplementedError(f"{type(self).__name__} needs a method `_rule` or `step`")

    # --- state ------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """State and settings, with the parameters numbered through the groups, as in PyTorch."""
        for hook in self._hooks["state_dict_pre"]:
            hook(self)
        numbers: dict[int, int] = {}
        groups = []
        for group in self.param_groups:
            for p in group["params"]:
                numbers.setdefault(id(p), len(numbers))
            settings = {k: v for k, v in group.items() if k != "params"}
            groups.append({**settings, "params": [numbers[id(p)] for p in group["params"]]})
        state = {
            numbers[id(p)] if isinstance(p, Tensor) else p: values
            for p, values in self.state.items()
            if values
        }
        result = {"state": state, "param_groups": groups}
        for hook in self._hooks["state_dict_post"]:
            result = _or_else(hook(self, result), result)
        return result

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take back what `state_dict` gave, after checking groups and shapes.

        Groups saved with parameter names are matched by name, so their order may differ.
        """
        state_dict = dict(state_dict)
        for hook in self._hooks["load_pre"]:
            state_dict = _or_else(hook(self, state_dict), state_dict)
        saved = state_dict["param_groups"]
        if len(saved) != len(self.param_groups):
            raise ValueError(
                f"loaded state dict has a different number of parameter groups: {len(saved)}, the "
                f"optimizer has {len(self.param_groups)}"
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
            if key in owners:
                loaded[owners[key]] = {k: _restored(owners[key], k, v) for k, v in values.items()}
            else:
                loaded[key] = values
        for group, old in zip(self.param_groups, saved, strict=True):
            kept = ("params", "param_names")
            group.update(deepcopy({k: v for k, v in old.items() if k not in kept}))
        self.__setstate__({"state": loaded, "param_groups": self.param_groups})
        for hook in self._hooks["load_post"]:
            hook(self)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_hooks": defaultdict(list)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take what a pickle holds, or a `state_dict`; a subclass may add settings of its own."""
        self.__dict__.update(state)

    # --- hooks ------------------------------------------------------------------------------------

    def _add_hook(self, moment: str, hook: Callable[..., Any], prepend: bool) -> RemovableHandle:
        hooks = self._hooks[moment]
        handle = RemovableHandle(hooks, hook)
        if prepend:
            hooks.insert(0, hooks.pop())
        return handle

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` before each step; it may return other ones."""
        return self._add_hook("step_pre", hook, False)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` after each step."""
        return self._add_hook("step_post", hook, False)

    def register_state_dict_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(optimizer)`` before `state_dict` is made."""
        return self._add_hook("state_dict_pre", hook, prepend)

    def register_state_dict_post_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(optimizer, state_dict)`` on a `state_dict`; it may return another."""
        return self._add_hook("state_dict_post", hook, prepend)

    def register_load_state_dict_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(optimizer, state_dict)`` before loading; it may return another dict."""
        return self._add_hook("load_pre", hook, prepend)

    def register_load_state_dict_post_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(optimizer)`` after loading."""
        return self._add_hook("load_post", hook, prepend)

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for number, group in enumerate(self.param_groups):
            lines += [""] * (number > 0) + [f"Parameter Group {number}"]
            lines += [f"    {k}: {group[k]}" for k in sorted(group) if k != "params"]
        return "\n".join([*lines, ")"])


def _with_hooks(step: Callable[..., Any]) -> Callable[..., Any]:
    """A `step` method with the optimizer's hooks around it."""

    @host_call
    @functools.wraps(step)
    def hooked(self: Optimizer, *args: Any, **kwargs: Any) -> Any:
        self._stepped = True
        for hook in self._hooks["step_pre"]:
            result = hook(self, (self, *args), kwargs)
            if result is not None:
                if not isinstance(result, tuple) or len(result) != 2:
                    raise RuntimeError(
                        f"{hook} must return None or a tuple of (new_args, new_kwargs), but got "
                        f"{result}"
                    )
                (_, *args), kwargs = result  # type: ignore[assignment]
        result = step(self, *args, **kwargs)
        for hook in self._hooks["step_post"]:
            hook(self, (self, *args), kwargs)
        return result

    return hooked


Optimizer.step = _with_hooks(Optimizer.step)  # type: ignore[method-assign]


# --- one parameter's state ------------------------------------------------------------------------


def buffer(state: dict[str, Any], name: str, p: Tensor, fill: float = 0.0) -> Any:
    """The array of the parameter's shape under `name` in the state, made on first use."""
    held = state.get(name)
    if held is None:
        data = p._data
        xp = XP[type(data)]
        held = state[name] = wrap(xp.full_like(data, fill) if fill else xp.zeros_like(data))
    return held._data


def number(state: dict[str, Any], name: str, start: float = 0.0) -> Any:
    """The 0-d array on the host under `name` in the state, made on first use."""
    held = state.get(name)
    if held is None:
        wide = get_default_dtype() is float64
        held = full((), start, dtype=float64 if wide else float32, device="cpu")
        state[name] = held
    return held._data


def count_step(state: dict[str, Any]) -> float:
    """Add one to the state's "step", a tensor on the host as in PyTorch; return it."""
    held = number(state, "step")
    t = held.item() + 1
    held[...] = t
    return t


def _restored(p: Tensor, name: str, value: Any) -> Any:
    """A loaded value of a parameter's state: a copy, tensors on its device and in its type."""
    if name in _ON_HOST and not isinstance(value, Tensor):
        number(held := {}, name, float(value))  # type: ignore[var-annotated]
        return held[name]
    if isinstance(value, list):
        return [_restored(p, name, part) for part in value]
    if not isinstance(value, Tensor):
        return deepcopy(value)
    if name in _LIKE_PARAMETER and value.shape != p.shape:
        raise ValueError(
            f"loaded state {name!r} has shape {list(value.shape)}, its parameter has "
            f"{list(p.shape)}: the state belongs to another model or another order of parameters"
        )
    value = value.detach().clone()
    return value.cpu() if name in _ON_HOST else value.to(device=p.device, dtype=p.dtype)


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


def _or_else(result: Any, default: Any) -> Any:
    return default if result is None else result


# --- settings -------------------------------------------------------------------------------------


def check_settings(lr: Any, eps: float, weight_decay: float, **fractions: float) -> None:
    """ValueError for a negative setting, or a fraction outside [0, 1)."""
    if isinstance(lr, Tensor) and lr.numel() != 1:
        raise ValueError("Tensor lr must be 1-element")
    for name, value in (("learning rate", lr), ("epsilon value", eps)):
        if not value >= 0.0:
            raise ValueError(f"Invalid {name}: {value}")
    if not weight_decay >= 0.0:
        raise ValueError(f"Invalid weight_decay value: {weight_decay}")
    for name, value in fractions.items():
        if not 0.0 <= value < 1.0:
            raise ValueError(f"Invalid {name}: {value} (expected 0 <= {name} < 1)")
