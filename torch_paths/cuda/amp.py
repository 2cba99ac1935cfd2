"""`retrograd.amp` under its old path, without the type of device."""

from __future__ import annotations

from typing import Any

from retrograd import amp
from retrograd.amp import custom_bwd, custom_fwd

__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd"]


class autocast(amp.autocast):
    """`retrograd.amp.autocast` for GPUs.

    Examples
    --------
    >>> with rg.cuda.amp.autocast(enabled=False):
    ...     y = rg.ones(2, 2) @ rg.ones(2, 2)
    """

    def __init__(self, enabled: bool = True, dtype: Any = None, cache_enabled: bool = True):
        super().__init__("cuda", dtype, enabled, cache_enabled)


class GradScaler(amp.GradScaler):
    """`retrograd.amp.GradScaler` for GPUs.

    Examples
    --------
    >>> rg.cuda.amp.GradScaler(enabled=False).get_scale()
    1.0
    """

    def __init__(
        self,
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ):
        super().__init__(
            "cuda", init_scale, growth_factor, backoff_factor, growth_interval, enabled
        )
