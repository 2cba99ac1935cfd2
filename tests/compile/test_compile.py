"""When a function is recorded anew, what is refused, and what a recording leaves alone."""

import copy
import threading

import numpy as np
import pytest

import retrograd as rg
from retrograd.autograd_core import recorded_reads
from retrograd.nn import functional as F

SLOTS = rg.Tensor.__dict__["_data"], rg.Tensor.__dict__["_grad"]


@pytest.fixture(autouse=True)
def nothing_left_behind():
    yield
    assert (rg.Tensor.__dict__["_data"], rg.Tensor.__dict__["_grad"]) == SLOTS
    assert "training" not in vars(rg.nn.Module)
    assert recorded_reads.state.recorder is None


def recordings(step):
    return sum(map(len, step._recordings.values()))


# --- recorded anew ------------------------------------------------------------------------------


def test_other_shapes_types_strides_and_numbers_are_recorded_anew():
    step = rg.compile(lambda x, n=1: (x * n).sum(0))
    inputs = [
        rg.ones(2, 3), rg.ones(3, 2), rg.ones(2, 3).double(), rg.ones(3, 2).T, rg.ones(2, 6)[:, ::2]
    ]  # fmt: skip
    for count, x in enumerate(inputs, start=1):
        for _ in range(2):
            assert step(x * 2).tolist() == (x * 2).sum(0).tolist()
            assert step(x).tolist() == x.sum(0).tolist()
        assert recordings(step) >= count
    before = recordings(step)
    assert step(inputs[0], 3).tolist() == [6.0] * 3
    assert step(inputs[0], n=4).tolist() == [8.0] * 3
    assert recordings(step) == before + 2


def test_other_arguments_are_told_apart_by_their_bits_and_by_what_they_hold():
    step, one = rg.compile(lambda x, value: x * value), rg.ones(1)
    for _ in range(2):
        assert [str(step(one, zero).item()) for zero in (0.0, -0.0)] == ["0.0", "-0.0"]
        assert step(one, float("nan")).isnan().item()
    assert recordings(step) == 3
    count, names = rg.compile(lambda x, names: x * len(names)), {"a"}
    assert count(one, names).item() == 1.0
    names.add("b")
    assert count(one, names).item() == 2.0


def test_modes_are_part_of_what_a_recording_is_for():
    net = rg.nn.Sequential(rg.nn.Linear(3, 3), rg.nn.Dropout(0.5), rg.nn.BatchNorm1d(3))
    step = rg.compile(lambda x: net(x).detach())
    x = rg.randn(4, 3)
    for _ in range(2):
        rg.manual_seed(0)
        trained = step(x).tolist()
        net.eval()
        assert step(x).tolist() == net(x).tolist() != trained
        net.train()
    assert recordings(step) == 2


def test_new_memory_freezing_and_thawing_are_noticed():
    w = rg.ones(2, requires_grad=True)

    def plain(x):
        w.grad = None
        y = (w * x).sum()
        if w.requires_grad:
            y.backward()
        return y.detach()

    step = rg.compile(plain)
    assert step(rg.ones(2)).item() == 2
    w.data = rg.full((2,), 5.0)
    assert step(rg.ones(2)).item() == 10
    assert w.grad.tolist() == [1, 1]
    w.requires_grad_(False)
    assert step(rg.ones(2)).item() == 10
    assert w.grad is None
    assert step(rg.ones(2)).item() == 10


def test_tensors_that_took_the_place_of_others_are_noticed():
    holder, outer = {}, rg.zeros(1)
    step = rg.compile(lambda x: x + holder["w"] + outer)
    for k in range(20):
        holder["w"] = rg.full((2,), float(k))
        outer = rg.full((1,), 100.0 * (k // 5))
        assert step(rg.ones(2)).tolist() == [1.0 + k + 100 * (k // 5)] * 2
    assert recordings(step) == 1


def test_names_may_get_their_meaning_later_or_lose_it():
    @rg.compile
    def step(x):
        try:
            return x * factor
        except NameError:
            return x * 0

    assert [step(rg.ones(1)).item() for _ in range(2)] == [0.0, 0.0]
    factor = 3
    assert [step(rg.ones(1)).item() for _ in range(2)] == [3.0, 3.0]
    del factor
    assert step(rg.ones(1)).item() == 0.0
    assert recordings(step) == 2


def test_globals_may_get_their_meaning_later_or_lose_it():
    scope = {}
    exec("def f(x):\n  try: return x * factor\n  except NameError: return x * 0", scope)
    step = rg.compile(scope["f"])
    assert [step(rg.ones(1)).item() for _ in range(2)] == [0.0, 0.0]
    for scope["factor"] in (3, 4):
        assert [step(rg.ones(1)).item() for _ in range(2)] == [scope["factor"]] * 2
    del scope["factor"]
    assert step(rg.ones(1)).item() == 0.0
    assert recordings(step) == 3


def test_what_is_another_thing_each_time_is_named():
    w, factor = rg.ones(2), 0.0
    step = rg.compile(lambda x: x + w * factor)
    for k in range(8):
        factor = k + 0.5
        assert step(rg.ones(2)).tolist() == [1.5 + k] * 2
    factor = -1
    with pytest.raises(RuntimeError, match=r"recorded 8 times.*'factor' stands for something else"):
        step(rg.ones(2))
    step = rg.compile(lambda x: x + w)
    for _ in range(8):
        w.data = rg.ones(2)
        assert step(rg.ones(2)).tolist() == [2, 2]
    w.data = rg.ones(2)
    with pytest.raises(RuntimeError, match=r"recorded 8 times.*new memory in each call"):
        step(rg.ones(2))


def test_arguments_that_never_repeat_are_named():
    step = rg.compile(lambda x, n: x * n)
    for n in range(64):
        assert step(rg.ones(1), n).item() == n
    with pytest.raises(RuntimeError, match="recorded 64 times"):
        step(rg.ones(1), 64)


# --- refused ------------------------------------------------------------------------------------

w = rg.ones(2, requires_grad=True)
kept = []


def stores(x):
    kept.append(x * 2)


REFUSED = {
    "item": (lambda x: x.sum().item(), "item"),
    "branch": (lambda x: x if x.sum() > 0 else -x, "item|bool"),
    "float": (lambda x: x * float(x[0]), "item|float"),
    "numpy": (lambda x: x.numpy(), "of a tensor"),
    "print": (lambda x: repr(x), "of a tensor"),
    "mask": (lambda x: x[x > 0], "indexing with a mask"),
    "nonzero": (lambda x: x.nonzero(), "nonzero|item"),
    "unique": (lambda x: rg.unique(x), "its result depends on values"),
    "new memory": (lambda x: setattr(w, "data", x), "new memory"),
    "live graph": (lambda x: (w * x).exp(), "backward.. may be called on later"),
    "kept": (stores, "is kept after the function ended"),
    "array": (lambda x: x + rg.from_numpy(np.ones(2)), "a NumPy array of shape"),
    "caught": (lambda x: [_try(x), x][1], "item"),
}


def _try(x):
    try:
        x.sum().item()
    except RuntimeError:
        return None


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_recorded_is_refused_with_its_line(name):
    function, message = REFUSED[name]
    kept.clear()
    with pytest.raises(RuntimeError, match=f"cannot record .*{message}") as error:
        rg.compile(function)(rg.ones(2))
    assert f"{__file__}:" in str(error.value)
    assert all(type(t._data) is np.ndarray for t in (*kept, w))


def test_a_closure_a_graph_and_an_array_as_arguments_are_refused():
    optimizer = rg.optim.LBFGS([w])
    with pytest.raises(RuntimeError, match=r"LBFGS.step\(\) with a closure"):
        rg.compile(lambda x: optimizer.step(lambda: x.sum()))(rg.ones(2))
    with pytest.raises(RuntimeError, match="has a graph"):
        rg.compile(lambda x: x.detach())(w * 2)
    with pytest.raises(TypeError, match="takes tensors, got a ndarray"):
        rg.compile(lambda x: x)(np.ones(2))
    with pytest.raises(TypeError, match="function or a Module"):
        rg.compile(3)


def test_a_graph_from_outside_is_refused():
    loss = (w * 2).exp().sum()
    with pytest.raises(RuntimeError, match="from before the recording"):
        rg.compile(lambda: loss.backward())()


def test_plateau_is_to_be_called_outside():
    optimizer = rg.optim.SGD([w], lr=0.1)
    scheduler = rg.optim.lr_scheduler.ReduceLROnPlateau(optimizer)
    with pytest.raises(RuntimeError, match=r"ReduceLROnPlateau.step\(\) of a tensor"):
        rg.compile(lambda x: scheduler.step(x.sum()))(rg.ones(2))


# --- errors and other Python ----------------------------------------------------------------------


def test_an_error_while_recording_passes_through_and_the_next_call_records():
    net = rg.nn.Linear(3, 2)

    def plain(x, y):
        net.zero_grad()
        F.cross_entropy(net(x), y).backward()
        return net.weight.grad

    step = rg.compile(plain)
    with pytest.raises(RuntimeError, match=r"mat1 and mat2|shapes"):
        step(rg.ones(4, 2), rg.zeros(4).long())
    assert all(type(p._data) is np.ndarray for p in net.parameters())
    expected = plain(rg.ones(4, 3), rg.zeros(4).long()).tolist()
    for _ in range(3):
        assert step(rg.ones(4, 3), rg.zeros(4).long()).tolist() == expected


def test_checks_of_values_are_made_in_each_call():
    step = rg.compile(lambda x, y: F.cross_entropy(x, y))
    step(rg.zeros(2, 3), rg.tensor([0, 2]))
    with pytest.raises(IndexError, match="Target 3 is out of bounds"):
        step(rg.zeros(2, 3), rg.tensor([0, 3]))
    rows = rg.compile(lambda i, table: F.embedding(i, table))
    rows(rg.tensor([1]), rg.ones(2, 3))
    with pytest.raises(IndexError, match="index out of range"):
        rows(rg.tensor([2]), rg.ones(2, 3))
    classes = rg.compile(lambda i: F.one_hot(i, 3))
    assert classes(rg.tensor([2])).tolist() == [[0, 0, 1]]
    for wrong, message in ((3, "smaller than num_classes: 3, 3"), (-1, "non-negative")):
        with pytest.raises(RuntimeError, match=message):
            classes(rg.tensor([wrong]))
    for divide in (rg.floor_divide, rg.remainder, rg.fmod):
        step = rg.compile(divide)
        step(rg.tensor([5]), rg.tensor([2]))
        assert step(rg.tensor([-7]), rg.tensor([2])).equal(divide(rg.tensor([-7]), rg.tensor([2])))
        with pytest.raises(RuntimeError, match="integer division by zero"):
            step(rg.tensor([5]), rg.tensor([0]))


def test_a_failed_replay_raises_the_same_and_what_it_wrote_is_noticed():
    kept = rg.zeros(2)

    def step(x):
        kept.add_(1)
        return rg.linalg.inv(x)

    compiled = rg.compile(step)
    compiled(rg.eye(2))
    w = rg.ones(2, requires_grad=True)
    product = w * kept
    with pytest.raises(rg.linalg.LinAlgError, match="Singular matrix, in a recorded function"):
        compiled(rg.ones(2, 2))
    assert kept.tolist() == [2.0, 2.0]
    with pytest.raises(RuntimeError, match="a recorded function"):
        product.sum().backward()
    assert compiled(2 * rg.eye(2)).tolist() == [[0.5, 0.0], [0.0, 0.5]]
    assert recordings(compiled) == 1


def test_python_runs_while_recording_only():
    seen = []

    @rg.compile
    def step(x):
        seen.append(x.shape)
        return x + 1

    for k in range(3):
        assert step(rg.full((2,), float(k))).tolist() == [k + 1.0] * 2
    assert len(seen) == 1


def test_results_and_gradients_are_the_callers_own():
    w = rg.ones(2, requires_grad=True)

    @rg.compile
    def step(x):
        w.grad = None
        y = w * x
        y.sum().backward()
        return y.detach()

    first, second = step(rg.ones(2)), None
    grads = [w.grad]
    for k in (2.0, 3.0):
        second = step(rg.full((2,), k))
        grads.append(w.grad)
    assert first.tolist() == [1, 1]
    assert second.tolist() == [3, 3]
    assert [g.tolist() for g in grads] == [[1, 1], [2, 2], [3, 3]]


def test_writes_are_noticed_by_graphs_outside():
    w = rg.ones(2, requires_grad=True)

    @rg.compile
    @rg.no_grad()
    def step(x):
        w.add_(x)

    into = rg.compile(lambda x, y: x.copy_(y))
    for _ in range(2):
        x = rg.ones(2)
        losses = [(w * w).sum(), (w * x).sum()]
        step(rg.ones(2))
        assert into(x, rg.ones(2)) is x
        for loss in losses:
            with pytest.raises(RuntimeError, match="modified by an inplace operation"):
                loss.backward()


def test_a_program_in_use_is_not_disturbed():
    step, seen = None, []

    class Calling(rg.optim.SGD):
        def _rule(self, numbers, group):
            if len(seen) < 3:
                seen.append(None)
                seen.append(step(rg.ones(2)).tolist())
            return super()._rule(numbers, group)

    w = rg.zeros(2, requires_grad=True)
    optimizer = Calling([w], lr=1.0)

    def plain(x):
        y = (x * 2).sin() * 3
        w.grad = x * 0
        optimizer.step()
        return y

    step = plain
    expected = plain(rg.full((2,), 0.5)).tolist()
    step, seen = rg.compile(plain), [None] * 3
    step(rg.ones(2))
    seen.clear()
    assert step(rg.full((2,), 0.5)).tolist() == expected


def test_results_that_share_memory_stay_shared():
    halves = rg.compile(lambda x: [part.add_(1) for part in (x * 2).chunk(2)])
    for k in range(3):
        x = rg.full((4,), float(k))
        assert [half.tolist() for half in halves(x)] == [[2 * k + 1.0] * 2] * 2


def test_results_keep_their_nesting_and_their_identity():
    step = rg.compile(lambda x, y: {"x": x, "pair": (y, [x * 2, None, "text"]), "n": len(x)})
    for _ in range(2):
        x, y = rg.ones(2), rg.ones(3)
        result = step(x, y)
        assert result["x"] is x
        assert result["pair"][0] is y
        assert result["pair"][1][0].tolist() == [2, 2]
        assert result["pair"][1][1:] == [None, "text"]
        assert result["n"] == 2


def test_other_threads_see_plain_tensors_meanwhile():
    shared, types = rg.ones(2), []

    def look():
        types.append(type((shared + 1)._data))

    @rg.compile
    def step(x):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        return shared + x

    assert step(rg.ones(2)).tolist() == [2, 2]
    assert types == [np.ndarray]


# --- the interface ------------------------------------------------------------------------------


def test_a_module_trains_as_ever_and_is_recorded_without_gradients():
    net = rg.nn.Sequential(rg.nn.Linear(3, 4), rg.nn.ReLU(), rg.nn.Linear(4, 2))
    compiled = rg.compile(net)
    x = rg.randn(5, 3)
    compiled(x).sum().backward()
    assert net[0].weight.grad is not None
    assert not compiled._compiled._recordings
    with rg.no_grad():
        for _ in range(2):
            assert compiled(x).tolist() == net(x).tolist()
    assert recordings(compiled._compiled) == 1
    assert compiled.append == net.append
    assert list(compiled.state_dict()) == [f"_orig_mod.{k}" for k in net.state_dict()]
    compiled.eval()
    assert not net.training
    copied = copy.deepcopy(compiled)
    net[0].weight.data.zero_()
    with rg.no_grad():
        assert copied(x).tolist() != compiled(x).tolist() == net(x).tolist()


def test_anomalies_are_looked_for_in_the_plain_function():
    w = rg.zeros(1, requires_grad=True)
    step = rg.compile(lambda: (w.sqrt() * 0).sum().backward())
    with rg.autograd.detect_anomaly(), pytest.raises(RuntimeError, match=r"nan|inf"):
        step()
    assert not step._recordings
    step()
    assert recordings(step) == 1


def test_decorated_methods_and_options():
    class Doubler:
        factor = 2

        @rg.compile(fullgraph=True)
        def __call__(self, x):
            "Double it."
            return x * self.factor

    doubler = Doubler()
    assert [doubler(rg.ones(1)).item() for _ in range(2)] == [2, 2]
    assert Doubler.__call__.__doc__ == "Double it."

    def function(x):
        return x

    assert rg.compile(function, disable=True) is function


def test_a_compiled_function_inside_another_is_part_of_it():
    inner = rg.compile(lambda x: x * 2)
    outer = rg.compile(lambda x: inner(x) + 1)
    assert [outer(rg.ones(1)).item() for _ in range(2)] == [3, 3]
    assert not inner._recordings


def test_the_program_can_be_read():
    weight = rg.ones(3, 2)

    @rg.compile
    def step(x):
        unused = (x.exp(), x.sin())
        hidden = (x @ weight).relu()
        return (hidden + len(unused)).sum(), hidden * 2

    step(rg.ones(4, 3))
    text = str(step.program)
    assert text.startswith("def replay(x0):\n")
    assert ", out=v" in text
    assert "float32[4, 2]" in text
    assert "test_compile.py:" in text
    assert "exp(" not in text


def test_buffers_are_used_again():
    def chain(n):
        def function(x):
            for _ in range(n):
                x = (x * 2).sin()
            return x

        return function

    sizes = []
    for n in (5, 50):
        step = rg.compile(chain(n))
        step(rg.ones(1000))
        sizes.append(step.program.buffer_bytes)
    assert sizes[0] == sizes[1] <= 2 * 4000
