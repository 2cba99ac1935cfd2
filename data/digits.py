"""The bundled data set: 1,797 handwritten digits of 8x8 pixels."""

from __future__ import annotations

from collections import Counter
from os import PathLike
from pathlib import Path

import numpy as np

from retrograd.data.images import ImageDataset, Transform, find_file, read_pair

__all__ = ["Digits"]

_BUNDLED = Path(__file__).parent / "files"
_IMAGES, _LABELS = "digits-images-idx3-ubyte", "digits-labels-idx1-ubyte"
_TEST_EVERY = 5


class Digits(ImageDataset):
    """Handwritten digits, 8x8 grey pixels of 0 to 16, part of the package.

    Of each class, every fifth image in the order of the file (the 5th, 10th, ...) is held out for
    testing: 1,442 images to train on and 355 to test on, always the same ones.

    Parameters
    ----------
    root : path, optional
        A folder with the two IDX files, to be used in place of the bundled ones.
    train : bool
        The part to train on, or the one to test on.
    transform, target_transform : callable, optional
        Applied to the image, a float32 Tensor of shape (1, 8, 8) from 0 to 1, and to the label.

    Notes
    -----
    E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
    Repository (1998), https://doi.org/10.24432/C50P49, CC BY 4.0.

    Examples
    --------
    >>> from retrograd.data import Digits
    >>> digits = Digits(train=False)
    >>> image, label = digits[0]
    >>> tuple(image.shape), label, len(digits)
    ((1, 8, 8), 5, 355)
    """

    classes = [str(digit) for digit in range(10)]
    white = 16

    def __init__(
        self,
        root: str | PathLike[str] | None = None,
        train: bool = True,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
    ):
        folder = _BUNDLED if root is None else Path(root)
        images_path, labels_path = (find_file(name, [folder]) for name in (_IMAGES, _LABELS))
        if images_path is None or labels_path is None:
            raise RuntimeError(
                f"Digits: {_IMAGES} and {_LABELS} (or .gz) are not both in {folder}; "
                "leave out root to use the bundled files"
            )
        images, labels = read_pair(images_path, labels_path)
        part = [held_out != train for held_out in _held_out(labels)]
        super().__init__(images[part], labels[part], transform, target_transform)
        self.train = train


def _held_out(labels: np.ndarray) -> list[bool]:
    """For each sample whether it is a fifth one of its class."""
    seen: Counter[int] = Counter()
    held_out = []
    for label in labels.tolist():
        seen[label] += 1
        held_out.append(seen[label] % _TEST_EVERY == 0)
    return held_out
