"""What is copied, saved, encoded or packed comes back the same to the bit, of every type."""

import copy
import io
import pickle

import numpy as np

import retrograd as rg
from retrograd import nn
from retrograd.nn import functional as F
from retrograd.nn.utils import rnn
from tests.properties.draws import Laws, assert_same, for_all_draws

# Each gives what came back, and what had been sent.
returned = Laws()

DTYPES = [rg.float32, rg.float64, rg.float16, rg.int64, rg.int32, rg.int8, rg.uint8, rg.bool]


def any_tensor(d):
    """A tensor of any type and layout in memory."""
    x = (d.normal(*d.shape()) * 50).abs().to(d.one(DTYPES))
    return x.permute(d.order(range(x.ndim))) if d.flag() else x


def through_a_file(x):
    file = io.BytesIO()
    rg.save(x, file)
    file.seek(0)
    return rg.load(file)


COPIES = {
    "numpy": lambda x: rg.from_numpy(x.numpy()),
    "dlpack": rg.from_dlpack,
    "list": lambda x: rg.tensor(x.tolist(), dtype=x.dtype).reshape(x.shape),
    "clone": lambda x: x.clone(),
    "contiguous": lambda x: x.contiguous(),
    "deepcopy": copy.deepcopy,
    "pickle": lambda x: pickle.loads(pickle.dumps(x)),
    "file": through_a_file,
    "bytes": lambda x: x.contiguous().view(rg.uint8).view(x.dtype) if x.ndim else x,
    "float64": lambda x: x.to(rg.float64).to(x.dtype),
}


@returned(*COPIES)
def copies(d, case):
    x = any_tensor(d)
    return COPIES[case](x), x


@returned()
def places_of_a_mask(d):
    mask = d.mask(*d.shape(1))
    back = rg.zeros(mask.shape, dtype=rg.bool)
    back[rg.nonzero(mask, as_tuple=True)] = True
    return back, mask


@returned()
def places_of_places(d):
    order = rg.tensor(np.array(d.order(range(d.integer(1, 6)))))
    return (order.argsort().argsort(), order[order.argsort()]), (order, rg.arange(len(order)))


@returned()
def classes_as_vectors(d):
    classes = d.integer(1, 5)
    x = d.places(0, classes, *d.shape())
    return F.one_hot(x, classes).argmax(-1), x


@returned()
def unique_and_back(d):
    x = d.places(0, 4, *d.shape(1, low=1))
    values, inverse, counts = rg.unique(x, return_inverse=True, return_counts=True)
    repeated = rg.repeat_interleave(values, counts)
    return (values[inverse], repeated), (x, x.flatten().sort().values)


@returned()
def runs_and_back(d):
    x = d.places(0, 2, d.integer(1, 9))
    values, counts = rg.unique_consecutive(x, return_counts=True)
    return rg.repeat_interleave(values, counts), x


@returned()
def counts_and_back(d):
    x = d.places(0, 5, d.integer(0, 9))
    return rg.repeat_interleave(rg.bincount(x)), x.sort().values


@returned()
def bits(d):
    x, y = d.places(-9, 9, 4), d.places(-9, 9, 4)
    return (~~x, x ^ y ^ y, (x & y) | (x & ~y)), (x, x, x)


@returned("vector", "state_dict", "pickle", "deepcopy", "file")
def parameters(d, case):
    """A module's parameters and buffers, put into another one."""
    rg.manual_seed(d.integer(0, 9))

    def make():
        return nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2), nn.GRU(2, 2))

    module, other = make(), make()
    if case == "vector":
        vector = nn.utils.parameters_to_vector(module.parameters())
        nn.utils.vector_to_parameters(vector, other.parameters())
    elif case == "state_dict":
        other.load_state_dict(module.state_dict())
    elif case == "file":
        other.load_state_dict(through_a_file(module.state_dict()))
    else:
        other = copy.deepcopy(module) if case == "deepcopy" else pickle.loads(pickle.dumps(module))
    return list(other.state_dict().values()), list(module.state_dict().values())


@returned()
def sequences_packed_and_unpacked(d):
    parts = [d.normal(n, 2) for n in d.each(d.integer(1, 4), 1, 4)]
    return rnn.unpack_sequence(rnn.pack_sequence(parts, enforce_sorted=False)), parts


@returned()
def random_state(d):
    rg.manual_seed(d.integer(0, 9))
    rg.randn(d.integer(0, 5))
    state = rg.get_rng_state()
    first = rg.randn(7)
    rg.set_rng_state(state)
    return rg.randn(7), first


@returned.parametrize()
def test_return(law):
    for_all_draws(lambda d: assert_same(*law(d)))
