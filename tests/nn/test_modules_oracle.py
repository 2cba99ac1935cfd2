"""Every layer against PyTorch's, with the same values: output, gradients, text, state, weights."""

import copy
import pickle

import numpy as np
import pytest

import retrograd as rg
import retrograd.nn
from tests.nn.case import copied, make, tensors
from tests.nn.module_cases import CASES

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
    leaves = [("input", t) for t in inputs if t is not None] + list(module.named_parameters())
    arrays = [("output", o.detach().numpy()) for o in outputs]
    arrays += [(f"gradient of {n}", t.grad.numpy()) for n, t in leaves if t.grad is not None]
    return arrays + [(n, b.detach().numpy()) for n, b in module.named_buffers()]


def assert_same(mine, theirs, rtol=1e-9):
    assert [name for name, _ in mine] == [name for name, _ in theirs]
    for (name, a), (_, b) in zip(mine, theirs, strict=True):
        assert a.shape == b.shape, name
        assert a.dtype == b.dtype, name
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol / 100, err_msg=name)


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides:UserWarning")  # PyTorch's, of KLDiv
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
    assert repr(case.build(rg)) == repr(case.build(torch))


@ROWS
def test_first_weights_are_pytorchs(case):
    """Same seed, same numbers: bit for bit, or to rounding through log and cos."""
    torch.manual_seed(7)
    rg.manual_seed(7)
    theirs = case.build(torch).state_dict()
    mine = case.build(rg).state_dict()
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


def test_bag_gradients_over_frequency():
    """By each row's own count; PyTorch's CPU kernel takes that of another row for some."""
    layer = rg.nn.EmbeddingBag(4, 1, mode="sum", scale_grad_by_freq=True)
    bags = rg.tensor([3, 2, 2, 1, 1, 0, 0])
    layer(bags, rg.tensor([0, 3])).sum().backward()
    assert layer.weight.grad.flatten().tolist() == [1.0, 1.0, 1.0, 1.0]


def test_sequential_in_place():
    for lib in (rg, torch):
        model = same = lib.nn.Sequential(lib.nn.Tanh(), lib.nn.ReLU())
        model *= 2
        model += lib.nn.Sequential(lib.nn.ELU())
        assert model is same
        assert [type(m).__name__ for m in model] == ["Tanh", "ReLU", "Tanh", "ReLU", "ELU"]
        assert model[0] is model[2]
        for wrong, error in ((0, ValueError), ("x", TypeError)):
            with pytest.raises(error):
                model * wrong


def test_a_plain_dict_of_parameters_is_sorted():
    for lib in (rg, torch):
        weights = lib.nn.ParameterDict({"b": lib.ones(1), "a": lib.zeros(1)})
        assert list(weights.keys()) == ["a", "b"]
        assert list(weights.fromkeys(["z", "y"], 1)) == ["z", "y"]
        assert weights.setdefault("c", 3) == weights["c"] == 3
        assert list(reversed(weights.copy() | {"d": 4})) == ["d", "c", "b", "a"]
        assert weights.popitem() == ("c", 3)
        weights |= {"e": 5}
        assert list(weights) == ["a", "b", "e"]


def test_set_submodule_and_fresh_memory():
    for lib in (rg, torch):
        model = lib.nn.Sequential(lib.nn.Linear(2, 2), lib.nn.Sequential(lib.nn.Tanh()))
        model.set_submodule("1.0", lib.nn.ReLU())
        model.set_submodule("1.new", lib.nn.ELU())
        assert [n for n, _ in model.named_modules()] == ["", "0", "1", "1.0", "1.new"]
        assert len(list((model * 2).modules(remove_duplicate=False))) == 9
        for path, module, strict, error in (
            ("", lib.nn.ELU(), False, ValueError),
            ("0", 3, False, ValueError),
            ("1.other", lib.nn.ELU(), True, AttributeError),
            ("0.weight", lib.nn.ELU(), False, AttributeError),
        ):
            with pytest.raises(error):
                model.set_submodule(path, module, strict)
        weight = model[0].weight
        assert model.to_empty(device="cpu")[0].weight.shape == (2, 2)
        assert model[0].weight is weight


def test_old_checkpoints_without_counts_of_batches():
    norm = rg.nn.BatchNorm1d(2)
    state = {k: v for k, v in norm.state_dict().items() if k != "num_batches_tracked"}
    assert str(norm.load_state_dict(state)) == "<All keys matched successfully>"
