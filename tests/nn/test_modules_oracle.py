"""Every layer against PyTorch's, with the same values: output, gradients, text, state, weights."""

import copy
import inspect
import pickle

import numpy as np
import pytest

import retrograd as rg
import retrograd.nn
from tests.nn.module_cases import CASES, copied, make, tensors

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle
ROWS = pytest.mark.parametrize("case", CASES, ids=str)


def flat(result):
    """The outputs of a layer as NumPy arrays."""
    if isinstance(result, (tuple, list)):
        return [array for part in result for array in flat(part)]
    return [result]


def run(lib, module, case):
    """Outputs, gradients of inputs and parameters, buffers, for a fixed cotangent."""
    inputs = tensors(lib, case)
    outputs = flat(module(*inputs))
    rng = np.random.default_rng(1)
    roots = [o for o in outputs if o.requires_grad]
    total = sum((o * lib.tensor(rng.standard_normal(tuple(o.shape)))).sum() for o in roots)
    if roots:
        total.backward()
    leaves = [("input", t) for t in inputs] + list(module.named_parameters())
    arrays = [("output", o.detach().numpy()) for o in outputs]
    arrays += [(f"gradient of {n}", t.grad.numpy()) for n, t in leaves if t.grad is not None]
    return arrays + [(n, b.detach().numpy()) for n, b in module.named_buffers()]


def assert_same(mine, theirs, rtol=1e-9):
    assert [name for name, _ in mine] == [name for name, _ in theirs]
    for (name, a), (_, b) in zip(mine, theirs, strict=True):
        assert a.shape == b.shape, name
        assert a.dtype == b.dtype, name
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol / 100, err_msg=name)


@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
@ROWS
def test_output_and_gradients(case, training):
    if case.random and training:
        pytest.skip("draws: see the tests of streams")
    theirs, mine = make(torch, case), make(rg, case)
    copied(mine, theirs.state_dict())
    mine.train(training)
    theirs.train(training)
    for _ in range(2):  # running statistics move
        assert_same(run(rg, mine, case), run(torch, theirs, case), case.rtol)


@ROWS
def test_text(case):
    assert repr(getattr(rg.nn, case.name)(*case.args, **case.settings)) == repr(
        getattr(torch.nn, case.name)(*case.args, **case.settings)
    )


@ROWS
def test_first_weights_are_pytorchs(case):
    """Same seed, same numbers: bit for bit, or to rounding through log and cos."""
    torch.manual_seed(7)
    rg.manual_seed(7)
    theirs = getattr(torch.nn, case.name)(*case.args, **case.settings).state_dict()
    mine = getattr(rg.nn, case.name)(*case.args, **case.settings).state_dict()
    assert list(mine) == list(theirs)
    for name, value in mine.items():
        wanted = theirs[name].numpy()
        assert value.numpy().dtype == wanted.dtype
        np.testing.assert_allclose(value.numpy(), wanted, rtol=2e-7, atol=1e-9)
    # The stream is where PyTorch's is.
    assert rg.rand(1).item() == torch.rand(1).item()


@ROWS
def test_state_goes_to_pytorch(case):
    mine, theirs = make(rg, case), make(torch, case)
    copied(theirs, mine.state_dict())
    for name, value in theirs.state_dict().items():
        assert np.array_equal(value.numpy(), mine.state_dict()[name].numpy())


@pytest.mark.parametrize("copier", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
@ROWS
def test_copies(case, copier):
    mine = make(rg, case).eval()
    other = copier(mine)
    assert repr(other) == repr(mine)
    assert not other.training
    assert not set(map(id, other.parameters())) & set(map(id, mine.parameters()))
    assert_same(run(rg, other, case), run(rg, mine, case))


def arguments(cls):
    """Names and defaults, in order."""
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    return [(p.name, p.default) for p in parameters if p.kind is not p.VAR_KEYWORD]


SIGNATURES = sorted({case.name for case in CASES})


@pytest.mark.parametrize("name", SIGNATURES)
def test_arguments(name):
    mine, theirs = arguments(getattr(rg.nn, name)), arguments(getattr(torch.nn, name))
    assert mine == theirs
