"""Without a usable GPU: an error that says what to do, never a silent fall-back to the CPU."""

from types import SimpleNamespace

import pytest

import retrograd as rg
from retrograd.backends.registry import get_backend
from tests.packaging.project import ROOT
from tests.standin.backend import instead_of_cupy
from tests.standin.runtime import CUDARuntimeError

ADVICE = r"pip install 'retrograd\[gpu-cuda13\]'.*nvidia-smi"


def without_driver():
    raise CUDARuntimeError("cudaErrorInsufficientDriver: CUDA driver version is insufficient")


def cupy_with(count):
    """A CuPy on a machine whose driver answers so."""
    runtime = SimpleNamespace(CUDARuntimeError=CUDARuntimeError, getDeviceCount=count)
    return SimpleNamespace(cuda=SimpleNamespace(runtime=runtime))


MACHINES = {
    "no CuPy": (None, "CuPy cannot be imported"),
    "no driver": (cupy_with(without_driver), "cudaErrorInsufficientDriver"),
    "no GPU": (cupy_with(lambda: 0), "there is none"),
}


@pytest.fixture(params=MACHINES.values(), ids=MACHINES)
def reason(request):
    """Why there is no GPU, on a machine like that."""
    cupy, why = request.param
    with instead_of_cupy(cupy):
        yield why


ASKING = {
    "to": lambda x: x.to("cuda"),
    "cuda": lambda x: x.cuda(),
    "creation": lambda x: rg.zeros(2, device="cuda"),
    "data": lambda x: rg.tensor([1.0], device="cuda:0"),
    "random": lambda x: rg.randn(2, device="cuda"),
    "default": lambda x: rg.set_default_device("cuda"),
    "block": lambda x: rg.device("cuda").__enter__(),
    "model": lambda x: rg.nn.Linear(2, 2).cuda(),
    "model to": lambda x: rg.nn.Linear(2, 2).to("cuda"),
    "layer": lambda x: rg.nn.Linear(2, 2, device="cuda"),
    "synchronize": lambda x: rg.cuda.synchronize(),
    "name": lambda x: rg.cuda.get_device_name(0),
    "current": lambda x: rg.cuda.current_device(),
}


@pytest.mark.parametrize("ask", ASKING.values(), ids=ASKING)
def test_asking_for_a_gpu_says_what_to_install(ask, reason):
    with pytest.raises(RuntimeError, match=f"no CUDA device can be used: .*{reason}.*{ADVICE}"):
        ask(rg.zeros(2))
    assert rg.get_default_device() == rg.zeros(1).device == rg.device("cpu")


def test_asking_whether_there_is_one_is_no_error(reason):
    assert rg.cuda.is_available() is False
    assert rg.cuda.device_count() == 0
    assert rg.cuda.memory_allocated() == rg.cuda.memory_reserved() == 0
    rg.cuda.empty_cache()


def test_seeding_gpus_that_are_not_there_leaves_the_stream_alone(reason):
    rg.manual_seed(0)
    expected = rg.rand(2)
    rg.manual_seed(0)
    rg.cuda.manual_seed(5)
    rg.cuda.manual_seed_all(5)
    assert rg.rand(2).tolist() == expected.tolist()


def test_show_config_says_why(reason, capsys):
    rg.show_config()
    out = capsys.readouterr().out
    assert reason in out
    assert "NumPy" in out
    assert "BLAS: " in out


def test_one_can_name_devices_that_do_not_exist(reason):
    assert str(rg.device("cuda:3")) == "cuda:3"
    with pytest.raises(RuntimeError, match="unknown device 'gpu': expected one of cpu, cuda"):
        rg.device("gpu")


def test_a_gpu_that_came_is_found_without_a_restart():
    with instead_of_cupy(None), pytest.raises(RuntimeError):
        get_backend("cuda")
    assert not rg.zeros(1).is_cuda


def test_nothing_in_a_checkout_hides_nvidias_package():
    """The root is on Python's path there, and CuPy imports a package called `cuda`."""
    assert not list(ROOT.glob("cuda*"))
