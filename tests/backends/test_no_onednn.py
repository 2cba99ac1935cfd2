"""Without oneDNN, or with one that cannot be used: everything works, and `show_config` says so."""

import numpy as np
import pytest

import retrograd as rg
from retrograd.backends import onednn
from retrograd.backends.onednn import binding


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """The library is looked for in vain: no file, and one that is no library."""
    broken = tmp_path / "libdnnl.so.3"
    broken.write_text("no library")
    monkeypatch.setattr(binding, "_files", lambda: iter([str(tmp_path / "none"), str(broken)]))
    binding.find.cache_clear()
    onednn.load.cache_clear()
    yield
    binding.find.cache_clear()
    onednn.load.cache_clear()


@pytest.mark.usefixtures("nowhere")
def test_convolution_without_onednn(capsys):
    assert not onednn.is_available()
    assert onednn.version() is None
    x = rg.ones(1, 1, 3, 3, requires_grad=True)
    y = rg.conv2d(x, rg.ones(1, 1, 2, 2))
    y.sum().backward()
    np.testing.assert_array_equal(y.detach().numpy(), np.full((1, 1, 2, 2), 4.0))
    np.testing.assert_array_equal(x.grad.numpy()[0, 0], [[1, 2, 1], [2, 4, 2], [1, 2, 1]])
    rg.show_config()
    assert "oneDNN: not found (pip install 'retrograd[onednn]')" in capsys.readouterr().out


def test_the_switch_is_put_back():
    before = onednn.enabled

    def fail():
        with onednn.flags(enabled=not before):
            assert onednn.enabled is not before
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert onednn.enabled is before
