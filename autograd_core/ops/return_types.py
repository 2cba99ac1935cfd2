"""Named tuples that functions of several results return, as `torch.return_types` has them."""

from __future__ import annotations

from collections import namedtuple
from typing import Any


def _make(name: str, *fields: str) -> Any:
    """A named tuple that is printed with one field a line."""

    def show(self: Any) -> str:
        parts = [f"{field}={value!r}" for field, value in zip(self._fields, self, strict=True)]
        return f"retrograd.return_types.{name}(\n" + ",\n".join(parts) + ")"

    made = namedtuple(name, fields)  # type: ignore[misc]
    made.__module__ = "retrograd.autograd_core.ops.return_types"
    made.__repr__ = show  # type: ignore[method-assign]
    made.__doc__ = f"What `{name}` returns: {', '.join(fields)}."
    return made


aminmax = _make("aminmax", "min", "max")
cummax = _make("cummax", "values", "indices")
cummin = _make("cummin", "values", "indices")
frexp = _make("frexp", "mantissa", "exponent")
kthvalue = _make("kthvalue", "values", "indices")
linalg_eigh = _make("linalg_eigh", "eigenvalues", "eigenvectors")
linalg_lstsq = _make("linalg_lstsq", "solution", "residuals", "rank", "singular_values")
linalg_qr = _make("linalg_qr", "Q", "R")
linalg_slogdet = _make("linalg_slogdet", "sign", "logabsdet")
linalg_svd = _make("linalg_svd", "U", "S", "Vh")
max = _make("max", "values", "indices")
median = _make("median", "values", "indices")
min = _make("min", "values", "indices")
mode = _make("mode", "values", "indices")
nanmedian = _make("nanmedian", "values", "indices")
qr = _make("qr", "Q", "R")
slogdet = _make("slogdet", "sign", "logabsdet")
sort = _make("sort", "values", "indices")
svd = _make("svd", "U", "S", "V")
topk = _make("topk", "values", "indices")
