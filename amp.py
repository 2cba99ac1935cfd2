"""Mixed precision's names, for scripts that call them: computing stays in the types of the tensors."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any

from retrograd.backends.device import device

if TYPE_CHECKING:
    from retrograd.optim.optimizer import Optimizer

__all__ = [
    "GradScaler",
    "autocast",
    "custom_bwd",
    "custom_fwd",
    "is_autocast_available",
    "is_autocast_enabled",
]


class autocast:
    """A block, or a function, in which PyTorch would compute in a narrower type; here nothing changes.

    Parameters
    ----------
    device_type : str
        ``"cpu"`` or ``"cuda"``.
    dtype : dtype, optional
        The narrower type.
    enabled : bool
        If true, a UserWarning says that it is not done.
    cache_enabled : bool, optional
        Has no effect.

    Raises
    ------
    RuntimeError
        If there is no such type of device.

    Examples
    --------
    >>> with rg.autocast("cpu", enabled=False):
    ...     y = rg.ones(2, 2) @ rg.ones(2, 2)
    """

    def __init__(
        self,
        device_type: str,
        dtype: Any = None,
        enabled: bool = True,
        cache_enabled: bool | None = None,
    ):
        device(device_type)
        self.device = device_type
        if enabled:
            warnings.warn(
                "autocast: there is no mixed precision here; disabled, every operation computes in "
                "the type of its tensors",
                UserWarning,
                stacklevel=2,
            )

    def __enter__(self) -> autocast:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return function


class GradScaler:
    """Scales losses for gradients in float16; here it hands on losses and steps as they are.

    Parameters
    ----------
    device : str
        ``"cpu"`` or ``"cuda"``.
    init_scale, growth_factor, backoff_factor, growth_interval : float
        Have no effect.
    enabled : bool
        If true, a UserWarning says that it is not done.

    Examples
    --------
    >>> model = rg.nn.Linear(2, 1)
    >>> optimizer = rg.optim.SGD(model.parameters(), lr=0.1)
    >>> scaler = rg.amp.GradScaler(enabled=False)
    >>> scaler.scale(model(rg.ones(2)).sum()).backward()
    >>> scaler.step(optimizer)
    >>> scaler.update()
    """

    def __init__(
        self,
        device: str = "cuda",
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ):
        if enabled:
            warnings.warn(
                "GradScaler: there is no mixed precision here; disabled, losses and gradients are "
                "not scaled",
                UserWarning,
                stacklevel=2,
            )

    def scale(self, outputs: Any) -> Any:
        """The outputs as they are."""
        return outputs

    def unscale_(self, optimizer: Optimizer) -> None:
        """Nothing: gradients are not scaled."""

    def step(self, optimizer: Optimizer, *args: Any, **kwargs: Any) -> Any:
        """What ``optimizer.step(*args, **kwargs)`` returns."""
        return optimizer.step(*args, **kwargs)

    def update(self, new_scale: Any = None) -> None:
        """Nothing: there is no scale."""

    def get_scale(self) -> float:
        """The scale: 1."""
        return 1.0

    def is_enabled(self) -> bool:
        """Whether gradients are scaled: False."""
        return False

    def state_dict(self) -> dict[str, Any]:
        """An empty dictionary, as of any scaler that is disabled."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Nothing: a scaler that is disabled has no state."""


def custom_fwd(
    fwd: Callable[..., Any] | None = None, *, device_type: str = "cuda", cast_inputs: Any = None
) -> Callable[..., Any]:
    """Decorate the ``forward`` of a `retrograd.autograd.Function`; returns it as it is.

    Examples
    --------
    >>> rg.amp.custom_fwd(abs)(-2), rg.amp.custom_fwd(device_type="cpu")(abs)(-2)
    (2, 2)
    """
    return functools.partial(custom_fwd, device_type=device_type) if fwd is None else fwd


def custom_bwd(
    bwd: Callable[..., Any] | None = None, *, device_type: str = "cuda"
) -> Callable[..., Any]:
    """Decorate the ``backward`` of a `retrograd.autograd.Function`; returns it as it is.

    Examples
    --------
    >>> rg.amp.custom_bwd(abs)(-2)
    2
    """
    return functools.partial(custom_bwd, device_type=device_type) if bwd is None else bwd


def is_autocast_available(device_type: str) -> bool:
    """Whether `autocast` does anything: False.

    Examples
    --------
    >>> rg.amp.is_autocast_available("cpu")
    False
    """
    device(device_type)
    return False


def is_autocast_enabled(device_type: str = "cuda") -> bool:
    """Whether a type is narrowed at this point: False.

    Examples
    --------
    >>> rg.is_autocast_enabled()
    False
    """
    return False
