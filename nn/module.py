"""Module: the base of all layers and networks."""

from __future__ import annotations

import itertools
from collections import OrderedDict, namedtuple
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

from retrograd.autograd_core.creation import empty_like
from retrograd.autograd_core.members import target_of
from retrograd.autograd_core.modes import no_grad
from retrograd.autograd_core.node import RemovableHandle
from retrograd.autograd_core.tensor import Tensor
from retrograd.backends.dtypes import to_dtype
from retrograd.nn.hooks import Hooks, run_with_hooks, without_module
from retrograd.nn.loading import IncompatibleKeys, load_into
from retrograd.nn.parameter import Buffer, Parameter

Self = TypeVar("Self", bound="Module")
_Entry = namedtuple("_Entry", "name value")

_TABLES = ("_parameters", "_buffers", "_modules")


class Module:
    """A layer or network: parameters, buffers and submodules, found by assignment.

    Subclasses set attributes in ``__init__`` after ``super().__init__()``, compute in ``forward``.

    Examples
    --------
    >>> class Net(rg.nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.fc = rg.nn.Linear(3, 2)
    ...     def forward(self, x):
    ...         return self.fc(x).relu()
    >>> net = Net()
    >>> net(rg.ones(5, 3)).shape
    retrograd.Size([5, 2])
    >>> [name for name, _ in net.named_parameters()]
    ['fc.weight', 'fc.bias']
    """

    training: bool
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Module | None]
    _not_saved: set[str]
    _hooks: Hooks | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        set_ = super().__setattr__
        set_("training", True)
        set_("_parameters", {})
        set_("_buffers", {})
        set_("_modules", {})
        set_("_not_saved", set())
        set_("_hooks", None)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output; each subclass defines it."""
        raise NotImplementedError(
            f'Module [{type(self).__name__}] is missing the required "forward" function'
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            if self._hooks is None:
                return self.forward(*args, **kwargs)
            return run_with_hooks(self, self._hooks, args, kwargs)
        except (RuntimeError, TypeError, ValueError, IndexError) as error:
            self._say_where(error)
            raise

    def _say_where(self, error: Exception) -> None:
        """Add the path and class of the innermost module to the message of an error."""
        inner = getattr(error, "_module", None)
        if inner is None:
            if len(error.args) != 1 or not isinstance(error.args[0], str):
                return
            error._module = inner = self  # type: ignore[attr-defined]
            error._text = error.args[0]  # type: ignore[attr-defined]
        path = next((name for name, m in self.named_modules() if m is inner), "")
        name = ".".join(filter(None, (type(self).__name__, path)))
        where = f"{name} ({type(inner).__name__})" if path else name
        error.args = (f"{error._text}\n  in module {where}",)  # type: ignore[attr-defined]

    # --- attributes -----------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        tables = self.__dict__
        for table in _TABLES:
            if table in tables and name in tables[table]:
                return tables[table][name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __setattr__(self, name: str, value: Any) -> None:
        tables = self.__dict__
        kind = (
            "_parameters"
            if isinstance(value, Parameter)
            else "_modules"
            if isinstance(value, Module)
            else "_buffers"
            if isinstance(value, Buffer)
            else None
        )
        if kind is not None:
            if kind not in tables:
                raise AttributeError(
                    f"cannot assign {kind[1:]} before Module.__init__() call: begin "
                    f"{type(self).__name__}.__init__ with super().__init__()"
                )
            self._register(kind, name, value)
            if isinstance(value, Buffer) and not value.persistent:
                self._not_saved.add(name)
            return
        for table in _TABLES:
            if name in tables.get(table, ()):
                self._replace(table, name, value)
                return
        super().__setattr__(name, value)

    def _replace(self, table: str, name: str, value: Any) -> None:
        """Assign an unregistered value to a registered name: None, or a tensor to a buffer."""
        if value is not None and not (table == "_buffers" and isinstance(value, Tensor)):
            wanted = {"_parameters": "Parameter", "_buffers": "Tensor", "_modules": "Module"}[table]
            raise TypeError(
                f"cannot assign '{type(value).__name__}' object to {table[1:-1]} '{name}' "
                f"(nn.{wanted} or None required)"
            )
        self.__dict__[table][name] = value

    def _register(self, table: str, name: str, value: Any) -> None:
        """Put a name into one of the tables, and out of the others; it keeps its place."""
        self._forget(name, but=table)
        self.__dict__[table][name] = value

    def _forget(self, name: str, but: str = "") -> None:
        self.__dict__.pop(name, None)
        for table in _TABLES:
            if table != but:
                self.__dict__[table].pop(name, None)
        self._not_saved.discard(name)

    def __delattr__(self, name: str) -> None:
        if any(name in self.__dict__[table] for table in _TABLES):
            self._forget(name)
        else:
            super().__delattr__(name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *itertools.chain(*(self.__dict__[t] for t in _TABLES))})

    def _check_name(self, what: str, name: str) -> None:
        if not isinstance(name, str):
            raise TypeError(f"{what} name should be a string. Got {type(name).__name__}")
        if "." in name:
            raise KeyError(f'{what} name can\'t contain ".", got: {name!r}')
        if name == "":
            raise KeyError(f'{what} name can\'t be empty string ""')
        if hasattr(self, name) and not any(name in self.__dict__[t] for t in _TABLES):
            raise KeyError(f"attribute '{name}' already exists")

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a buffer: a tensor that is saved and moved with the module, but not trained."""
        self._check_name("buffer", name)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{type(tensor).__name__}' object to buffer '{name}' "
                "(Tensor or None required)"
            )
        self._register("_buffers", name, tensor)
        if not persistent:
            self._not_saved.add(name)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter under `name`; None reserves the name."""
        self._check_name("parameter", name)
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{type(param).__name__}' object to parameter '{name}' "
                "(nn.Parameter or None required)"
            )
        self._register("_parameters", name, param)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a submodule under `name`."""
        self._check_name("module", name)
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{type(module).__name__} is not a Module subclass")
        self._register("_modules", name, module)

    register_module = add_module

    def get_submodule(self, target: str) -> Module:
        """The submodule at a dotted path such as "features.0"."""
        module: Module = self
        for part in filter(None, target.split(".")):
            found = getattr(module, part, None)
            if not isinstance(found, Module):
                raise AttributeError(f"{type(module).__name__} has no module '{part}' ({target})")
            module = found
        return module

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Put `module` at a dotted path; `strict` asks that there is one already."""
        path, _, name = target.rpartition(".")
        if not name:
            raise ValueError("Cannot set the submodule without a target name!")
        parent = self.get_submodule(path)
        if strict or hasattr(parent, name):
            parent.get_submodule(name)
        if not isinstance(module, Module):
            raise ValueError(f"`module` is not an nn.Module, found {type(module).__name__}")
        setattr(parent, name, module)

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a dotted path such as "features.0.weight"."""
        path, _, name = target.rpartition(".")
        found = self.get_submodule(path)._parameters.get(name)
        if found is None:
            raise AttributeError(f"{type(self).__name__} has no parameter '{target}'")
        return found

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at a dotted path such as "norm.running_mean"."""
        path, _, name = target.rpartition(".")
        found = self.get_submodule(path)._buffers.get(name)
        if found is None:
            raise AttributeError(f"{type(self).__name__} has no buffer '{target}'")
        return found

    # --- walking --------------------------------------------------------------------------------

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """All modules, this one first (with path ""), each once, with their dotted paths."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                path = f"{prefix}.{name}" if prefix else name
                yield from module.named_modules(memo, path, remove_duplicate)

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        """All modules, this one first, each once."""
        return (m for _, m in self.named_modules(remove_duplicate=remove_duplicate))

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The direct submodules with their names."""
        seen = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Module]:
        """The direct submodules."""
        return (module for _, module in self.named_children())

    def _named(
        self, table: str, prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        modules = (
            self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
            if recurse
            else [(prefix, self)]
        )
        for path, module in modules:
            for name, value in module.__dict__[table].items():
                if value is None or (remove_duplicate and id(value) in seen):
                    continue
                seen.add(id(value))
                yield (f"{path}.{name}" if path else name), value

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """All parameters with their dotted paths, each once."""
        return self._named("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """All parameters, each once."""
        return (p for _, p in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """All buffers with their dotted paths, each once."""
        return self._named("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """All buffers, each once."""
        return (b for _, b in self.named_buffers(recurse=recurse))

    def apply(self: Self, fn: Callable[[Module], None]) -> Self:
        """Call ``fn(module)`` on every module, innermost first."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    # --- state ----------------------------------------------------------------------------------

    def train(self: Self, mode: bool = True) -> Self:
        """Switch to training (dropout on, batch statistics), or to evaluation if not `mode`."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        for module in self.modules():
            module.training = mode
        return self

    def eval(self: Self) -> Self:
        """Switch to evaluation."""
        return self.train(False)

    def requires_grad_(self: Self, requires_grad: bool = True) -> Self:
        """Set `requires_grad` of all parameters."""
        for p in self.parameters():
            p.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients of all parameters, or fill them with zeros."""
        for p in self.parameters():
            if set_to_none:
                p.grad = None
            elif p.grad is not None:
                p.grad = p.grad.detach().zero_()

    def _apply(self: Self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Replace the memory of every parameter, gradient and buffer by that of ``fn(tensor)``."""
        with no_grad():
            for module in self.modules() if recurse else [self]:
                for p in module._parameters.values():
                    if p is not None:
                        p._data = fn(p.detach())._data
                        if p.grad is not None:
                            p._grad = fn(p.grad)
                for name, b in module._buffers.items():
                    if isinstance(b, Buffer):
                        b._data = fn(b)._data
                    elif b is not None:
                        module._buffers[name] = fn(b)
        return self

    def to(
        self: Self, *args: Any, dtype: Any = None, device: Any = None, non_blocking: bool = False
    ) -> Self:
        """Move to a device and/or convert floating point parameters and buffers, in place.

        Takes ``to(device)``, ``to(dtype)``, ``to(device, dtype)`` or ``to(tensor)``.
        """
        target = target_of(args, dtype, device)
        dtype = None if target["dtype"] is None else to_dtype(target["dtype"])
        if dtype is not None and not dtype.is_floating_point:
            raise TypeError(f"nn.Module.to only accepts floating point dtypes, got {dtype}")
        place = target["device"]
        return self._apply(
            lambda t: t.to(device=place, dtype=dtype if t.dtype.is_floating_point else None)
        )

    def to_empty(self: Self, *, device: Any, recurse: bool = True) -> Self:
        """Give all parameters and buffers fresh memory, with no values, on a device."""
        return self._apply(lambda t: empty_like(t, device=device), recurse)

    def cpu(self: Self) -> Self:
        """Move to main memory."""
        return self.to("cpu")

    def cuda(self: Self, device: Any = None) -> Self:
        """Move to a GPU."""
        return self.to("cuda" if device is None else device)

    def _floating(self: Self, name: str) -> Self:
        return self._apply(lambda t: getattr(t, name)() if t.dtype.is_floating_point else t)

    def float(self: Self) -> Self:
        """Convert floating point parameters and buffers to float32."""
        return self._floating("float")

    def double(self: Self) -> Self:
        """Convert floating point parameters and buffers to float64."""
        return self._floating("double")

    def half(self: Self) -> Self:
        """Convert floating point parameters and buffers to float16."""
        return self._floating("half")

    def type(self: Self, dst_type: Any) -> Self:
        """Convert all parameters and buffers to `dst_type`."""
        return self._apply(lambda t: t.type(dst_type))

    def share_memory(self: Self) -> Self:
        """Return the module: workers get copies of the parameters here."""
        return self

    def state_dict(
        self,
        *,
        destination: dict[str, Any] | None = None,
        prefix: str = "",
        keep_vars: bool = False,
    ) -> dict[str, Any]:
        """All parameters and persistent buffers by dotted path, as in PyTorch.

        The tensors share memory with the module's unless `keep_vars` returns those themselves.
        """
        result = OrderedDict() if destination is None else destination
        hooks = self._hooks
        for hook in hooks.state_dict_pre if hooks is not None else ():
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(result, prefix, keep_vars)
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(
                    destination=result, prefix=f"{prefix}{name}.", keep_vars=keep_vars
                )
        for hook in hooks.state_dict if hooks is not None else ():
            hook(self, result, prefix, {})
        return result

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        for name, value in (*self._parameters.items(), *self._buffers.items()):
            if value is not None and name not in self._not_saved:
                destination[prefix + name] = value if keep_vars else value.detach()
        if type(self).get_extra_state is not Module.get_extra_state:
            destination[prefix + "_extra_state"] = self.get_extra_state()

    def get_extra_state(self) -> Any:
        """More state to be saved in `state_dict`; subclasses may define it."""
        raise RuntimeError("get_extra_state must be defined together with set_extra_state")

    def set_extra_state(self, state: Any) -> None:
        """Take back what `get_extra_state` gave; subclasses may define it."""
        raise RuntimeError("set_extra_state must be defined together with get_extra_state")

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> IncompatibleKeys:
        """Copy the values of `state_dict` into the parameters and buffers of the same paths.

        Parameters
        ----------
        state_dict : mapping of str to Tensor
            As `state_dict` gives it.
        strict : bool
            Raise RuntimeError if paths are missing or left over; nothing is changed then. Wrong
            shapes are always an error.
        assign : bool
            Take over the tensors themselves instead of copying their values.

        Returns
        -------
        named tuple of missing_keys and unexpected_keys
        """
        return load_into(self, state_dict, strict, assign)

    # --- hooks ----------------------------------------------------------------------------------

    def _ensure_hooks(self) -> Hooks:
        if self._hooks is None:
            self._hooks = Hooks()
        return self._hooks

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args)`` before `forward`; it may return other arguments."""
        return self._ensure_hooks().add("forward_pre", hook, prepend, with_kwargs)

    def register_forward_hook(
        self,
        hook: Callable[..., Any],
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> RemovableHandle:
        """Call ``hook(module, args, output)`` after `forward`; it may return another output.

        With `always_call` it is called with output None after an error too.
        """
        return self._ensure_hooks().add("forward", hook, prepend, with_kwargs, always_call)

    def register_full_backward_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` in the backward pass.

        It may return other gradients for the inputs, as a tuple.
        """
        return self._ensure_hooks().add("backward", hook, prepend, False)

    def register_full_backward_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, grad_output)`` before the module's backward; it may replace it."""
        return self._ensure_hooks().add("backward_pre", hook, prepend, False)

    def register_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(module, prefix, keep_vars)`` before the module's part of `state_dict`."""
        return RemovableHandle(self._ensure_hooks().state_dict_pre, hook)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call a hook before the module's part is loaded; it may change the dict.

        It is called as ``hook(module, state_dict, prefix, local_metadata, strict, missing_keys,
        unexpected_keys, error_msgs)``.
        """
        return RemovableHandle(self._ensure_hooks().load_state_dict_pre, hook)

    def _register_load_state_dict_pre_hook(
        self, hook: Callable[..., Any], with_module: bool = False
    ) -> RemovableHandle:
        """The older form of the same: the hook is not handed the module, unless `with_module`."""
        called = hook if with_module else partial(without_module, hook)
        return self.register_load_state_dict_pre_hook(called)

    def register_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(module, state_dict, prefix, local_metadata)`` at the end of `state_dict`."""
        return RemovableHandle(self._ensure_hooks().state_dict, hook)

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(module, incompatible_keys)`` at the end of `load_state_dict`."""
        return RemovableHandle(self._ensure_hooks().load_state_dict, hook)

    # --- text and copies ------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """The settings shown in the parentheses of `repr`."""
        return ""

    def _get_name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        children = [
            f"({name}): " + repr(module).replace("\n", "\n  ")
            for name, module in self._modules.items()
        ]
        if not children and len(lines) <= 1:
            return f"{self._get_name()}({extra})"
        body = "\n  ".join(lines + children)
        return f"{self._get_name()}(\n  {body}\n)"

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__.copy()

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
