"""What PyTorch has at an import path is here at the same path."""

import importlib
import inspect

import pytest

from tests.oracle.test_signatures_nn import SPACES, members

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle


def homes():
    """(module where PyTorch defines it, name, where it is offered), of all that is offered here."""
    for space in (*SPACES, "autograd"):
        for name, value in members(space):
            home = getattr(value, "__module__", None) or "torch"
            public = not any(part.startswith("_") for part in home.split("."))
            if public and hasattr(importlib.import_module(f"retrograd.{space}"), name):
                yield home.removeprefix("torch").removeprefix("."), name, space


# Paths whose home PyTorch does not tell: re-exports, and private names that scripts import.
MORE = """
utils.data.dataloader.default_collate utils.data.dataloader.get_worker_info
utils.data.dataset.random_split utils.data.sampler.RandomSampler
autograd.function.Function autograd.function.once_differentiable autograd.variable.Variable
optim.lr_scheduler._LRScheduler optim.swa_utils.AveragedModel optim.swa_utils.update_bn
nn.modules.Linear nn.modules.module.Module nn.modules.utils._single nn.modules.utils._pair
nn.modules.utils._triple nn.modules.batchnorm._BatchNorm nn.modules.batchnorm._NormBase
nn.modules.instancenorm._InstanceNorm nn.modules.conv._ConvNd nn.modules.loss._Loss
nn.modules.loss._WeightedLoss nn.modules.linear.NonDynamicallyQuantizableLinear
nn.init._calculate_fan_in_and_fan_out nn.init._calculate_correct_fan nn.modules.utils._ntuple
nn.parallel.DataParallel nn.utils.stateless.functional_call
nn.utils.clip_grad.clip_grad_norm_ testing.assert_close utils.checkpoint.checkpoint
utils.checkpoint.checkpoint_sequential utils.dlpack.from_dlpack
""".split()


@pytest.mark.parametrize("path", MORE)
def test_path(path):
    module, _, name = path.rpartition(".")
    theirs = getattr(importlib.import_module(f"torch.{module}"), name)
    mine = getattr(importlib.import_module(f"retrograd.{module}"), name)
    assert inspect.isclass(mine) == inspect.isclass(theirs)


@pytest.mark.parametrize(
    ("home", "name", "space"), [pytest.param(*h, id=".".join(h[:2])) for h in homes() if h[0]]
)
def test_it_is_the_same_thing(home, name, space):
    there = getattr(importlib.import_module(f"retrograd.{home}"), name)
    assert there is getattr(importlib.import_module(f"retrograd.{space}"), name)


def test_numbers_to_tuples():
    from retrograd.nn.modules.utils import _pair, _quadruple

    assert _pair(3) == (3, 3)
    assert _pair([1, 2]) == (1, 2)
    assert _quadruple(0) == (0, 0, 0, 0)
