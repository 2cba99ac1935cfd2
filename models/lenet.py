"""LeNet-5 (LeCun et al. 1998), with ReLU and max pooling as it is taught today."""

from __future__ import annotations

from retrograd import nn
from retrograd.autograd_core.tensor import Tensor


class LeNet(nn.Module):
    """Two convolutions with pooling, then three linear layers.

    Parameters
    ----------
    in_channels, size : int
        Channels, and height and width, of the input; any size from 4 on.
    classes : int
        Width of the output: logits.
    channels : (int, int)
        Channels of the two convolutions; LeNet-5 has 6 and 16.
    dropout : float
        Probability of dropout before the first two linear layers; 0 for none.

    Examples
    --------
    >>> rg.models.LeNet()(rg.zeros(2, 1, 28, 28)).shape
    retrograd.Size([2, 10])
    """

    def __init__(
        self,
        in_channels: int = 1,
        size: int = 28,
        classes: int = 10,
        channels: tuple[int, int] = (6, 16),
        dropout: float = 0.0,
    ):
        super().__init__()
        if size < 4:
            raise ValueError(f"LeNet: expected images of at least 4 x 4, got {size} x {size}")
        first, second = channels
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, first, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(first, second, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        layers: list[nn.Module] = [nn.Flatten()]
        features = second * (size // 4) ** 2
        for width in (120, 84):
            if dropout:
                layers.append(nn.Dropout(dropout))
            layers += [nn.Linear(features, width), nn.ReLU()]
            features = width
        self.classifier = nn.Sequential(*layers, nn.Linear(features, classes))

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x))
