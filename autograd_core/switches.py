"""Switches that PyTorch scripts set: kept and read back, but results here never depend on them."""

from __future__ import annotations

__all__ = [
    "are_deterministic_algorithms_enabled", "get_float32_matmul_precision",
    "set_float32_matmul_precision", "use_deterministic_algorithms",
]  # fmt: skip

_settings = {"deterministic": False, "matmul": "highest"}


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Accepted for PyTorch's sake: on a CPU every operation is deterministic.

    Examples
    --------
    >>> rg.use_deterministic_algorithms(True)
    >>> rg.are_deterministic_algorithms_enabled()
    True
    >>> rg.use_deterministic_algorithms(False)
    """
    _settings["deterministic"] = bool(mode)


def are_deterministic_algorithms_enabled() -> bool:
    """What `use_deterministic_algorithms` was last given.

    Examples
    --------
    >>> rg.are_deterministic_algorithms_enabled()
    False
    """
    return bool(_settings["deterministic"])


def set_float32_matmul_precision(precision: str) -> None:
    """Accepted for PyTorch's sake: products are always computed in full precision.

    Examples
    --------
    >>> rg.set_float32_matmul_precision("high")
    >>> rg.get_float32_matmul_precision()
    'high'
    >>> rg.set_float32_matmul_precision("highest")
    """
    if precision not in ("highest", "high", "medium"):
        raise RuntimeError(
            f"expected 'highest', 'high' or 'medium' as float32 matmul precision, got {precision!r}"
        )
    _settings["matmul"] = precision


def get_float32_matmul_precision() -> str:
    """What `set_float32_matmul_precision` was last given.

    Examples
    --------
    >>> rg.get_float32_matmul_precision()
    'highest'
    """
    return str(_settings["matmul"])
