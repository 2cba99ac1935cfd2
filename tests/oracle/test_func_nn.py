"""`func` and `autograd.functional` beside PyTorch's: trees, auxiliary results, several arguments."""

import numpy as np
import pytest

import retrograd as rg
import retrograd.nn

torch = pytest.importorskip("torch")
pytestmark = [
    pytest.mark.oracle,
    pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning"),  # PyTorch's own
]

X = np.random.default_rng(0).standard_normal((3, 4)).astype(np.float32)


def model(lib):
    lib.manual_seed(0)
    return lib.nn.Sequential(lib.nn.Linear(4, 3), lib.nn.BatchNorm1d(3))


def called(lib, make_values, **settings):
    net = model(lib)
    return lib.func.functional_call(net, make_values(net), (lib.tensor(X),), **settings)


def after_vjp(lib, f, *cotangents, **settings):
    primals = [lib.tensor(X)] * f.__code__.co_argcount
    output, backward, *aux = lib.func.vjp(f, *primals, **settings)
    given = [lib.tensor(c) for c in cotangents]
    return output, backward(tuple(given) if len(given) > 1 else given[0]), aux


# Of the library's `func`, its `autograd.functional`, and a tensor (3, 4).
ROWS = {
    "grad": lambda f, a, x: f.grad(lambda x: (x**3).sum())(x),
    "grad of two": lambda f, a, x: f.grad(lambda x, y: (x * y.sin()).sum(), argnums=(0, 1))(x, x),
    "grad of the last": lambda f, a, x: f.grad(lambda x, y: (x * y.sin()).sum(), argnums=-1)(x, x),
    "grad with aux": lambda f, a, x: f.grad(lambda x: ((x**3).sum(), {"a": x * 2}), has_aux=True)(
        x
    ),
    "grad of a tree": lambda f, a, x: f.grad(lambda p: (p["w"] ** 2).sum() + p["b"][0].sum())(
        {"w": x, "b": [x[0], x[1]]}
    ),
    "grad of an unused one": lambda f, a, x: f.grad(lambda x, y: (x * 2).sum(), argnums=1)(x, x),
    "grad of grad": lambda f, a, x: f.grad(f.grad(lambda x: x.sin()))(x[0, 0]),
    "grad of no scalar": lambda f, a, x: f.grad(lambda x: x)(x),
    "grad_and_value": lambda f, a, x: f.grad_and_value(lambda x: (x**3).sum())(x),
    "grad_and_value with aux": lambda f, a, x: f.grad_and_value(
        lambda x: ((x**3).sum(), x), has_aux=True
    )(x),
    "jvp": lambda f, a, x: f.jvp(lambda x: x.sin() * x.sum(), (x,), (x + 1,)),
    "jvp of two": lambda f, a, x: f.jvp(lambda x, y: (x * y, x.sum()), (x, x), (x + 1, x)),
    "jvp with aux": lambda f, a, x: f.jvp(lambda x: (x.sin(), x), (x,), (x + 1,), has_aux=True),
    "hessian": lambda f, a, x: f.hessian(lambda x: (x**3).sum() * x.sum())(x[0]),
    "hessian of two": lambda f, a, x: f.hessian(lambda x, y: (x**2 * y).sum(), argnums=(0, 1))(
        x[0], x[1]
    ),
    "vjp, older": lambda f, a, x: a.vjp(lambda x: x.sin(), x, x),
    "jvp, older": lambda f, a, x: a.jvp(lambda x: x.sin(), x, x),
    "jvp, older, of two": lambda f, a, x: a.jvp(
        lambda x, y: (x * y, x), (x, x), (x, x), create_graph=True
    ),
    "vhp": lambda f, a, x: a.vhp(lambda x: (x**3).sum(), x, x),
    "hvp": lambda f, a, x: a.hvp(lambda x: (x**3).sum(), x, x),
    "jacobian": lambda f, a, x: a.jacobian(lambda x, y: x * y, (x[0], x[1])),
    "jacobian, vectorized": lambda f, a, x: a.jacobian(lambda x: x.sin(), x[0], vectorize=True),
    "hessian, older": lambda f, a, x: a.hessian(lambda x, y: (x**2 * y).sum(), (x[0], x[1])),
    "hessian, strict": lambda f, a, x: a.hessian(lambda x: (x**3).sum(), x[0], strict=True),
}
for jacobian in ("jacrev", "jacfwd"):
    for label, function, settings in (
        ("", lambda x: x.sin().sum(), {}),
        (" of a vector", lambda x: x.sin(), {}),
        (" of a tuple", lambda x: (x.sin(), x.sum()), {}),
        (" of a tree", lambda x: {"o": x.sin(), "q": [x.sum()]}, {}),
        (" with aux", lambda x: (x.sin(), x), {"has_aux": True}),
    ):
        ROWS[f"{jacobian}{label}"] = lambda f, a, x, j=jacobian, g=function, s=settings: getattr(
            f, j
        )(g, **s)(x[0])
    ROWS[f"{jacobian} of two"] = lambda f, a, x, j=jacobian: getattr(f, j)(
        lambda x, y: (x * y).sum(0), argnums=(0, 1)
    )(x, x)
    ROWS[f"{jacobian} of an unused one"] = lambda f, a, x, j=jacobian: getattr(f, j)(
        lambda x, y: x * 2, argnums=1
    )(x[0], x[0])
OTHERS = {
    "vjp": lambda lib: after_vjp(lib, lambda x: x.sin(), X),
    "vjp of a tuple": lambda lib: after_vjp(lib, lambda x: (x.sin(), x.sum(1)), X, X[:, 0]),
    "vjp of two": lambda lib: after_vjp(lib, lambda x, y: x * y.sin(), X),
    "vjp with aux": lambda lib: after_vjp(lib, lambda x: (x.sin(), x * 2), X, has_aux=True),
    "functional_call": lambda lib: called(
        lib, lambda net: {k: v * 2 for k, v in net.named_parameters()}
    ),
    "functional_call of two dicts": lambda lib: called(
        lib, lambda net: (dict(net.named_parameters()), dict(net.named_buffers()))
    ),
    "functional_call, strict": lambda lib: called(lib, lambda net: {}, strict=True),
    "functional_call of a wrong name": lambda lib: called(lib, lambda net: {"x": lib.ones(1)}),
}


def outcome(call):
    """The result, or the kind of the error."""
    try:
        return call()
    except (RuntimeError, ValueError, KeyError) as error:
        return type(error)


def assert_same(mine, theirs):
    if isinstance(theirs, dict):
        assert mine.keys() == theirs.keys()
        mine, theirs = (tuple(x[k] for k in theirs) for x in (mine, theirs))
    if isinstance(theirs, (tuple, list)):
        assert type(mine) is type(theirs)
        assert len(mine) == len(theirs)
        for a, b in zip(mine, theirs, strict=True):
            assert_same(a, b)
    elif isinstance(theirs, torch.Tensor):
        a, b = mine.detach().numpy(), theirs.detach().numpy()
        assert a.dtype == b.dtype
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    else:
        assert mine == theirs


@pytest.mark.parametrize("name", ROWS)
def test_derivative(name):
    mine, theirs = (
        outcome(lambda lib=lib: ROWS[name](lib.func, lib.autograd.functional, lib.tensor(X)))
        for lib in (rg, torch)
    )
    assert_same(mine, theirs)


@pytest.mark.parametrize("name", OTHERS)
def test_call(name):
    assert_same(*(outcome(lambda lib=lib: OTHERS[name](lib)) for lib in (rg, torch)))
