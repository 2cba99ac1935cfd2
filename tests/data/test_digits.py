"""The bundled digits: complete, correctly split, small, with their licence."""

from pathlib import Path

import numpy as np
import pytest

import retrograd as rg
from retrograd.data import DataLoader, Digits, digits, read_idx

FILES = Path(digits.__file__).parent / "files"


def test_split_is_fixed_complete_and_stratified():
    train, test = Digits(), Digits(train=False)
    assert (len(train), len(test)) == (1442, 355)
    assert np.bincount(test.targets.numpy()).tolist() == [35, 36, 35, 36, 36, 36, 36, 35, 34, 36]
    images = read_idx(FILES / "digits-images-idx3-ubyte.gz")
    labels = read_idx(FILES / "digits-labels-idx1-ubyte.gz")
    for label in range(10):
        of_class = images[labels == label]
        np.testing.assert_array_equal(
            test.data.numpy()[test.targets.numpy() == label], of_class[4::5]
        )
        np.testing.assert_array_equal(
            train.data.numpy()[train.targets.numpy() == label],
            np.delete(of_class, np.s_[4::5], axis=0),
        )


def test_samples():
    data = Digits()
    image, label = data[0]
    assert tuple(image.shape) == (1, 8, 8)
    assert image.dtype == rg.float32
    assert label == 0
    np.testing.assert_array_equal(image.numpy()[0], data.data.numpy()[0] / np.float32(16))
    assert data.data.dtype == rg.uint8
    assert data.targets.dtype == rg.int64
    assert data.data.numpy().max() == 16
    assert data.classes == list("0123456789")


def test_batches_equal_samples():
    data = Digits(train=False)
    images, labels = next(iter(DataLoader(data, batch_size=50)))
    assert images.numpy().min() == 0
    assert images.numpy().max() == 1
    for i in range(50):
        np.testing.assert_array_equal(images[i].numpy(), data[i][0].numpy())
        assert labels[i].item() == data[i][1]


def test_own_files(tmp_path):
    for name in ("digits-images-idx3-ubyte.gz", "digits-labels-idx1-ubyte.gz"):
        (tmp_path / name).write_bytes((FILES / name).read_bytes())
    assert len(Digits(tmp_path)) == 1442
    (tmp_path / name).unlink()
    with pytest.raises(RuntimeError, match=r"digits-labels-idx1-ubyte .*leave out root"):
        Digits(tmp_path)


def test_attribution_and_size():
    text = (FILES / "ATTRIBUTION.txt").read_text(encoding="utf-8")
    for part in ("E. Alpaydin", "C. Kaynak", "UCI", "CC BY 4.0", "Changes made"):
        assert part in text
    licence = (FILES / "CC-BY-4.0.txt").read_text(encoding="utf-8")
    assert "Attribution 4.0 International Public License" in licence
    assert sum(path.stat().st_size for path in FILES.glob("*.gz")) < 100_000


@pytest.mark.oracle
def test_same_as_scikit_learns():
    datasets = pytest.importorskip("sklearn.datasets")
    images, labels = datasets.load_digits(return_X_y=True)
    np.testing.assert_array_equal(
        read_idx(FILES / "digits-images-idx3-ubyte.gz").reshape(-1, 64), images
    )
    np.testing.assert_array_equal(read_idx(FILES / "digits-labels-idx1-ubyte.gz"), labels)
