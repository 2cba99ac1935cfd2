"""Convolution by oneDNN: held to the generic kernels, on odd shapes and layouts; and its switches."""

import os
import subprocess
import sys
from threading import Thread

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import retrograd as rg
from retrograd.backends import onednn
from retrograd.backends.kernels import norm_host
from retrograd.backends.kernels import onednn as kernels_onednn
from retrograd.backends.kernels.norm import Layout
from retrograd.backends.onednn import binding
from retrograd.backends.registry import get_backend
from tests.backends.test_conv_kernels import (
    CASES,
    channels_last,
    conv_cases,
    problems,
    random,
    reversed_memory,
)

pytestmark = pytest.mark.skipif(
    not onednn.is_available(), reason="needs oneDNN: pip install 'retrograd[onednn]'"
)

KERNELS = get_backend("cpu").kernels


@pytest.fixture(autouse=True)
def in_use(monkeypatch):
    """Switched on, whatever the environment says."""
    monkeypatch.setattr(onednn, "enabled", True)
    monkeypatch.delenv("RETROGRAD_ONEDNN", raising=False)


def record(monkeypatch, module, function, name, calls):
    """Append to `calls` the `name(args)` of each call of a function, "generic" if it gave None."""
    compute = getattr(module, function)

    def recorded(*args):
        result = compute(*args)
        calls.append(name(args) if result is not None else f"generic {name(args)}")
        return result

    monkeypatch.setattr(module, function, recorded)


@pytest.fixture
def used(monkeypatch):
    """The kernels that oneDNN computed, by name, and those that it did not."""
    names = []
    record(monkeypatch, onednn.load("conv"), "compute", lambda args: args[0], names)
    return names


def problem(x_shape, w_shape, settings_):
    """Arrays for a convolution and its gradients, float32."""
    x, w = random(*x_shape, dtype=np.float32), random(*w_shape, dtype=np.float32, seed=1)
    with onednn.flags(enabled=False):
        y = KERNELS.conv(x, w, *settings_)
    return x, w, random(*y.shape, dtype=np.float32, seed=2)


def results(x, w, g, settings_):
    return (
        KERNELS.conv(x, w, *settings_),
        KERNELS.conv_input_grad(g, w, x.shape, *settings_),
        KERNELS.conv_weight_grad(g, x, w.shape, *settings_),
    )


def assert_right(found, x, w, g, settings_):
    """Within rounding of the generic kernels in float64: of sums, relative to their terms."""
    wide = [a.astype(np.float64) for a in (x, w, g)]
    expected = results(*wide, settings_)
    terms = results(*map(np.abs, wide), settings_)
    for ours, right, size in zip(found, expected, terms):
        assert ours.dtype == np.float32
        assert ours.shape == right.shape
        assert ours.flags.c_contiguous
        assert ours.flags.writeable
        assert np.all(np.abs(ours - right) <= 4e-6 * size + 1e-30)


@pytest.mark.usefixtures("poisoned")
@conv_cases
def test_equals_the_generic_kernels(x_shape, w_shape, settings_):
    x, w, g = problem(x_shape, w_shape, settings_)
    before = [a.copy() for a in (x, w, g)]
    for a in (x, w, g):
        a.flags.writeable = False
    assert_right(results(x, w, g, settings_), x, w, g, settings_)
    for a, b in zip((x, w, g), before):
        np.testing.assert_array_equal(a, b)


@pytest.mark.usefixtures("poisoned")
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(problems())
def test_any_geometry(drawn):
    x_shape, w_shape, settings_ = drawn
    x, w, g = problem(x_shape, w_shape, settings_)
    assert_right(results(x, w, g, settings_), x, w, g, settings_)


# Wide enough for the blocked formats, with channels that do not fill the last block.
WIDE = {
    "3x3": ((4, 33, 17, 15), (50, 33, 3, 3), ((1, 1), (1, 1), (1, 1), 1)),
    "3x3 strided": ((3, 32, 16, 19), (48, 32, 3, 3), ((2, 2), (1, 1), (1, 1), 1)),
    "5x5 dilated": ((2, 16, 20, 20), (24, 16, 5, 5), ((1, 1), (4, 4), (2, 2), 1)),
    "1x1": ((4, 64, 9, 9), (32, 64, 1, 1), ((1, 1), (0, 0), (1, 1), 1)),
    "7x7 first": ((2, 3, 40, 40), (20, 3, 7, 7), ((2, 2), (3, 3), (1, 1), 1)),
    "grouped": ((2, 32, 12, 12), (64, 8, 3, 3), ((1, 1), (1, 1), (1, 1), 4)),
    "depthwise": ((2, 40, 12, 12), (40, 1, 3, 3), ((1, 1), (1, 1), (1, 1), 40)),
    "1d": ((4, 20, 100), (24, 20, 5), ((1,), (2,), (1,), 1)),
    "3d": ((2, 17, 6, 7, 8), (18, 17, 3, 3, 3), ((1, 1, 1), (1, 1, 1), (1, 1, 1), 1)),
}


@pytest.mark.usefixtures("poisoned")
@pytest.mark.parametrize("case", WIDE.values(), ids=WIDE.keys())
def test_computes_wide_convolutions_itself(used, case):
    x_shape, w_shape, settings_ = case
    x, w, g = problem(x_shape, w_shape, settings_)
    found = results(x, w, g, settings_)
    few = "generic conv_input_grad" if x_shape[1] < 5 else "conv_input_grad"
    assert used == ["conv", few, "conv_weight_grad"]
    assert_right(found, x, w, g, settings_)


LAYOUTS = {
    "spread out": lambda a: a.repeat(2, axis=-1)[..., ::2],
    "fortran": np.asfortranarray,
    "reversed": reversed_memory,
    "channels last": channels_last,
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
@pytest.mark.parametrize("case", ["3x3 strided", "1x1", "grouped"])
def test_any_memory_layout(used, layout, case):
    x_shape, w_shape, settings_ = WIDE[case]
    x, w, g = problem(x_shape, w_shape, settings_)
    arranged = [layout(a) for a in (x, w, g)]
    assert not any(a.flags.c_contiguous for a in arranged[::2])
    assert_right(results(*arranged, settings_), x, w, g, settings_)
    assert used[0] == "conv"


@pytest.mark.parametrize("dtype", [np.float64, np.float16])
def test_other_types_go_the_generic_way(used, dtype):
    x, w = random(1, 2, 5, 5, dtype=dtype), random(3, 2, 3, 3, dtype=dtype)
    assert KERNELS.conv(x, w, (1, 1), (1, 1), (1, 1), 1).dtype == dtype
    assert not used


def test_nothing_to_compute_goes_the_generic_way(used):
    x_shape, w_shape, settings_ = CASES["no samples"]
    x, w, g = problem(x_shape, w_shape, settings_)
    assert_right(results(x, w, g, settings_), x, w, g, settings_)
    assert all(name.startswith("generic") for name in used)


def test_fewer_positions_than_the_convolution_has_go_the_generic_way(used):
    """A transposed convolution with an output padding as large as its stride, and the adjoint."""
    settings_ = ((2, 2), (0, 0), (3, 3), 1)
    g, w = random(2, 6, 4, 5, dtype=np.float32), random(6, 8, 2, 2, dtype=np.float32, seed=1)
    x = random(2, 8, 12, 14, dtype=np.float32, seed=2)
    assert KERNELS.conv(x, w, *settings_).shape == (2, 6, 5, 6)
    assert KERNELS.conv_input_grad(g, w, x.shape, *settings_).shape == x.shape
    assert KERNELS.conv_weight_grad(g, x, w.shape, *settings_).shape == w.shape
    assert used == ["conv", "generic conv_input_grad", "generic conv_weight_grad"]


MATRICES = {
    "rows": (7, 33),
    "one row": (1, 40),
    "one column": (9, 1),
    "many": (300, 130),
}
BY = {"rows": (1,), "columns": (0,)}


def normalized(arrays, dims=(1,), layout=None, eps=1e-5):
    """All that `normalize` and `normalize_grad` give for an input, a weight, a bias and a cotangent."""
    x, w, b, g = arrays
    layout = layout or Layout(x.shape, x.shape, dims, x.shape[1:])
    out, mean, var, std = KERNELS.normalize(x, w, b, layout, eps)
    needs = (True, w is not None, b is not None)
    grads = KERNELS.normalize_grad(g, x, mean, std, w, layout, needs)
    statistics = [np.broadcast_to(a, layout.shape) for a in (mean, var, std)]
    return [out, *statistics, *(d.ravel() for d, need in zip(grads, needs, strict=True) if need)]


def rows(shape, mean=5.0):
    shapes = (shape, shape[1:], shape[1:], shape)
    arrays = [random(*s, dtype=np.float32, seed=k) for k, s in enumerate(shapes)]
    arrays[0] = arrays[0] * np.float32(3) + np.float32(mean)
    return arrays


@pytest.fixture
def normalizations(monkeypatch):
    """The normalizations and gradients that oneDNN computed, and those that it did not."""
    monkeypatch.setattr(kernels_onednn, "_SMALL", 0)
    monkeypatch.setattr(norm_host, "_FEW", 0)
    calls = []
    for name in ("normalize", "normalize_grad"):
        record(monkeypatch, onednn.load("norm"), name, lambda args, name=name: name, calls)
    return calls


@pytest.mark.usefixtures("poisoned")
@pytest.mark.parametrize("affine", ["wb", "w", ""])
@pytest.mark.parametrize("dims", BY.values(), ids=BY.keys())
@pytest.mark.parametrize("shape", MATRICES.values(), ids=MATRICES.keys())
def test_normalization_equals_the_generic_kernels(normalizations, shape, dims, affine):
    x, w, b, g = rows(shape)
    arrays = [x, w if "w" in affine else None, b if "b" in affine else None, g]
    for a in (x, w, b, g):
        a.flags.writeable = False
    found = normalized(arrays, dims)
    assert normalizations == ["normalize", "normalize_grad"]
    wide = [None if a is None else a.astype(np.float64) for a in arrays]
    for ours, right in zip(found, normalized(wide, dims), strict=True):
        assert ours.dtype == np.float32
        assert ours.shape == right.shape
        np.testing.assert_allclose(ours, right, rtol=2e-6, atol=2e-6 * max(np.abs(right).max(), 1))


@pytest.mark.parametrize(
    ("shape", "dims", "affine"), [((5, 6, 16), (2,), (6, 1)), ((5, 2, 3, 16), (2, 3), (2, 3, 1))]
)
def test_channels_without_weights_are_rows(normalizations, shape, dims, affine):
    layout, (x, g) = Layout(shape, shape, dims, affine), (random(*shape, seed=k) for k in (0, 1))
    right = normalized([x, None, None, g], layout=layout)
    assert not normalizations
    singles = [x.astype(np.float32), None, None, g.astype(np.float32)]
    found = normalized(singles, layout=layout)
    assert normalizations == ["normalize", "normalize_grad"]
    for ours, theirs in zip(found, right, strict=True):
        assert ours.shape == theirs.shape
        np.testing.assert_allclose(ours, theirs, rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("dims", BY.values(), ids=BY.keys())
@pytest.mark.parametrize("layout", ["spread out", "fortran", "reversed"])
def test_normalization_of_any_memory_layout(normalizations, layout, dims):
    arrays = rows((30, 16))
    expected, arranged = normalized(arrays, dims), [LAYOUTS[layout](a) for a in arrays]
    for ours, right in zip(normalized(arranged, dims), expected, strict=True):
        np.testing.assert_array_equal(ours, right)
    assert len(normalizations) == 4


def test_small_layer_norms_go_the_generic_way(normalizations, monkeypatch):
    monkeypatch.setattr(kernels_onednn, "_SMALL", 200)
    normalized(rows((3, 50)))
    assert not normalizations
    normalized(rows((4, 50)))
    assert normalizations == ["normalize", "normalize_grad"]


@pytest.mark.usefixtures("normalizations")
@pytest.mark.parametrize("dims", BY.values(), ids=BY.keys())
def test_normalization_is_exact_far_from_zero(dims):
    """Numbers around 1000 with a deviation of 3: no worse than the generic kernels."""
    x, *rest = rows((20, 257), mean=1000.0)
    right = normalized([a.astype(np.float64) for a in (x, *rest)], dims)
    errors = []
    for enabled in (True, False):
        with onednn.flags(enabled=enabled):
            found = normalized([x, *rest], dims)
        errors.append([np.abs(a - b).max() for a, b in zip(found, right, strict=True)])
    for ours, generic in zip(*errors, strict=True):
        assert ours <= 2 * generic + 1e-6


@pytest.mark.usefixtures("normalizations")
def test_layer_norm_keeps_nan_in_its_row():
    x, w, b, g = rows((4, 20))
    x[1, 7], x[2, 3] = np.nan, np.inf
    out, *_, dx, dw, db = normalized([x, w, b, g])
    dx = dx.reshape(x.shape)
    assert np.isnan(out[1:3]).all()
    assert np.isnan(dx[1:3]).all()
    assert np.isfinite(out[[0, 3]]).all()
    assert np.isfinite(dx[[0, 3]]).all()
    assert np.isnan(dw).all()
    assert np.isfinite(db).all()


@pytest.mark.usefixtures("normalizations")
def test_batch_norm_keeps_nan_in_its_column():
    x, w, b, g = rows((20, 4))
    x[7, 1], x[3, 2] = np.nan, np.inf
    out, *_, dx, dw, db = normalized([x, w, b, g], (0,))
    for found in (out, dx.reshape(x.shape), dw[None]):
        assert np.isnan(found[:, 1:3]).all()
        assert np.isfinite(found[:, [0, 3]]).all()
    assert np.isfinite(db).all()


@pytest.mark.parametrize(
    ("shape", "dims", "affine"),
    [
        ((4, 6, 5), (0, 2), (6, 1)),
        ((4, 6, 5), (2,), (6, 1)),
        ((0, 5), (0,), (5,)),
        ((0, 5), (1,), (5,)),
    ],
)
def test_other_normalizations_go_the_generic_way(normalizations, shape, dims, affine):
    x, w = random(*shape, dtype=np.float32), random(*affine, dtype=np.float32)
    layout = Layout(shape, shape, dims, affine)
    _, mean, _, std = KERNELS.normalize(x, w, w, layout, 1e-5)
    KERNELS.normalize_grad(x, x, mean, std, w, layout, (True, True, True))
    assert all(name.startswith("generic") for name in normalizations)


def test_memory_serves_larger_and_smaller_problems_in_turn():
    for case in ["3x3", "1x1", "3d", "3x3", "grouped"] * 2:
        x_shape, w_shape, settings_ = WIDE[case]
        x, w, g = problem(x_shape, w_shape, settings_)
        assert_right(results(x, w, g, settings_), x, w, g, settings_)


def test_plans_are_dropped_when_there_are_many(monkeypatch):
    from retrograd.backends.onednn import primitives
    from retrograd.backends.onednn.primitives import context

    monkeypatch.setattr(primitives, "_MAX_PLANS", 3)
    for n in range(1, 9):
        x, w, g = problem((n, 6, 8, 8), (8, 6, 3, 3), ((1, 1), (1, 1), (1, 1), 1))
        assert_right(
            results(x, w, g, ((1, 1), (1, 1), (1, 1), 1)), x, w, g, ((1, 1), (1, 1), (1, 1), 1)
        )
        assert len(context._plans) <= 3


def test_threads_compute_at_the_same_time():
    x_shape, w_shape, settings_ = WIDE["3x3"]
    inputs = [problem((n, *x_shape[1:]), w_shape, settings_) for n in (1, 2, 3, 4)]
    expected = [results(*arrays, settings_) for arrays in inputs]
    wrong = []

    def work(k):
        for _ in range(20):
            found = results(*inputs[k], settings_)
            if not all(np.array_equal(a, b) for a, b in zip(found, expected[k])):
                wrong.append(k)

    threads = [Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize("count", [2, 3])
def test_any_number_of_threads(count):
    before = rg.get_num_threads()
    x_shape, w_shape, settings_ = WIDE["3x3 strided"]
    x, w, g = problem(x_shape, w_shape, settings_)
    try:
        rg.set_num_threads(count)
        assert_right(results(x, w, g, settings_), x, w, g, settings_)
    finally:
        rg.set_num_threads(before)


def train():
    rg.manual_seed(0)
    model = rg.nn.Sequential(
        rg.nn.Conv2d(3, 8, 3, padding=1), rg.nn.ReLU(), rg.nn.MaxPool2d(2),
        rg.nn.Conv2d(8, 16, 3, stride=2), rg.nn.ReLU(), rg.nn.Flatten(), rg.nn.Linear(144, 4),
    )  # fmt: skip
    x, y = rg.randn(16, 3, 16, 16), rg.randint(0, 4, (16,))
    optimizer = rg.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for _ in range(10):
        optimizer.zero_grad()
        loss = rg.nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
    return loss.item()


def test_a_network_trains_alike_with_and_without(used):
    with_onednn = train()
    assert {"conv", "conv_input_grad", "conv_weight_grad"} <= set(used)
    count = len(used)
    with onednn.flags(enabled=False):
        assert train() == pytest.approx(with_onednn, rel=1e-4)
    assert len(used) == count


def test_double_backward_goes_through():
    x, w, _ = problem((2, 6, 7, 7), (8, 6, 3, 3), ((1, 1), (1, 1), (1, 1), 1))
    seconds = []
    for enabled in (True, False):
        with onednn.flags(enabled=enabled):
            a, b = rg.tensor(x, requires_grad=True), rg.tensor(w, requires_grad=True)
            y = rg.conv2d(a, b, padding=1)
            (da,) = rg.autograd.grad((y * y).sum(), a, create_graph=True)
            seconds.append(rg.autograd.grad((da * da).sum(), b)[0].numpy())
    np.testing.assert_allclose(*seconds, rtol=1e-4, atol=1e-2)


def test_show_config_names_it(capsys):
    rg.show_config()
    assert f"oneDNN: {onednn.version()}\n" in capsys.readouterr().out
    with onednn.flags(enabled=False):
        rg.show_config()
    assert "oneDNN: switched off\n" in capsys.readouterr().out


LOADED = """
import retrograd as rg
rg.conv2d(rg.ones(1, 1, 3, 3, dtype=rg.float64), rg.ones(1, 1, 3, 3, dtype=rg.float64))
def loaded():
    return "libdnnl" in open("/proc/self/maps").read()
print(loaded())
rg.conv2d(rg.ones(1, 1, 3, 3), rg.ones(1, 1, 3, 3))
print(loaded())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize(("variable", "expected"), [(None, "False True"), ("0", "False False")])
def test_loaded_on_first_use_unless_switched_off(monkeypatch, variable, expected):
    if variable is not None:
        monkeypatch.setenv("RETROGRAD_ONEDNN", variable)
    run = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert run.stdout.split() == expected.split()


FORKED = """
import os, sys, warnings
warnings.simplefilter("ignore")  # that the parent has threads is the point
import retrograd as rg
rg.set_num_threads(2)
x, w = rg.ones(8, 32, 30, 30), rg.ones(32, 32, 3, 3)
expected = rg.conv2d(x, w).sum().item()
child = os.fork()
if child == 0:
    rg.set_num_threads(2)
    os._exit(0 if rg.conv2d(x, w).sum().item() == expected else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_process_does_not_wait_for_its_parents_threads():
    subprocess.run([sys.executable, "-c", FORKED], check=True, timeout=60)


def test_status_codes_become_exceptions():
    binding.check(0, "f")
    with pytest.raises(binding.Unsupported, match="f: not implemented"):
        binding.check(3, "f")
    with pytest.raises(RuntimeError, match="f: invalid arguments"):
        binding.check(2, "f")
    with pytest.raises(RuntimeError, match="f: status 99"):
        binding.check(99, "f")


@pytest.mark.parametrize("own", [{}, {"OMP_WAIT_POLICY": "ACTIVE"}], ids=["unset", "set"])
def test_environment_is_left_as_it_was(own):
    """OpenMP is told how long to wait when it is loaded, unless the user has told it."""
    code = "import os, retrograd as rg; rg.backends.onednn.version(); print(sorted(os.environ))"
    plain = {n: v for n, v in os.environ.items() if not n.startswith(("OMP", "GOMP"))} | own
    run = [sys.executable, "-c", code]
    after = subprocess.run(run, env=plain, capture_output=True, text=True, check=True).stdout
    assert ("OMP_WAIT_POLICY" in after) == bool(own)
    assert "GOMP_SPINCOUNT" not in after
