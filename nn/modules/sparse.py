"""Tables of vectors that are looked up by index."""

from __future__ import annotations

from typing import Any

from retrograd.autograd_core.creation import empty
from retrograd.autograd_core.modes import no_grad
from retrograd.autograd_core.tensor import Tensor
from retrograd.nn import functional as F
from retrograd.nn import init
from retrograd.nn.module import Module
from retrograd.nn.parameter import Parameter


class _Table(Module):
    """What `Embedding` and `EmbeddingBag` share: the table, and the row that stands for nothing."""

    def _make(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None,
        weight: Tensor | None,
        requires_grad: bool,
        device: Any,
        dtype: Any,
    ) -> None:
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise ValueError(
                f"padding_idx must be within num_embeddings: got {padding_idx} for "
                f"{num_embeddings} rows"
            )
        below = padding_idx is not None and padding_idx < 0
        self.padding_idx = padding_idx + num_embeddings if below else padding_idx  # type: ignore[operator]
        shape = (num_embeddings, embedding_dim)
        if weight is None:
            values = empty(*shape, device=device, dtype=dtype)
            self.weight = Parameter(values, requires_grad)
            self.reset_parameters()
        else:
            if tuple(weight.shape) != shape:
                raise ValueError(
                    "shape of weight does not match num_embeddings and embedding_dim: got "
                    f"{list(weight.shape)}, expected {list(shape)}"
                )
            self.weight = Parameter(weight, requires_grad)

    def reset_parameters(self) -> None:
        """Draw new values from the normal distribution; the padding row is zero."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx].fill_(0)


def _matrix(embeddings: Tensor) -> tuple[int, int]:
    if embeddings.ndim != 2:
        raise ValueError(
            "Embeddings parameter is expected to be 2-dimensional, got shape "
            f"{list(embeddings.shape)}"
        )
    return embeddings.shape[0], embeddings.shape[1]


class Embedding(_Table):
    """Looks up rows of a table.

    Parameters
    ----------
    num_embeddings, embedding_dim : int
        Rows and columns.
    padding_idx : int, optional
        A row that begins at zero and gets no gradient.
    max_norm, norm_type : float, optional
        Rows that are looked up are first scaled down, in place, to a norm of at most `max_norm`.
    scale_grad_by_freq : bool
        Divide gradients by how often a row is in the batch.
    sparse : bool
        Accepted for PyTorch's sake: gradients are dense.

    Examples
    --------
    >>> rg.nn.Embedding(10, 3)(rg.tensor([[1, 2, 4, 5], [4, 3, 2, 9]])).shape
    retrograd.Size([2, 4, 3])
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Tensor | None = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ):
        super().__init__()
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        self._make(num_embeddings, embedding_dim, padding_idx, _weight, not _freeze, device, dtype)

    def forward(self, input: Tensor) -> Tensor:
        return F.embedding(
            input,
            self.weight,
            self.padding_idx,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.sparse,
        )

    def extra_repr(self) -> str:
        parts = [f"{self.num_embeddings}, {self.embedding_dim}"]
        if self.padding_idx is not None:
            parts.append(f"padding_idx={self.padding_idx}")
        if self.max_norm is not None:
            parts.append(f"max_norm={self.max_norm}")
        if self.norm_type != 2:
            parts.append(f"norm_type={self.norm_type}")
        if self.scale_grad_by_freq:
            parts.append(f"scale_grad_by_freq={self.scale_grad_by_freq}")
        if self.sparse:
            parts.append("sparse=True")
        return ", ".join(parts)

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Embedding:
        """Make one of a given table, not trained if `freeze`.

        Examples
        --------
        >>> layer = rg.nn.Embedding.from_pretrained(rg.tensor([[1.0, 2.3], [4.0, 5.1]]))
        >>> layer(rg.tensor([1]))
        tensor([[4.0000, 5.1000]])
        """
        return cls(
            *_matrix(embeddings),
            padding_idx=padding_idx,
            max_norm=max_norm,
            norm_type=norm_type,
            scale_grad_by_freq=scale_grad_by_freq,
            sparse=sparse,
            _weight=embeddings,
            _freeze=freeze,
        )


class EmbeddingBag(_Table):
    """Looks up bags of rows and gives the sum, mean or maximum of each.

    Parameters
    ----------
    num_embeddings, embedding_dim : int
        Rows and columns.
    max_norm, norm_type : float, optional
        Rows that are looked up are first scaled down, in place, to a norm of at most `max_norm`.
    scale_grad_by_freq : bool
        Divide gradients by how often a row is in the batch.
    mode : str
        "sum", "mean" or "max".
    sparse : bool
        Accepted for PyTorch's sake: gradients are dense.
    include_last_offset : bool
        The last offset is the end of the last bag.
    padding_idx : int, optional
        A row that is left out of the bags.

    Examples
    --------
    >>> bag = rg.nn.EmbeddingBag(10, 3, mode="sum")
    >>> bag(rg.tensor([1, 2, 4, 5, 4, 3, 2, 9]), rg.tensor([0, 4])).shape
    retrograd.Size([2, 3])
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        _weight: Tensor | None = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: Any = None,
        dtype: Any = None,
    ):
        super().__init__()
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        self.mode, self.include_last_offset = mode, include_last_offset
        self._make(num_embeddings, embedding_dim, padding_idx, _weight, True, device, dtype)

    def forward(
        self,
        input: Tensor,
        offsets: Tensor | None = None,
        per_sample_weights: Tensor | None = None,
    ) -> Tensor:
        return F.embedding_bag(
            input,
            self.weight,
            offsets,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.mode,
            self.sparse,
            per_sample_weights,
            self.include_last_offset,
            self.padding_idx,
        )

    def extra_repr(self) -> str:
        parts = [f"{self.num_embeddings}, {self.embedding_dim}"]
        if self.max_norm is not None:
            parts.append(f"max_norm={self.max_norm}")
        if self.norm_type != 2:
            parts.append(f"norm_type={self.norm_type}")
        if self.scale_grad_by_freq:
            parts.append(f"scale_grad_by_freq={self.scale_grad_by_freq}")
        parts.append(f"mode={self.mode!r}")
        if self.padding_idx is not None:
            parts.append(f"padding_idx={self.padding_idx}")
        return ", ".join(parts)

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> EmbeddingBag:
        """Make one of a given table, not trained if `freeze`.

        Examples
        --------
        >>> bag = rg.nn.EmbeddingBag.from_pretrained(rg.tensor([[1.0, 2.0], [3.0, 5.0]]))
        >>> bag(rg.tensor([[0, 1]]))
        tensor([[2.0000, 3.5000]])
        """
        bag = cls(
            *_matrix(embeddings),
            max_norm=max_norm,
            norm_type=norm_type,
            scale_grad_by_freq=scale_grad_by_freq,
            mode=mode,
            sparse=sparse,
            _weight=embeddings,
            include_last_offset=include_last_offset,
            padding_idx=padding_idx,
        )
        bag.weight.requires_grad = not freeze
        return bag
