"""After `manual_seed`, whatever draws random numbers draws PyTorch's, and leaves the stream there."""

import numpy as np
import pytest

import retrograd as rg

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle


def image(lib):
    """Positive, negative and zero, of a size that is no multiple of 16."""
    x = np.random.default_rng(0).standard_normal((2, 3, 5, 7)).astype(np.float32)
    x[0, 0, 0, :3] = 0.0
    return lib.tensor(x)


def volume(lib):
    return lib.ones(2, 3, 4, 2, 3)


def transposed(lib):
    return image(lib).transpose(1, 3)


def scores(lib):
    return image(lib).reshape(6, 35)


def f(name, make=image, *args, **settings):
    return lambda lib: getattr(lib.nn.functional, name)(make(lib), *args, **settings)


def layer(name, *args, make=image, **settings):
    return lambda lib: getattr(lib.nn, name)(*args, **settings)(make(lib))


def attention(lib):
    q = image(lib)
    return lib.nn.functional.scaled_dot_product_attention(q, q, q, dropout_p=0.3)


def heads(lib):
    x = lib.ones(4, 2, 6)
    return lib.nn.MultiheadAttention(6, 2, dropout=0.4)(x, x, x)[0]


def recurrent(name):
    return lambda lib: getattr(lib.nn, name)(3, 4, 3, dropout=0.5)(lib.ones(5, 2, 3))[0]


def encoder(lib):
    return lib.nn.TransformerEncoderLayer(6, 2, 8, dropout=0.3)(lib.ones(4, 2, 6))


def decoder(lib):
    x = lib.ones(4, 2, 6)
    return lib.nn.TransformerDecoderLayer(6, 2, 8, dropout=0.3)(x, x)


def weights(lib):
    return lib.tensor([[0.1, 0.0, 3.0, 2.0], [1.0, 1.0, 1.0, 0.5]])


def batches(lib, **settings):
    data = lib.utils.data
    loader = data.DataLoader(data.TensorDataset(lib.arange(23)), 4, **settings)
    return lib.cat([batch for _ in range(2) for (batch,) in loader])


def sampled(name, *args, **settings):
    def make(lib):
        sampler = getattr(lib.utils.data, name)(*args, **settings)
        return lib.tensor([i for _ in range(2) for i in sampler])

    return make


def split(lib):
    parts = lib.utils.data.random_split(range(20), [0.5, 0.3, 0.2])
    return lib.tensor([i for part in parts for i in part.indices])


def in_place(name, *args, dtype="float32", **settings):
    return lambda lib: getattr(lib.zeros(5, 7, dtype=getattr(lib, dtype)), name)(*args, **settings)


ROWS = {
    "F.dropout": f("dropout"),
    "F.dropout 0.1": f("dropout", image, 0.1),
    "F.dropout of a transpose": f("dropout", transposed, 0.3),
    "F.alpha_dropout of a transpose": f("alpha_dropout", transposed, 0.3, True),
    "F.gumbel_softmax of a transpose": f("gumbel_softmax", transposed),
    "F.dropout1d of a transpose": f("dropout1d", lambda lib: transposed(lib)[:, 0], 0.4),
    "rand_like of a transpose": lambda lib: lib.rand_like(transposed(lib)),
    "randn_like of a transpose": lambda lib: lib.randn_like(transposed(lib)),
    "F.dropout in float64": lambda lib: lib.nn.functional.dropout(image(lib).double(), 0.2),
    "F.dropout in place": lambda lib: lib.nn.functional.dropout(image(lib), 0.2, inplace=True),
    "F.dropout all": f("dropout", image, 1.0),
    "F.dropout none": f("dropout", image, 0.0),
    "F.dropout1d": f("dropout1d", lambda lib: image(lib)[0], 0.4),
    "F.dropout2d": f("dropout2d", image, 0.4),
    "F.dropout3d": f("dropout3d", volume, 0.4),
    "F.alpha_dropout": f("alpha_dropout", image, 0.4, True),
    "F.feature_alpha_dropout": f("feature_alpha_dropout", image, 0.4, True),
    "F.rrelu": f("rrelu", image, 0.1, 0.3, True),
    "F.rrelu of a transpose": f("rrelu", transposed, training=True),
    "F.rrelu in float64": lambda lib: lib.nn.functional.rrelu(image(lib).double(), training=True),
    "F.rrelu_": lambda lib: lib.nn.functional.rrelu_(image(lib), 0.1, 0.3, True),
    "F.gumbel_softmax": f("gumbel_softmax", scores),
    "F.gumbel_softmax hard": f("gumbel_softmax", scores, 0.5, True),
    "F.gumbel_softmax dim": f("gumbel_softmax", scores, dim=0),
    "F.scaled_dot_product_attention": attention,
    "nn.Dropout": layer("Dropout", 0.4),
    "nn.Dropout1d": layer("Dropout1d", 0.4, make=lambda lib: image(lib)[:, :, 0]),
    "nn.Dropout2d": layer("Dropout2d", 0.4),
    "nn.Dropout3d": layer("Dropout3d", 0.4, make=volume),
    "nn.AlphaDropout": layer("AlphaDropout", 0.4),
    "nn.FeatureAlphaDropout": layer("FeatureAlphaDropout", 0.4),
    "nn.RReLU": layer("RReLU"),
    "nn.MultiheadAttention": heads,
    "nn.RNN": recurrent("RNN"),
    "nn.LSTM": recurrent("LSTM"),
    "nn.GRU": recurrent("GRU"),
    "nn.TransformerEncoderLayer": encoder,
    "nn.TransformerDecoderLayer": decoder,
    "bernoulli": lambda lib: lib.bernoulli(image(lib).sigmoid()),
    "bernoulli p": lambda lib: lib.bernoulli(image(lib), 0.3),
    "multinomial": lambda lib: lib.multinomial(weights(lib), 2),
    "multinomial replaced": lambda lib: lib.multinomial(weights(lib), 9, True),
    "multinomial one": lambda lib: lib.multinomial(weights(lib)[0], 1),
    "normal of tensors": lambda lib: lib.normal(image(lib), image(lib).abs()),
    "normal of a mean": lambda lib: lib.normal(image(lib), 2.0),
    "normal of deviations": lambda lib: lib.normal(1.5, image(lib).abs()),
    "normal of a size": lambda lib: lib.normal(2.0, 3.0, (3, 5)),
    "rand": lambda lib: lib.rand(3, 5),
    "rand_like": lambda lib: lib.rand_like(image(lib)),
    "randn": lambda lib: lib.randn(17, dtype=lib.float64),
    "randn_like": lambda lib: lib.randn_like(image(lib)),
    "randint": lambda lib: lib.randint(3, 9, (4, 5)),
    "randint_like": lambda lib: lib.randint_like(image(lib), 10),
    "randperm": lambda lib: lib.randperm(31),
    "bernoulli_": in_place("bernoulli_", 0.3),
    "exponential_": in_place("exponential_", 2.0),
    "normal_": in_place("normal_", 1.0, 3.0),
    "random_": in_place("random_", 5, 50, dtype="int64"),
    "uniform_": in_place("uniform_", -1.0, 3.0),
    "DataLoader": lambda lib: batches(lib, shuffle=True),
    "DataLoader drop_last": lambda lib: batches(lib, shuffle=True, drop_last=True),
    "DataLoader workers": lambda lib: batches(lib, shuffle=True, num_workers=1),
    "DataLoader in order": lambda lib: batches(lib),
    "random_split": split,
    "RandomSampler": sampled("RandomSampler", range(9)),
    "RandomSampler replaced": sampled("RandomSampler", range(9), replacement=True, num_samples=40),
    "RandomSampler more": sampled("RandomSampler", range(9), num_samples=20),
    "SubsetRandomSampler": sampled("SubsetRandomSampler", [3, 1, 4, 1, 5, 9, 2, 6]),
    "WeightedRandomSampler": sampled("WeightedRandomSampler", [0.1, 3.0, 0.7, 2.0], 25),
}


@pytest.mark.parametrize("seed", [0, 123])
@pytest.mark.parametrize("name", ROWS)
def test_draw(name, seed):
    found = []
    for lib in (rg, torch):
        lib.manual_seed(seed)
        value = ROWS[name](lib).detach().numpy()
        found.append((value, lib.rand(3).numpy(), lib.randn(3).numpy()))
    (mine, *my_next), (theirs, *their_next) = found
    assert mine.dtype == theirs.dtype
    assert np.array_equal(mine == 0, theirs == 0)  # the same are dropped
    np.testing.assert_allclose(mine, theirs, rtol=2e-5, atol=1e-6)
    for a, b in zip(my_next, their_next, strict=True):
        assert np.array_equal(a, b)


BIT_FOR_BIT = [n for n in ROWS if n.startswith(("F.dropout", "nn.Dropout", "rand", "DataLoader"))]


@pytest.mark.parametrize("name", BIT_FOR_BIT)
def test_bit_for_bit(name):
    rg.manual_seed(5)
    torch.manual_seed(5)
    assert np.array_equal(ROWS[name](rg).numpy(), ROWS[name](torch).numpy())
