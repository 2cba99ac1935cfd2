"""MNIST and Fashion-MNIST, from the four standard IDX files."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from retrograd.data.images import ImageDataset, Transform, find_file, read_pair

__all__ = ["MNIST", "FashionMNIST"]


class MNIST(ImageDataset):
    """MNIST: 60,000 + 10,000 handwritten digits of 28x28 grey pixels.

    Parameters
    ----------
    root : path
        The folder with the four files (``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte``,
        ``t10k-images-idx3-ubyte``, ``t10k-labels-idx1-ubyte``, each plain or ``.gz``), or the one
        above ``MNIST/raw`` with them, as torchvision lays them out.
    train : bool
        The 60,000 images to train on, or the 10,000 to test on.
    transform, target_transform : callable, optional
        Applied to the image, a float32 Tensor of shape (1, 28, 28) from 0 to 1, and to the label.
    download : bool
        Fetch the files that are missing from the official addresses into ``root/MNIST/raw``.

    Raises
    ------
    RuntimeError
        If files are missing, or cannot be downloaded.
    ValueError
        If a file is damaged, truncated or holds something else; it is named.

    Notes
    -----
    Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits" (1998).

    Examples
    --------
    >>> from retrograd.data import MNIST
    >>> MNIST("nowhere")
    Traceback (most recent call last):
        ...
    RuntimeError: MNIST: train-images-idx3-ubyte... not found in nowhere or nowhere/MNIST/raw...
    """

    classes = [
        "0 - zero",
        "1 - one",
        "2 - two",
        "3 - three",
        "4 - four",
        "5 - five",
        "6 - six",
        "7 - seven",
        "8 - eight",
        "9 - nine",
    ]
    mirrors = [
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "http://yann.lecun.com/exdb/mnist/",
    ]
    checksums = {
        "train-images-idx3-ubyte": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "train-labels-idx1-ubyte": "d53e105ee54ea40749a09fcbcd1e9432",
        "t10k-images-idx3-ubyte": "9fb629c4189551a2d022fa330f9573f3",
        "t10k-labels-idx1-ubyte": "ec29112dd5afa0611ce80d1b7f02629c",
    }
    """MD5 of each file's ``.gz``, as it is at the official addresses."""
    _package = ""

    def __init__(
        self,
        root: str | PathLike[str],
        train: bool = True,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
        download: bool = False,
    ):
        self.root = Path(root)
        self.train = train
        if download:
            self.download()
        part = "train" if train else "t10k"
        images_path = self._path_of(f"{part}-images-idx3-ubyte")
        labels_path = self._path_of(f"{part}-labels-idx1-ubyte")
        super().__init__(*read_pair(images_path, labels_path), transform, target_transform)

    @property
    def raw_folder(self) -> Path:
        """Where downloads go: torchvision's place."""
        return self.root / type(self).__name__ / "raw"

    def download(self) -> None:
        """Fetch those of the four files that are not there yet.

        Raises
        ------
        RuntimeError
            If one cannot be had; what is complete stays.
        """
        from retrograd.data.download import download as download_file

        for name, md5 in self.checksums.items():
            if self._find(name) is None:
                file = f"{name}.gz"
                try:
                    download_file([url + file for url in self.mirrors], self.raw_folder / file, md5)
                except RuntimeError as error:
                    raise RuntimeError(f"{error}\n{self._how_to_get()}") from error

    def _find(self, name: str) -> Path | None:
        return find_file(name, [self.root, self.raw_folder])

    def _path_of(self, name: str) -> Path:
        path = self._find(name)
        if path is None:
            raise RuntimeError(
                f"{type(self).__name__}: {name}(.gz) not found in {self.root} or "
                f"{self.raw_folder}. Pass download=True. {self._how_to_get()}"
            )
        return path

    def _how_to_get(self) -> str:
        files = ", ".join(f"{name}.gz" for name in self.checksums)
        return f"Or get {files} elsewhere and put them into {self.root}{self._package}"


class FashionMNIST(MNIST):
    """Fashion-MNIST: 60,000 + 10,000 pictures of clothes, 28x28 grey pixels, in MNIST's format.

    The parameters are those of `MNIST`, with ``FashionMNIST/raw`` for ``MNIST/raw``. Debian and
    Ubuntu have the files as the package ``dataset-fashion-mnist``, in
    ``/usr/share/datasets/fashion-mnist``.

    Notes
    -----
    H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine
    Learning Algorithms" (2017), https://arxiv.org/abs/1708.07747. MIT licence.

    Examples
    --------
    >>> from retrograd.data import FashionMNIST
    >>> FashionMNIST.classes[9]
    'Ankle boot'
    """

    classes = [
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ]
    mirrors = ["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"]
    checksums = {
        "train-images-idx3-ubyte": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "train-labels-idx1-ubyte": "25c81989df183df01b3e8a0aad5dffbe",
        "t10k-images-idx3-ubyte": "bef4ecab320f06d8554ea6380940ec79",
        "t10k-labels-idx1-ubyte": "bb300cfdad3c16e7a12a480ee83cd310",
    }
    _package = (
        "; Debian has them as the package dataset-fashion-mnist, "
        "with root /usr/share/datasets/fashion-mnist"
    )
