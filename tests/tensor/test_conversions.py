"""Tensors as Python numbers, and methods that may give back the tensor itself."""

import pytest

import retrograd as rg


@pytest.mark.parametrize("shape", [(2,), (0,), (2, 1)])
@pytest.mark.parametrize("kind", [int, float, complex])
def test_several_elements_are_no_number(kind, shape):
    with pytest.raises(ValueError, match="only one element tensors"):
        kind(rg.ones(shape))


def test_a_dimension_flattened_alone_leaves_the_tensor():
    x = rg.ones(2, 3, requires_grad=True)
    assert x.flatten(1) is x
    assert rg.flatten(x, 0, 0) is x
    assert rg.tensor(1.0).flatten().shape == (1,)


def test_no_memory_needs_pinning():
    x = rg.ones(2)
    assert x.pin_memory() is x


def test_elements_are_not_replaced_under_a_gradient():
    with pytest.raises(RuntimeError, match="requires grad"):
        rg.ones(2, requires_grad=True).apply_(abs)


def test_a_type_of_no_such_name():
    with pytest.raises(ValueError, match="invalid type: 'torch"):
        rg.ones(2).type("torch.Float")
