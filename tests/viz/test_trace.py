"""From tensors to graphs: names, modules, shapes, saved bytes, gradient norms, no side effects."""

import math
from collections import namedtuple

import pytest

import retrograd as rg
from retrograd import nn, viz


class Block(nn.Module):
    """Two layers with a skip connection, the second layer used twice."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.second = nn.Linear(4, 4)

    def forward(self, x):
        y = x + self.second(self.first(x).tanh())
        return self.second(y)


def small_net():
    rg.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.ReLU(), Block(), nn.Linear(4, 2))


def by_label(graph, label):
    return [node for node in graph.nodes if node.label == label]


def only(graph, label):
    (node,) = by_label(graph, label)
    return node


def test_the_textbook_graph():
    a = rg.tensor(1.0, requires_grad=True)
    b = a + a
    c = b + b
    graph = viz.make_graph({"c": c}, params={"a": a}, grads=True)
    assert [(n.kind, n.label, n.grad_norm) for n in graph.nodes] == [
        ("parameter", "a", 4.0),
        ("op", "add", 2.0),
        ("op", "add", 1.0),
        ("output", "c", None),
    ]
    assert len(graph.edges) == 5
    assert {e.label for e in graph.edges if e.source == graph.nodes[0].id} == {"input", "other"}


def test_parameters_and_operations_are_named_by_module():
    model = small_net()
    with viz.watch(model) as seen:
        loss = model(rg.randn(5, 3)).sum()
    graph = viz.make_graph(loss, seen)
    names = {n.label for n in graph.nodes if n.kind == "parameter"}
    assert names == {name for name, _ in model.named_parameters()}
    assert sum(n.parameters for n in graph.nodes) == sum(p.numel() for p in model.parameters())
    assert only(graph, "relu").module == "1"
    assert only(graph, "tanh").module == "2"
    assert only(graph, "sum").module == ""
    assert {n.group for n in graph.nodes if n.module == "2.second"} >= {
        ("2", "second"),
        ("2", "second#2"),
    }
    assert graph.groups["2", "second#2"] == viz.Group("2.second (call 2)", "Linear")
    viz.Drawing(graph).svg  # noqa: B018 - must not raise


def test_without_a_watch_modules_are_told_by_parameters():
    model = small_net()
    graph = viz.make_graph(model(rg.randn(5, 3)).sum(), model)
    assert only(graph, "tanh").group == ("2",)
    assert only(graph, "relu").group == ()
    assert graph.groups["2",].type == "Block"
    assert graph.title == "Sequential"


def test_inputs_are_found_by_a_watch_or_by_name():
    model, x = small_net(), rg.randn(5, 3)
    with viz.watch(model) as seen:
        loss = model(x).sum()
    for graph in (viz.make_graph(loss, seen), viz.make_graph(loss, inputs={"input": x})):
        node = only(graph, "input")
        assert (node.kind, node.shape) == ("input", (5, 3))
    assert not [n for n in viz.make_graph(loss, model).nodes if n.kind == "input"]


def test_a_watch_takes_its_hooks_away_and_survives_errors():
    model = small_net()
    with pytest.raises(RuntimeError), viz.watch(model) as seen:
        model(rg.randn(5, 7))
    count = len(seen.calls)
    model(rg.randn(5, 3))
    assert len(seen.calls) == count
    with seen:
        loss = model(rg.randn(5, 3)).sum()
    assert only(viz.make_graph(loss, seen), "relu").module == "1"


def test_a_watched_model_is_as_it_was_before_but_for_hooks_of_others():
    model, ours = small_net(), []
    handle = model[0].register_forward_hook(lambda *args: ours.append(args))
    with viz.watch(model):
        model(rg.randn(5, 3))
    assert [m for m in model.modules() if m._hooks is not None] == [model[0]]
    model(rg.randn(5, 3))
    assert len(ours) == 2
    handle.remove()


def test_constants_are_hidden_unless_asked_for():
    a, scale = rg.ones(3, requires_grad=True), rg.full((3,), 2.0)
    y = (a * scale).sum()
    assert [n.kind for n in viz.make_graph(y).nodes] == ["input", "op", "op", "output"]
    assert "constant" in [n.kind for n in viz.make_graph(y, constants=True).nodes]


def test_gradient_norms_are_those_of_backward():
    model, x = small_net(), rg.randn(5, 3)
    hidden = model[0](x)
    hidden.retain_grad()
    loss = model[1:](hidden).square().sum()
    graph = viz.make_graph(loss, model, grads=True)
    assert all(p.grad is None for p in model.parameters())
    assert hidden.grad is None
    loss.backward()
    for name, p in model.named_parameters():
        node = only(graph, name)
        assert node.grad_norm == pytest.approx(p.grad.square().sum().sqrt().item(), rel=1e-5)
        assert node.dtype == "float32"
    norms = [n.grad_norm for n in graph.nodes if n.kind == "op"]
    assert any(
        norm == pytest.approx(hidden.grad.square().sum().sqrt().item(), rel=1e-5) for norm in norms
    )


def test_measuring_calls_no_hooks_and_changes_no_grad():
    a = rg.ones(2, requires_grad=True)
    calls = []
    a.register_hook(calls.append)
    b = a * 2
    b.register_hook(calls.append)
    viz.make_graph(b, grads=True)
    assert (calls, a.grad) == ([], None)
    b.sum().backward()
    assert len(calls) == 2
    assert a.grad.tolist() == [2.0, 2.0]


def test_nan_and_infinity_are_flagged_where_they_are():
    a = rg.tensor([0.0, 4.0], requires_grad=True)
    graph = viz.make_graph((a.sqrt() * rg.tensor([0.0, 1.0])).sum(), params={"a": a}, grads=True)
    assert only(graph, "a").flag == "nan"
    assert only(graph, "sqrt").flag == ""
    graph = viz.make_graph(a.sqrt().sum(), params={"a": a}, grads=True)
    assert only(graph, "a").flag == "inf"
    assert math.isinf(only(graph, "a").grad_norm)


def test_saved_bytes_are_counted_once_and_not_for_parameters():
    weight, x = rg.ones(3, 3, requires_grad=True), rg.ones(4, 3)
    y = (x @ weight).exp()
    z = (y * y).sum()
    graph = viz.make_graph(z, params={"weight": weight}, inputs={"x": x})
    assert sum(n.saved_bytes for n in graph.nodes) == 4 * 3 * 4
    assert only(graph, "exp").saved_bytes == 4 * 3 * 4


def test_details_tell_what_the_operation_does_and_saved():
    a = rg.ones(2, 3, requires_grad=True)
    rows = dict(only(viz.make_graph(a.exp().sum()), "exp").details)
    assert rows["what it does"] == a.exp().grad_fn.op.__doc__.splitlines()[0]
    assert rows["backward gives gradients of"] == "input"
    assert "2 × 3 (24 B)" in rows["saved"]


def test_outputs_of_any_structure():
    a = rg.ones(2, requires_grad=True)
    Pair = namedtuple("Pair", "low high")
    graph = viz.make_graph({"p": Pair(a + 1, a + 2), "list": [a * 3, None]})
    labels = [n.label for n in graph.nodes if n.kind == "output"]
    assert labels == ["low", "high", "list[0]"]
    assert viz.draw(a, params={"a": a}).graph.edges


def test_operations_with_several_outputs_are_one_node():
    a = rg.arange(6.0, requires_grad=True)
    value, _ = a.reshape(2, 3).max(dim=1)
    low, high = (a * 1).split(3)
    graph = viz.make_graph(value.sum() + (low * high).sum(), params={"a": a}, grads=True)
    assert not by_label(graph, "pick")
    assert all(n.grad_norm is not None for n in graph.nodes if n.kind == "op")
    viz.Drawing(graph).svg  # noqa: B018 - must not raise


def test_freed_graphs_can_be_drawn_but_not_measured():
    a = rg.ones(2, requires_grad=True)
    y = (a * a).sum()
    y.backward()
    assert len(viz.make_graph(y).nodes) == 4
    with pytest.raises(RuntimeError, match="draw before backward"):
        viz.make_graph(y, grads=True)


def test_a_users_own_function_is_drawn():
    class Double(rg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            return grad * 2

    a = rg.ones(2, requires_grad=True)
    graph = viz.make_graph(Double.apply(a).sum(), params={"a": a}, grads=True)
    assert any("double" in n.label.lower() for n in graph.nodes)
    assert only(graph, "a").grad_norm == pytest.approx(math.sqrt(8))


def test_deep_graphs_do_not_recurse_and_are_cut_for_drawing():
    x = rg.ones(1, requires_grad=True)
    y = x
    for _ in range(100_000):
        y = y * 1.0
    graph = viz.make_graph(y, max_nodes=200_000)
    assert len(graph.nodes) == 100_002
    cut = viz.make_graph(y, max_nodes=50)
    assert cut.nodes[0].label == "99,950 earlier operations"
    assert len(cut.nodes) == 52
    assert len(cut.edges) == 51
    viz.Drawing(cut).html  # noqa: B018 - must not raise


@pytest.mark.parametrize("outputs", [None, [], {"a": 1.0}])
def test_no_tensor_is_an_error(outputs):
    with pytest.raises(TypeError, match="no Tensor"):
        viz.make_graph(outputs)


def test_nothing_recorded_is_an_error():
    with rg.no_grad():
        y = rg.ones(2, requires_grad=True) * 2
    with pytest.raises(RuntimeError, match="nothing was recorded"):
        viz.draw(y)


def test_watch_wants_a_module():
    with pytest.raises(TypeError, match="Module"):
        viz.watch(rg.ones(1))


def test_a_card_says_which_module_ran_it():
    model = rg.nn.Sequential(rg.nn.Flatten(), rg.nn.Dropout(0.5), rg.nn.Linear(4, 2))
    with rg.viz.watch(model) as seen:
        loss = model(rg.ones(3, 2, 2, requires_grad=True)).sum()
    scene = rg.viz.draw(loss, seen).scene
    named = {card.lines[0].strong: card.lines[0].muted for card in scene.cards}
    assert named["reshape"] == "0 · Flatten"
    assert named["mul"] == "1 · Dropout"
    assert named["linear"] == "2 · Linear"
    assert named["sum"] == ""
