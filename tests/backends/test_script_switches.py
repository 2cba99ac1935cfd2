"""What scripts ask and set before they choose a device."""

import retrograd as rg


def test_no_apple_gpu():
    assert not rg.backends.mps.is_available()
    assert not rg.backends.mps.is_built()


def test_switches_of_the_gpu_can_be_set(monkeypatch):
    monkeypatch.setattr(rg.backends.cuda.matmul, "allow_tf32", True)
    monkeypatch.setattr(rg.backends.cudnn, "benchmark", True)
    assert rg.backends.cuda.matmul.allow_tf32
    assert not hasattr(rg.backends, "nonsense")


def test_the_accelerator_is_the_gpu():
    accelerator = rg.accelerator.current_accelerator()
    assert rg.accelerator.is_available() == rg.cuda.is_available() == (accelerator is not None)
    assert accelerator is None or accelerator.type == "cuda"
    assert rg.accelerator.device_count() == rg.cuda.device_count()


def test_versions():
    assert rg.version.__version__ == rg.__version__
    assert rg.version.cuda is None
