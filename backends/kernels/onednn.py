"""Kernels by oneDNN where it is installed, else generic."""

from __future__ import annotations

from math import isfinite
from typing import Any

from retrograd.backends import onednn
from retrograd.backends.kernels.activations import ActivationKernels
from retrograd.backends.kernels.conv import ConvKernels
from retrograd.backends.kernels.norm import Layout, NormKernels
from retrograd.backends.kernels.products import HostProductKernels
from retrograd.backends.kernels.recurrent import RecurrentKernels, Steps
from retrograd.backends.kernels.rows import of_rows
from retrograd.backends.kernels.softmax import SoftmaxKernels
from retrograd.backends.kernels.windows import Padding, Sizes

# Smaller arrays are normalized in less time than it takes to call oneDNN: 17 us.
_SMALL = 4096
# From how many multiplications on oneDNN is faster than OpenBLAS.
_LARGE_PRODUCT = 1 << 22
# From how many elements on an activation function, or its gradient, takes less time by oneDNN. It
# is left out where oneDNN loses NaN (elu, exp) or digits (elu, softplus, mish, log, log_softmax).
_FEWEST = 1 << 12
_FORWARD_FROM = {
    "gelu": _FEWEST, "gelu_tanh": 1 << 13, "sigmoid": 1 << 14, "silu": 1 << 17,
    "leaky_relu": 1 << 15, "hardswish": _FEWEST,
}  # fmt: skip
_BACKWARD_FROM = {
    "gelu": 1 << 13, "gelu_tanh": 1 << 13, "softplus": 1 << 15, "silu": 1 << 17,
    "sigmoid of output": 1 << 16, "tanh of output": 1 << 16, "leaky_relu": 1 << 13,
    "hardswish": _FEWEST,
}  # fmt: skip
# Softmax of shorter rows takes less time by NumPy.
_WIDE_ROWS = 32
# What oneDNN calls alpha and beta of these.
_HARDSWISH = (1 / 6, 0.5)


class OneDnnKernels(
    ActivationKernels,
    ConvKernels,
    NormKernels,
    HostProductKernels,
    RecurrentKernels,
    SoftmaxKernels,
):
    """Overrides of the kernel table.

    Float32 alone goes to oneDNN, except what it has no fast code for.
    """

    # --- products ------------------------------------------------------------------------------------

    def large_product(self, a: Any, b: Any) -> Any:
        """As the one of NumPy alone."""
        library = None
        if a.size * b.shape[1] >= _LARGE_PRODUCT and a.flags.forc and b.flags.forc:
            library = self._onednn("product", a, b)
        return super().large_product(a, b) if library is None else library.product(a, b)

    # --- convolution --------------------------------------------------------------------------------

    def conv(
        self, x: Any, w: Any, stride: Sizes, padding: Padding, dilation: Sizes, groups: int
    ) -> Any:
        """As the generic one."""
        settings = (stride, padding, dilation, groups)
        y = self._by_onednn("conv", x, w, None, *settings)
        return super().conv(x, w, *settings) if y is None else y

    def conv_input_grad(
        self,
        g: Any,
        w: Any,
        x_shape: Sizes,
        stride: Sizes,
        padding: Padding,
        dilation: Sizes,
        groups: int,
    ) -> Any:
        """As the generic one."""
        settings = (x_shape, stride, padding, dilation, groups)
        dx = self._by_onednn("conv_input_grad", g, w, *settings)
        return super().conv_input_grad(g, w, *settings) if dx is None else dx

    def conv_weight_grad(
        self,
        g: Any,
        x: Any,
        w_shape: Sizes,
        stride: Sizes,
        padding: Padding,
        dilation: Sizes,
        groups: int,
    ) -> Any:
        """As the generic one."""
        settings = (w_shape, stride, padding, dilation, groups)
        dw = self._by_onednn("conv_weight_grad", g, x, *settings)
        return super().conv_weight_grad(g, x, *settings) if dw is None else dw

    def _by_onednn(self, kind: str, a: Any, b: Any, *settings: Any) -> Any:
        """The result, or None if it is to be computed otherwise."""
        library = self._onednn("conv", a, b)
        return None if library is None else library.compute(kind, a, b, *settings)

    # --- normalization ------------------------------------------------------------------------------

    def normalize(
        self, x: Any, weight: Any, bias: Any, layout: Layout, eps: float
    ) -> tuple[Any, Any, Any, Any]:
        """As the generic one."""
        pays = _is_of_matrix(x, layout, weight is None and bias is None)
        library = self._onednn("norm", x, x if weight is None else weight) if pays else None
        found = None if library is None else library.normalize(x, weight, bias, layout, eps)
        if found is None:
            return super().normalize(x, weight, bias, layout, eps)
        out, mean, var = found
        return out, mean, var, self.xp.sqrt(var + eps)

    def normalize_grad(
        self,
        g: Any,
        x: Any,
        mean: Any,
        std: Any,
        weight: Any,
        layout: Layout,
        needs: tuple[bool, ...],
    ) -> tuple[Any, ...]:
        """As the generic one."""
        sums_alone = weight is None and (needs[1] or needs[2])
        pays = needs[0] and not sums_alone and _is_of_matrix(x, layout, weight is None)
        library = self._onednn("norm", g, x) if pays else None
        found = None
        if library is not None:
            found = library.normalize_grad(g, x, mean, std, weight, layout)
        if found is None:
            return super().normalize_grad(g, x, mean, std, weight, layout, needs)
        return tuple([d if need else None for d, need in zip(found, needs, strict=True)])

    # --- activations --------------------------------------------------------------------------------

    def sigmoid(self, x: Any) -> Any:
        """As the generic one; below 1e-37 it is 0."""
        out = self._activation("sigmoid", x) if x.size >= _FEWEST else None
        return super().sigmoid(x) if out is None else out

    def sigmoid_grad(self, g: Any, out: Any) -> Any:
        """As the generic one."""
        dx = self._slope("sigmoid of output", g, out) if g.size >= _FEWEST else None
        return super().sigmoid_grad(g, out) if dx is None else dx

    def tanh_grad(self, g: Any, out: Any) -> Any:
        """As the generic one."""
        dx = self._slope("tanh of output", g, out) if g.size >= _FEWEST else None
        return super().tanh_grad(g, out) if dx is None else dx

    def softplus_grad(self, g: Any, x: Any, beta: float) -> Any:
        """As the generic one."""
        dx = self._slope("softplus", g, x, beta) if g.size >= _FEWEST else None
        return super().softplus_grad(g, x, beta) if dx is None else dx

    def silu(self, x: Any, keep: bool = True) -> tuple[Any, Any]:
        """As the generic one; where the gradient is faster by NumPy, it is to have the sigmoid."""
        if x.size < _FEWEST:
            return super().silu(x, keep)
        out = self._activation("silu", x)
        if out is not None:
            return out, None
        gate = self._activation("sigmoid", x)
        return super().silu(x, keep) if gate is None else (x * gate, gate)

    def silu_grad(self, g: Any, x: Any, gate: Any) -> Any:
        """As the generic one."""
        dx = self._slope("silu", g, x) if g.size >= _FEWEST else None
        return super().silu_grad(g, x, gate) if dx is None else dx

    def gelu(self, x: Any, keep: bool = True) -> tuple[Any, Any]:
        """As the generic one."""
        out = self._activation("gelu", x) if x.size >= _FEWEST else None
        return super().gelu(x, keep) if out is None else (out, None)

    def gelu_grad(self, g: Any, x: Any, share: Any) -> Any:
        """As the generic one."""
        dx = self._slope("gelu", g, x) if g.size >= _FEWEST else None
        return super().gelu_grad(g, x, share) if dx is None else dx

    def gelu_tanh(self, x: Any) -> tuple[Any, Any]:
        """As the generic one."""
        out = self._activation("gelu_tanh", x) if x.size >= _FEWEST else None
        return super().gelu_tanh(x) if out is None else (out, None)

    def gelu_tanh_grad(self, g: Any, x: Any, curve: Any) -> Any:
        """As the generic one."""
        dx = self._slope("gelu_tanh", g, x) if g.size >= _FEWEST else None
        return super().gelu_tanh_grad(g, x, curve) if dx is None else dx

    def leaky_relu(self, x: Any, slope: float) -> Any:
        """As the generic one."""
        out = self._activation("leaky_relu", x, slope) if x.size >= _FEWEST else None
        return super().leaky_relu(x, slope) if out is None else out

    def leaky_relu_grad(self, g: Any, x: Any, slope: float) -> Any:
        """As the generic one; where x is NaN, it is g."""
        dx = self._slope("leaky_relu", g, x, slope) if g.size >= _FEWEST and slope else None
        return super().leaky_relu_grad(g, x, slope) if dx is None else dx

    def hardswish(self, x: Any) -> Any:
        """As the generic one."""
        out = self._activation("hardswish", x, *_HARDSWISH) if x.size >= _FEWEST else None
        return super().hardswish(x) if out is None else out

    def hardswish_grad(self, g: Any, x: Any) -> Any:
        """As the generic one; where x is NaN, it is g, as PyTorch's."""
        dx = self._slope("hardswish", g, x, *_HARDSWISH) if g.size >= _FEWEST else None
        return super().hardswish_grad(g, x) if dx is None else dx

    def _activation(self, name: str, x: Any, alpha: float = 1.0, beta: float = 0.0) -> Any:
        """The function of x, or None if it is to be computed otherwise."""
        library = self._onednn("eltwise", x, x) if x.size >= _FORWARD_FROM[name] else None
        return None if library is None else library.forward(name, x, alpha, beta)

    def _slope(self, name: str, g: Any, x: Any, alpha: float = 1.0, beta: float = 0.0) -> Any:
        """The gradient, or None if it is to be computed otherwise."""
        library = self._onednn("eltwise", g, x) if x.size >= _BACKWARD_FROM[name] else None
        return None if library is None else library.backward(name, g, x, alpha, beta)

    # --- softmax ------------------------------------------------------------------------------------

    def softmax(self, x: Any, dim: tuple[int, ...]) -> Any:
        """As the generic one."""
        library = self._softmax_of_rows(x, dim)
        out = None if library is None else library.forward("softmax", x)
        # Of a row with NaN or infinity oneDNN makes NaN and numbers.
        usable = out is not None and isfinite(out.reshape(-1).dot(out.reshape(-1)))
        return out if usable else super().softmax(x, dim)

    def softmax_grad(self, g: Any, out: Any, dim: tuple[int, ...]) -> Any:
        """As the generic one."""
        library = self._softmax_of_rows(out, dim, g)
        dx = None if library is None else library.backward("softmax", g, out)
        return super().softmax_grad(g, out, dim) if dx is None else dx

    def log_softmax_grad(self, g: Any, out: Any, dim: tuple[int, ...]) -> Any:
        """As the generic one."""
        library = self._softmax_of_rows(out, dim, g)
        dx = None if library is None else library.backward("log_softmax", g, out)
        # Of NaN, which a row of log_softmax is of alone, oneDNN makes infinity.
        usable = dx is not None and isfinite(self.xp.add.reduce(dx[..., 0], None))
        return dx if usable else super().log_softmax_grad(g, out, dim)

    def _softmax_of_rows(self, x: Any, dim: tuple[int, ...], *others: Any) -> Any:
        """OneDNN's softmax, or None if it is to be computed otherwise."""
        pays = x.size >= _FEWEST and of_rows(x, dim) and x.shape[-1] >= _WIDE_ROWS
        return self._onednn("softmax", x, *others) if pays else None

    # --- recurrent layers ---------------------------------------------------------------------------

    def lstm_layer(
        self,
        x: Any,
        hidden: Any,
        cell: Any,
        w_ih: Any,
        w_hh: Any,
        bias: Any,
        projection: Any,
        steps: Steps,
        keep: bool = True,
    ) -> tuple[Any, ...]:
        """As the generic one; what it keeps is oneDNN's workspace, and None for all others."""
        arrays = (x, hidden, cell, w_ih, w_hh)
        found = None
        if projection is None and steps.alike:
            library = self._onednn("recurrent", *arrays) if _pays(x, hidden) else None
            if library is not None:
                found = library.lstm(*arrays, bias, len(steps.rows), steps.backwards, keep)
        if found is None:
            return super().lstm_layer(*arrays, bias, projection, steps, keep)
        return *found, None, None, None

    def lstm_layer_grad(
        self,
        g_out: Any,
        g_hidden: Any,
        g_cell: Any,
        saved: tuple[Any, ...],
        steps: Steps,
        needs: tuple[bool, ...],
    ) -> tuple[Any, ...]:
        """As the generic one."""
        x, hidden, cell, w_ih, w_hh, _, results, workspace, gates, *_ = saved
        cotangents = (g_out, g_hidden, g_cell)
        if gates is not None:
            return super().lstm_layer_grad(*cotangents, saved, steps, needs)
        states, weights, count = (hidden, cell), (w_ih, w_hh), len(steps.rows)
        library = onednn.load("recurrent")
        args = (x, states, weights, results, workspace, cotangents, count, steps.backwards)
        return *library.lstm_grad(*args), None

    def gru_layer(
        self,
        x: Any,
        hidden: Any,
        w_ih: Any,
        w_hh: Any,
        b_ih: Any,
        b_hh: Any,
        steps: Steps,
        keep: bool = True,
    ) -> tuple[Any, ...]:
        """As the generic one; what it keeps is oneDNN's workspace, and None."""
        arrays = (x, hidden, w_ih, w_hh)
        found = None
        if steps.alike:
            library = self._onednn("recurrent", *arrays) if _pays(x, hidden) else None
            if library is not None:
                found = library.gru(*arrays, b_ih, b_hh, len(steps.rows), steps.backwards, keep)
        if found is None:
            return super().gru_layer(*arrays, b_ih, b_hh, steps, keep)
        return *found, None

    def gru_layer_grad(
        self,
        g_out: Any,
        g_hidden: Any,
        saved: tuple[Any, ...],
        steps: Steps,
        needs: tuple[bool, ...],
    ) -> tuple[Any, ...]:
        """As the generic one."""
        x, hidden, w_ih, w_hh, results, workspace, inner = saved
        if inner is not None:
            return super().gru_layer_grad(g_out, g_hidden, saved, steps, needs)
        weights, count = (w_ih, w_hh), len(steps.rows)
        library = onednn.load("recurrent")
        return library.gru_grad(
            x, hidden, weights, results, workspace, (g_out, g_hidden), count, steps.backwards
        )

    # --- what they share ----------------------------------------------------------------------------

    def _onednn(self, module: str, *arrays: Any) -> Any:
        """What computes this by oneDNN, or None."""
        float32 = self.xp.float32
        if not onednn.enabled or any(a.dtype != float32 for a in arrays):
            return None
        return onednn.load(module)


def _is_of_matrix(x: Any, layout: Layout, plain: bool) -> bool:
    """Whether a matrix is normalized by rows or columns, and then its rows unless `plain`; it pays."""
    if x.size < _SMALL:
        return False
    return layout.dims in ((0,), (1,)) or (plain and 0 not in layout.dims)


def _pays(x: Any, hidden: Any) -> bool:
    """Whether a recurrent layer has anything to compute."""
    return x.size > 0 and hidden.size > 0
