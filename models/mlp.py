"""A multi-layer perceptron for images or vectors."""

from __future__ import annotations

from collections.abc import Sequence

from retrograd import nn


class MLP(nn.Sequential):
    """Linear layers with ReLU between them, on flattened inputs.

    Parameters
    ----------
    in_features : int
        The number of values of one input.
    hidden : sequence of int
        Widths of the hidden layers.
    classes : int
        Width of the output: logits.
    dropout : float
        Probability of dropout after each hidden layer; 0 for none.

    Examples
    --------
    >>> rg.models.MLP(784)(rg.zeros(2, 1, 28, 28)).shape
    retrograd.Size([2, 10])
    """

    def __init__(
        self,
        in_features: int,
        hidden: Sequence[int] = (256, 128),
        classes: int = 10,
        dropout: float = 0.0,
    ):
        layers: list[nn.Module] = [nn.Flatten()]
        for width in hidden:
            layers += [nn.Linear(in_features, width), nn.ReLU()]
            if dropout:
                layers.append(nn.Dropout(dropout))
            in_features = width
        super().__init__(*layers, nn.Linear(in_features, classes))
