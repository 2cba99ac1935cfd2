"""Copies and pickles of tensors: values and flags go along, the graph and the gradient do not."""

import copy
import pickle

import pytest

import retrograd as rg


@pytest.fixture
def leaf():
    leaf = rg.ones(2, requires_grad=True)
    (leaf * 3).sum().backward()
    return leaf


def through_pickle(tensor):
    return pickle.loads(pickle.dumps(tensor))


def test_a_deep_copy_of_a_tensor_has_a_gradient_of_its_own(leaf):
    other = copy.deepcopy(leaf)
    other.grad.zero_()
    assert other.requires_grad
    assert leaf.grad.tolist() == [3, 3]


def test_a_deep_copy_of_a_parameter_has_none(leaf):
    parameter = rg.nn.Parameter(leaf)
    parameter.grad = rg.ones(2)
    other = copy.deepcopy(parameter)
    assert type(other) is rg.nn.Parameter
    assert other.grad is None
    assert parameter.grad.tolist() == [1, 1]


@pytest.mark.parametrize("copier", [copy.copy, through_pickle])
def test_gradients_do_not_go_along(leaf, copier):
    assert copier(leaf).grad is None
    assert copier(leaf).requires_grad


@pytest.mark.parametrize("copier", [copy.copy, through_pickle])
def test_of_a_result_the_values_go_along_without_the_graph(leaf, copier):
    other = copier(leaf * 2)
    assert other.is_leaf
    assert other.requires_grad
    assert other.tolist() == [2, 2]


def test_a_copy_shares_the_memory(leaf):
    copy.copy(leaf).detach().zero_()
    assert leaf.tolist() == [0, 0]


def test_a_result_is_not_deep_copied(leaf):
    with pytest.raises(RuntimeError, match="graph leaves"):
        copy.deepcopy(leaf * 2)
