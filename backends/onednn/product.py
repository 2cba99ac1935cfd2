"""Products of float32 matrices by oneDNN."""

from __future__ import annotations

from typing import Any

import numpy as np

from retrograd.backends.onednn.binding import check
from retrograd.backends.onednn.primitives import context


def product(a: Any, b: Any) -> Any:
    """The product of two matrices that lie without gaps, by rows or by columns."""
    (m, k), n = a.shape, b.shape[1]
    if len(b) != k:
        raise ValueError(f"shapes {a.shape} and {b.shape} not aligned: {k} != {len(b)}")
    context.follow_threads()
    out = np.empty((m, n), np.float32)
    # How each lies, and how far its rows, or columns, are apart.
    kind_a, step_a = (b"N", k) if a.flags.c_contiguous else (b"T", m)
    kind_b, step_b = (b"N", n) if b.flags.c_contiguous else (b"T", k)
    address_a, address_b, address = (x.__array_interface__["data"][0] for x in (a, b, out))
    status = context.dnnl.sgemm(
        kind_a, kind_b, m, n, k, 1.0, address_a, step_a, address_b, step_b, 0.0, address, n
    )
    if status:
        check(status, "dnnl_sgemm")
    return out
