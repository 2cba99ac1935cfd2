"""Recurrent layers and cells: RNN, LSTM, GRU."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

from retrograd.autograd_core.creation import empty, zeros
from retrograd.autograd_core.ops.joining import cat, stack
from retrograd.autograd_core.ops.recurrent import (
    gru_layer,
    gru_step,
    lstm_layer,
    lstm_step,
    rnn_layer,
    rnn_relu_step,
    rnn_tanh_step,
)
from retrograd.autograd_core.tensor import Tensor
from retrograd.nn import functional as F
from retrograd.nn import init
from retrograd.nn.module import Module
from retrograd.nn.parameter import Parameter
from retrograd.nn.utils.rnn import PackedSequence

# The next state of a cell from what the gates get from the input, the state and the weights.
_STEPS: dict[str, Callable[..., tuple[Tensor, ...]]] = {
    "RNN_TANH": rnn_tanh_step,
    "RNN_RELU": rnn_relu_step,
    "LSTM": lstm_step,
    "GRU": gru_step,
}
# One direction of one layer over all steps: the outputs, and the states that sequences end in.
_LAYERS: dict[str, Callable[..., tuple[Tensor, ...]]] = {
    "RNN_TANH": partial(rnn_layer, relu=False),
    "RNN_RELU": partial(rnn_layer, relu=True),
    "LSTM": lstm_layer,
    "GRU": gru_layer,
}
_GATES = {"RNN_TANH": 1, "RNN_RELU": 1, "LSTM": 4, "GRU": 3}
_WEIGHTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")


class RNNBase(Module):
    """What the recurrent layers share: the weights, and the loop over layers, directions, time.

    Parameters
    ----------
    mode : str
        "RNN_TANH", "RNN_RELU", "LSTM" or "GRU".
    input_size, hidden_size, num_layers : int
    bias : bool
    batch_first : bool
        Whether input and output are (N, L, ...) instead of (L, N, ...); states never are.
    dropout : float
        Between layers, in training.
    bidirectional : bool
        Whether another set of weights goes over time backwards.
    proj_size : int
        The size hidden states are projected to (LSTM only); 0 for none.

    Examples
    --------
    >>> rg.nn.RNNBase("GRU", 4, 8)(rg.ones(5, 2, 4))[0].shape
    retrograd.Size([5, 2, 8])
    """

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ):
        super().__init__()
        if mode not in _STEPS:
            raise ValueError(f"Unrecognized RNN mode: {mode}; expected one of {', '.join(_STEPS)}")
        self.mode = mode
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout = bias, batch_first, float(dropout)
        self.bidirectional, self.proj_size = bidirectional, proj_size
        self._check_settings(dropout)
        for layer in range(num_layers):
            for suffix in self._suffixes(layer):
                self._add_weights(layer, suffix, {"device": device, "dtype": dtype})
        self.reset_parameters()

    def _check_settings(self, dropout: Any) -> None:
        if isinstance(dropout, bool) or not 0 <= dropout <= 1:
            raise ValueError(
                "dropout should be a number in range [0, 1] representing the probability of an "
                f"element being zeroed, got {dropout}"
            )
        if dropout > 0 and self.num_layers == 1:
            warnings.warn(
                "dropout option adds dropout after all but last recurrent layer, so non-zero "
                f"dropout expects num_layers greater than 1, but got dropout={dropout} and "
                f"num_layers={self.num_layers}",
                stacklevel=4,
            )
        for name in ("hidden_size", "num_layers"):
            value = getattr(self, name)
            if not isinstance(value, int):
                raise TypeError(f"{name} should be of type int, got: {type(value).__name__}")
            if value <= 0:
                raise ValueError(f"{name} must be greater than zero")
        if self.proj_size and self.mode != "LSTM":
            raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")
        if not 0 <= self.proj_size < self.hidden_size:
            raise ValueError("proj_size has to be a positive integer, smaller than hidden_size")

    def _suffixes(self, layer: int) -> list[str]:
        return [f"_l{layer}", f"_l{layer}_reverse"][: 1 + self.bidirectional]

    @property
    def _output_size(self) -> int:
        return self.proj_size or self.hidden_size

    def _add_weights(self, layer: int, suffix: str, where: dict[str, Any]) -> None:
        gates = _GATES[self.mode] * self.hidden_size
        below = self._output_size * (1 + self.bidirectional)
        shapes: dict[str, tuple[int, ...]] = {
            "weight_ih": (gates, self.input_size if layer == 0 else below),
            "weight_hh": (gates, self._output_size),
        }
        if self.bias:
            shapes |= {"bias_ih": (gates,), "bias_hh": (gates,)}
        if self.proj_size:
            shapes["weight_hr"] = (self.proj_size, self.hidden_size)
        for name, shape in shapes.items():
            self.register_parameter(name + suffix, Parameter(empty(*shape, **where)))

    def reset_parameters(self) -> None:
        """Draw new values, uniform in +-1/sqrt(hidden_size)."""
        bound = 1.0 / math.sqrt(self.hidden_size)
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def flatten_parameters(self) -> None:
        """Do nothing: it is for cuDNN."""

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters of each direction of each layer."""
        suffixes = [s for layer in range(self.num_layers) for s in self._suffixes(layer)]
        return [[p for n, p in self._parameters.items() if n.endswith(s)] for s in suffixes]  # type: ignore[misc]

    # --- shapes ---------------------------------------------------------------------------------

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        packed = isinstance(input, PackedSequence)
        x = input.data if packed else input
        self._check_input(x, packed)
        unbatched = not packed and x.ndim == 2
        if unbatched:
            x = x.unsqueeze(1)
            hx = None if hx is None else self._map(hx, lambda h: h.unsqueeze(1))
        elif not packed and self.batch_first:
            x = x.transpose(0, 1)
        sizes = input.batch_sizes.tolist() if packed else [x.shape[1]] * x.shape[0]
        state = self._initial_state(hx, x, sizes[0] if packed else x.shape[1])
        order = input.sorted_indices if packed else None
        if order is not None and hx is not None:
            state = tuple(s.index_select(1, order) for s in state)
        y, state = self._run(x if packed else x.flatten(0, 1), sizes, state)
        if packed:
            back = input.unsorted_indices
            if back is not None:
                state = tuple(s.index_select(1, back) for s in state)
            return PackedSequence(y, *input[1:]), self._returned(state)
        y = y.unflatten(0, (len(sizes), -1))
        if unbatched:
            return y.squeeze(1), self._returned(tuple(s.squeeze(1) for s in state))
        return (y.transpose(0, 1) if self.batch_first else y), self._returned(state)

    def _check_input(self, x: Tensor, packed: bool) -> None:
        if x.ndim not in ((2,) if packed else (2, 3)):
            raise ValueError(
                f"{type(self).__name__}: Expected input to be 2D or 3D, got {x.ndim}D instead"
            )
        if x.shape[-1] != self.input_size:
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got "
                f"{x.shape[-1]}"
            )

    def _map(self, hx: Any, function: Callable[[Tensor], Tensor]) -> Any:
        return tuple(function(h) for h in hx) if isinstance(hx, tuple) else function(hx)

    def _returned(self, state: tuple[Tensor, ...]) -> Any:
        return state if self.mode == "LSTM" else state[0]

    def _initial_state(self, hx: Any, x: Tensor, batch: int) -> tuple[Tensor, ...]:
        """The state of all layers and directions, zeros if none is given."""
        rows = self.num_layers * (1 + self.bidirectional)
        sizes = [self._output_size, self.hidden_size][: 1 + (self.mode == "LSTM")]
        if hx is None:
            return tuple(zeros(rows, batch, n, dtype=x.dtype, device=x.device) for n in sizes)
        state = tuple(hx) if self.mode == "LSTM" else (hx,)
        for number, (h, n) in enumerate(zip(state, sizes, strict=True)):
            if tuple(h.shape) != (rows, batch, n):
                raise RuntimeError(
                    f"Expected hidden[{number}] size {(rows, batch, n)}, got {list(h.shape)}"
                )
        return state

    # --- the layers -----------------------------------------------------------------------------

    def _run(
        self, x: Tensor, sizes: list[int], state: tuple[Tensor, ...]
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """All layers over steps given one after another, `sizes` sequences at each time."""
        states = list(zip(*(s.unbind(0) for s in state), strict=True))
        last: list[list[Tensor]] = []
        for layer in range(self.num_layers):
            outputs = []
            for backwards, suffix in enumerate(self._suffixes(layer)):
                weights = [getattr(self, name + suffix, None) for name in _WEIGHTS]
                y, *end = _LAYERS[self.mode](
                    x,
                    *states[len(last)],
                    *[w for w in weights if w is not None],
                    sizes=sizes,
                    backwards=bool(backwards),
                )
                outputs.append(y)
                last.append(end)
            x = cat(outputs, -1) if self.bidirectional else outputs[0]
            if self.dropout and layer < self.num_layers - 1:
                x = F.dropout(x, self.dropout, self.training)
        return x, tuple(stack(parts) for parts in zip(*last, strict=True))

    def extra_repr(self) -> str:
        parts = [f"{self.input_size}, {self.hidden_size}"]
        if self.proj_size:
            parts.append(f"proj_size={self.proj_size}")
        if self.num_layers != 1:
            parts.append(f"num_layers={self.num_layers}")
        if self.bias is not True:
            parts.append(f"bias={self.bias}")
        if self.batch_first:
            parts.append(f"batch_first={self.batch_first}")
        if self.dropout:
            parts.append(f"dropout={self.dropout}")
        if self.bidirectional:
            parts.append(f"bidirectional={self.bidirectional}")
        return ", ".join(parts)


class RNN(RNNBase):
    """``h = tanh(W_ih x + b_ih + W_hh h + b_hh)`` over time (Elman 1990).

    Parameters
    ----------
    input_size, hidden_size, num_layers : int
    nonlinearity : str
        "tanh" or "relu".
    bias, batch_first, dropout, bidirectional
        As in `RNNBase`.

    Examples
    --------
    >>> y, h = rg.nn.RNN(10, 20, 2)(rg.ones(5, 3, 10))
    >>> y.shape, h.shape
    (retrograd.Size([5, 3, 20]), retrograd.Size([2, 3, 20]))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ):
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(
                f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'."
            )
        self.nonlinearity = nonlinearity
        super().__init__(
            f"RNN_{nonlinearity.upper()}",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            0,
            device,
            dtype,
        )


class LSTM(RNNBase):
    """Long short-term memory (Hochreiter & Schmidhuber 1997).

    Gates i, f, g, o: ``c = sigmoid(f) c + sigmoid(i) tanh(g)``, ``h = sigmoid(o) tanh(c)``.

    Parameters
    ----------
    input_size, hidden_size, num_layers : int
    bias, batch_first, dropout, bidirectional, proj_size
        As in `RNNBase`.

    Examples
    --------
    >>> y, (h, c) = rg.nn.LSTM(10, 20, 2)(rg.ones(5, 3, 10))
    >>> y.shape, h.shape, c.shape
    (retrograd.Size([5, 3, 20]), retrograd.Size([2, 3, 20]), retrograd.Size([2, 3, 20]))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ):
        super().__init__(
            "LSTM",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            proj_size,
            device,
            dtype,
        )


class GRU(RNNBase):
    """Gated recurrent units (Cho et al. 2014).

    ``r, z = sigmoid(...)``, ``n = tanh(W_in x + b_in + r (W_hn h + b_hn))``,
    ``h = (1 - z) n + z h``.

    Parameters
    ----------
    input_size, hidden_size, num_layers : int
    bias, batch_first, dropout, bidirectional
        As in `RNNBase`.

    Examples
    --------
    >>> y, h = rg.nn.GRU(10, 20, batch_first=True)(rg.ones(3, 5, 10))
    >>> y.shape, h.shape
    (retrograd.Size([3, 5, 20]), retrograd.Size([1, 3, 20]))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ):
        super().__init__(
            "GRU",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            0,
            device,
            dtype,
        )


class RNNCellBase(Module):
    """What the cells share: one step of one layer, on (N, input_size) or (input_size,)."""

    mode: str

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ):
        super().__init__()
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        gates = _GATES[self.mode] * hidden_size
        where = {"device": device, "dtype": dtype}
        self.weight_ih = Parameter(empty(gates, input_size, **where))
        self.weight_hh = Parameter(empty(gates, hidden_size, **where))
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(name, Parameter(empty(gates, **where)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new values, uniform in +-1/sqrt(hidden_size)."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0.0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def _step(self, input: Tensor, state: tuple[Tensor, ...] | None) -> tuple[Tensor, ...]:
        name = type(self).__name__
        for what, x in (("input", input), *(("hidden", s) for s in state or ())):
            if x.ndim not in (1, 2):
                raise ValueError(f"{name}: Expected {what} to be 1D or 2D, got {x.ndim}D instead")
        if state is None:
            shape = (*input.shape[:-1], self.hidden_size)
            empty_state = zeros(*shape, dtype=input.dtype, device=input.device)
            state = (empty_state,) * (1 + (self.mode == "LSTM"))
        gates = F.linear(input, self.weight_ih, self.bias_ih)
        return _STEPS[self.mode](gates, state, self.weight_hh, self.bias_hh)

    def extra_repr(self) -> str:
        bias = "" if self.bias is True else f", bias={self.bias}"
        return f"{self.input_size}, {self.hidden_size}{bias}"


class RNNCell(RNNCellBase):
    """One step of `RNN`.

    Examples
    --------
    >>> rg.nn.RNNCell(10, 20)(rg.ones(3, 10)).shape
    retrograd.Size([3, 20])
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ):
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"Unknown nonlinearity: {nonlinearity}")
        self.mode, self.nonlinearity = f"RNN_{nonlinearity.upper()}", nonlinearity
        super().__init__(input_size, hidden_size, bias, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        return self._step(input, None if hx is None else (hx,))[0]

    def extra_repr(self) -> str:
        what = "" if self.nonlinearity == "tanh" else f", nonlinearity={self.nonlinearity}"
        return super().extra_repr() + what


class LSTMCell(RNNCellBase):
    """One step of `LSTM`.

    Examples
    --------
    >>> h, c = rg.nn.LSTMCell(10, 20)(rg.ones(3, 10))
    >>> h.shape, c.shape
    (retrograd.Size([3, 20]), retrograd.Size([3, 20]))
    """

    mode = "LSTM"

    def forward(self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, ...]:
        return self._step(input, hx)


class GRUCell(RNNCellBase):
    """One step of `GRU`.

    Examples
    --------
    >>> rg.nn.GRUCell(10, 20)(rg.ones(3, 10)).shape
    retrograd.Size([3, 20])
    """

    mode = "GRU"

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        return self._step(input, None if hx is None else (hx,))[0]
