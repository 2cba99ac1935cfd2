"""`summary`: the tree, its figures, and that it leaves no trace."""

from xml.etree import ElementTree

import pytest

import retrograd as rg
from retrograd import nn, viz


def model():
    return nn.Sequential(
        nn.Sequential(nn.Conv2d(1, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU()),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(4 * 6 * 6, 10),
    )


def test_rows_follow_the_tree():
    rows = viz.summary(model(), input_size=(2, 1, 8, 8)).rows
    assert [(r.branch + r.name, r.type, r.output, r.parameters) for r in rows] == [
        ("", "Sequential", "2 × 10", 0),
        ("├─ 0", "Sequential", "2 × 4 × 6 × 6", 0),
        ("│  ├─ 0", "Conv2d", "2 × 4 × 6 × 6", 36),
        ("│  ├─ 1", "BatchNorm2d", "2 × 4 × 6 × 6", 8),
        ("│  └─ 2", "ReLU", "2 × 4 × 6 × 6", 0),
        ("├─ 1", "Flatten", "2 × 144", 0),
        ("├─ 2", "Dropout", "2 × 144", 0),
        ("└─ 3", "Linear", "2 × 10", 1450),
    ]


def test_totals_add_up():
    net = model()
    net[3].bias.requires_grad_(False)
    found = viz.summary(net, rg.zeros(2, 1, 8, 8))
    assert found.parameters == sum(r.parameters for r in found.rows) == 1494
    assert found.trainable == 1484
    assert found.parameter_bytes == 4 * 1494
    assert found.saved_bytes == sum(r.saved_bytes for r in found.rows) > 0
    assert "1,494 (1,484 trainable, 10 frozen)" in str(found)


def test_nothing_is_changed():
    net = model()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    rg.manual_seed(7)
    expected = rg.rand(3)
    rg.manual_seed(7)
    viz.summary(net, rg.randn(2, 1, 8, 8, generator=rg.Generator().manual_seed(1)))
    assert rg.equal(rg.rand(3), expected)
    assert all(rg.equal(value, before[name]) for name, value in net.state_dict().items())
    assert net.training
    assert all(p.grad is None for p in net.parameters())


def test_shared_and_unused_modules():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.twice = nn.Linear(3, 3)
            self.never = nn.Linear(3, 3)

        def forward(self, x):
            return self.twice(self.twice(x))

    rows = {row.name: row for row in viz.summary(Net(), input_size=(1, 3)).rows}
    assert rows["twice"].calls == 2
    assert rows["twice"].cells()[1] == "1 × 3  ×2"
    assert rows["never"].output == "not called"


def test_several_arguments_and_outputs():
    class Net(nn.Module):
        def forward(self, a, b):
            return {"sum": a + b, "parts": (a, b)}

    (row,) = viz.summary(Net(), input_size=[(1, 3), (2, 3)]).rows
    assert row.output == "2 × 3, 1 × 3, 2 × 3"
    assert viz.summary(Net(), (rg.ones(1), rg.ones(1))).rows[0].calls == 1


def test_text_lines_up_and_html_is_well_formed():
    found = viz.summary(model(), input_size=(2, 1, 8, 8))
    lines = str(found).splitlines()
    assert lines[0].split() == ["module", "output", "parameters", "saved", "for", "backward"]
    assert len(lines) == 2 + len(found.rows) + 1 + 2
    page = f"<div>{found._repr_html_()}</div>".replace("<br>", "<br/>")
    assert len(ElementTree.fromstring(page))


@pytest.mark.parametrize("args", [{}, {"input": 1, "input_size": (1,)}])
def test_exactly_one_input_is_wanted(args):
    with pytest.raises(TypeError, match="either"):
        viz.summary(model(), **args)
