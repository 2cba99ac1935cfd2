"""MNIST and Fashion-MNIST: layouts, downloads, damaged files, and the real files."""

import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest

import retrograd as rg
from retrograd.data import MNIST, DataLoader, FashionMNIST, write_idx

REAL = Path("/usr/share/datasets/fashion-mnist")  # of Debian's package dataset-fashion-mnist
NAMES = {
    "train-images-idx3-ubyte": (7, 28, 28),
    "train-labels-idx1-ubyte": (7,),
    "t10k-images-idx3-ubyte": (3, 28, 28),
    "t10k-labels-idx1-ubyte": (3,),
}


def arrays():
    rng = np.random.default_rng(0)
    return {name: rng.integers(0, 10, shape, np.uint8) for name, shape in NAMES.items()}


def write_all(folder, suffix=""):
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays().items():
        write_idx(folder / (name + suffix), array)


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("place", [".", "MNIST/raw"])
def test_layouts(tmp_path, suffix, place):
    write_all(tmp_path / place, suffix)
    train, test = MNIST(tmp_path), MNIST(str(tmp_path), train=False)
    assert (len(train), len(test)) == (7, 3)
    np.testing.assert_array_equal(train.data.numpy(), arrays()["train-images-idx3-ubyte"])
    np.testing.assert_array_equal(test.targets.numpy(), arrays()["t10k-labels-idx1-ubyte"])


def test_samples_and_batches(tmp_path):
    write_all(tmp_path)
    data = MNIST(tmp_path)
    assert data.data.dtype == rg.uint8
    assert data.targets.dtype == rg.int64
    image, label = data[2]
    raw = arrays()["train-images-idx3-ubyte"]
    assert tuple(image.shape) == (1, 28, 28)
    assert image.dtype == rg.float32
    assert type(label) is int
    np.testing.assert_array_equal(image.numpy()[0], raw[2].astype(np.float32) / np.float32(255))
    images, labels = next(iter(DataLoader(data, batch_size=7)))
    assert tuple(images.shape) == (7, 1, 28, 28)
    assert images.dtype == rg.float32
    assert labels.dtype == rg.int64
    for i, (image, label) in enumerate(data):
        np.testing.assert_array_equal(images[i].numpy(), image.numpy())
        assert labels[i].item() == label
    np.testing.assert_array_equal(data.data.numpy(), raw)  # left as it was


def test_transforms(tmp_path):
    write_all(tmp_path)
    data = MNIST(tmp_path, transform=lambda x: x.reshape(-1) * 2, target_transform=lambda y: -y)
    image, label = data[1]
    assert tuple(image.shape) == (784,)
    assert label == -int(arrays()["train-labels-idx1-ubyte"][1])
    images, labels = next(iter(DataLoader(data, batch_size=7)))
    np.testing.assert_array_equal(images[1].numpy(), image.numpy())
    assert labels[1].item() == label


def test_classes():
    assert len(MNIST.classes) == len(FashionMNIST.classes) == 10
    assert MNIST.classes[7] == "7 - seven"


def test_class_to_idx_and_repr(tmp_path):
    write_all(tmp_path)
    data = FashionMNIST(tmp_path)
    assert data.class_to_idx["Bag"] == 8
    assert repr(data) == "FashionMNIST(7 images of 28x28, 10 classes)"


def test_missing_files_say_what_to_put_where(tmp_path):
    with pytest.raises(RuntimeError) as caught:
        FashionMNIST(tmp_path)
    message = str(caught.value)
    assert message.startswith("FashionMNIST: train-images-idx3-ubyte(.gz) not found in")
    assert "download=True" in message
    assert str(tmp_path / "FashionMNIST" / "raw") in message
    assert all(f"{name}.gz" in message for name in NAMES)


@pytest.mark.parametrize("name", ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"])
def test_truncated_file_is_named(tmp_path, name):
    write_all(tmp_path)
    path = tmp_path / name
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match=f"{name} is truncated"):
        MNIST(tmp_path)


def test_files_that_do_not_belong_together(tmp_path):
    write_all(tmp_path)
    write_idx(tmp_path / "train-labels-idx1-ubyte", np.zeros(6, np.uint8))
    with pytest.raises(ValueError, match=r"7 images but .*labels-idx1-ubyte has 6 labels"):
        MNIST(tmp_path)


def test_labels_in_place_of_images(tmp_path):
    write_all(tmp_path)
    write_idx(tmp_path / "train-images-idx3-ubyte", np.zeros(7, np.uint8))
    with pytest.raises(ValueError, match=r"images-idx3-ubyte does not hold images.*shape \(7,\)"):
        MNIST(tmp_path)


@pytest.fixture
def served(server):
    """A server with the four files, and MNIST as a class that knows it and them."""
    server.files = {}
    for name, array in arrays().items():
        header = bytes([0, 0, 8, array.ndim])
        sizes = b"".join(n.to_bytes(4, "big") for n in array.shape)
        server.files[f"{name}.gz"] = gzip.compress(header + sizes + array.tobytes(), mtime=0)

    class MNIST(rg.data.MNIST):
        mirrors = [server.url("")]
        checksums = {name: md5_of(server.files[f"{name}.gz"]) for name in NAMES}

    return MNIST


def md5_of(content):
    return hashlib.md5(content).hexdigest()


def test_download(server, served, tmp_path):
    data = served(tmp_path, download=True)
    assert len(data) == 7
    assert {path.name for path in (tmp_path / "MNIST" / "raw").iterdir()} == set(server.files)
    assert len(server.requests) == 4
    served(tmp_path, train=False, download=True)
    assert len(server.requests) == 4  # nothing was missing


def test_download_of_what_is_missing_only(server, served, tmp_path):
    write_all(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    served(tmp_path, download=True)
    assert [path for path, _ in server.requests] == ["/t10k-labels-idx1-ubyte.gz"]


def test_download_cut_off_and_taken_up(server, served, tmp_path):
    server.cut, server.cuts = 20, 3
    with pytest.raises(RuntimeError, match=r"broke at byte 60.*a new call goes on"):
        served(tmp_path, download=True)
    assert len(served(tmp_path, download=True)) == 7


def test_download_impossible_says_what_to_put_where(server, served, tmp_path):
    server.files.clear()
    with pytest.raises(RuntimeError) as caught:
        served(tmp_path, download=True)
    message = str(caught.value)
    assert "HTTP Error 404" in message
    assert f"put them into {tmp_path}" in message


def test_download_with_wrong_content(server, served, tmp_path):
    server.files["train-images-idx3-ubyte.gz"] += b"x"
    with pytest.raises(RuntimeError, match=r"train-images-idx3-ubyte\.gz.*(\n|.)*wrong checksum"):
        served(tmp_path, download=True)
    assert list((tmp_path / "MNIST" / "raw").iterdir()) == []


@pytest.mark.skipif(not REAL.is_dir(), reason="dataset-fashion-mnist is not installed")
@pytest.mark.parametrize("kind", [FashionMNIST, MNIST])
def test_the_real_files(kind):
    test = kind(REAL, train=False)
    assert tuple(test.data.shape) == (10_000, 28, 28)
    assert np.bincount(test.targets.numpy()).tolist() == [1_000] * 10


@pytest.mark.skipif(not REAL.is_dir(), reason="dataset-fashion-mnist is not installed")
def test_the_real_training_files():
    train = FashionMNIST(root=REAL)
    assert tuple(train.data.shape) == (60_000, 28, 28)
    assert np.bincount(train.targets.numpy()).tolist() == [6_000] * 10
    assert train.classes[train[0][1]] == "Ankle boot"
    assert train.data.numpy().mean() / 255 == pytest.approx(0.2860, abs=1e-4)
