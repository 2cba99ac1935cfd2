"""What the image sets share: grey images and their class labels, held in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import index as to_int
from pathlib import Path
from typing import Any

import numpy as np

from retrograd.autograd_core.creation import from_numpy
from retrograd.autograd_core.tensor import Tensor
from retrograd.backends.dtypes import float32
from retrograd.data.dataset import Dataset
from retrograd.data.idx import read_idx

__all__ = ["ImageDataset", "find_file", "read_pair"]

Transform = Callable[[Any], Any]


class ImageDataset(Dataset[tuple[Any, Any]]):
    """Grey images with a class label each.

    A sample is ``(image, label)``: a float32 Tensor of shape (1, H, W) with values from 0 to 1, and
    an int, each passed through its transform if there is one. Without transforms a `DataLoader`
    takes whole batches by one indexing of `data` and `targets`.

    Attributes
    ----------
    data : Tensor
        All images as they are stored, uint8, shape (N, H, W).
    targets : Tensor
        All labels, int64, shape (N,).
    classes : list of str
        The name of each class.

    Examples
    --------
    >>> from retrograd.data import ImageDataset
    >>> images = ImageDataset(np.full((3, 2, 2), 255, np.uint8), np.array([0, 1, 1]))
    >>> images[2]
    (tensor([[[1., 1.],
              [1., 1.]]]), 1)
    """

    classes: list[str] = []
    white = 255  # the stored value that becomes 1

    def __init__(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
    ):
        self.data = from_numpy(images)
        self.targets = from_numpy(labels.astype("int64"))
        self.transform = transform
        self.target_transform = target_transform

    @property
    def class_to_idx(self) -> dict[str, int]:
        """The label of each class name."""
        return {name: label for label, name in enumerate(self.classes)}

    def _scaled(self, images: Tensor) -> Tensor:
        """Stored images, with a channel dimension, as float32 from 0 to 1."""
        return images.to(float32).div(self.white).unsqueeze(-3)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        image: Any = self._scaled(self.data[index])
        label: Any = int(self.targets[index])
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            label = self.target_transform(label)
        return image, label

    def __getbatch__(self, indices: Sequence[int]) -> Any:
        if self.transform is not None or self.target_transform is not None:
            return NotImplemented
        rows = list(map(to_int, indices))
        return [self._scaled(self.data[rows]), self.targets[rows]]

    def __len__(self) -> int:
        return len(self.data)

    def __repr__(self) -> str:
        height, width = self.data.shape[1:]
        return (
            f"{type(self).__name__}({len(self)} images of {height}x{width}, "
            f"{len(self.classes)} classes)"
        )


def find_file(name: str, folders: Sequence[Path]) -> Path | None:
    """The first of ``name`` and ``name.gz`` found in the folders, in their order."""
    for folder in folders:
        for candidate in (folder / name, folder / f"{name}.gz"):
            if candidate.is_file():
                return candidate
    return None


def read_pair(images_path: Path, labels_path: Path) -> tuple[np.ndarray, np.ndarray]:
    """The images and labels of two IDX files that belong together.

    Raises
    ------
    ValueError
        If a file is damaged, holds something else, or the two differ in length.
    """
    images, labels = read_idx(images_path), read_idx(labels_path)
    for path, array, kind, ndim in (
        (images_path, images, "images", 3),
        (labels_path, labels, "labels", 1),
    ):
        if array.ndim != ndim or array.dtype != "uint8":
            raise ValueError(
                f"{path} does not hold {kind}: expected uint8 of {ndim} dimension(s), "
                f"got {array.dtype} of shape {array.shape}"
            )
    if len(images) != len(labels):
        raise ValueError(
            f"{images_path} has {len(images)} images but {labels_path} has {len(labels)} labels; "
            "the two files are not of the same set"
        )
    return images, labels
