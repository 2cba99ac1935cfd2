"""Derivatives beyond one backward pass."""

import itertools

from benchmarks.workloads import load, workload

WIDTHS = (784, 256, 128, 10)


@workload(batch=(1, 128))
def hvp(lib, batch):
    """A Hessian-vector product of a tanh network's loss: the gradient, then that of its product."""
    nn, functional = load(lib, "nn"), load(lib, "nn.functional")
    lib.manual_seed(0)
    first, second, third = (nn.Linear(n, m) for n, m in itertools.pairwise(WIDTHS))
    model = nn.Sequential(first, nn.Tanh(), second, nn.Tanh(), third)
    parameters = list(model.parameters())
    vectors = [lib.randn(*parameter.shape) for parameter in parameters]
    x, y = lib.rand(batch, WIDTHS[0]), lib.randint(0, WIDTHS[-1], (batch,))
    grad = load(lib, "autograd").grad

    def step():
        loss = functional.cross_entropy(model(x), y)
        gradients = grad(loss, parameters, create_graph=True)
        return grad(gradients, parameters, vectors)

    return step, 1


@workload(n=(64,))
def jacobian(lib, n):
    """The Jacobian of a tanh layer with n outputs, a row at a time."""
    lib.manual_seed(0)
    w, x = lib.randn(n, n), lib.randn(n, requires_grad=True)
    rows = list(lib.eye(n))
    grad = load(lib, "autograd").grad

    def step():
        y = (w @ x).tanh()
        return [grad(y, x, row, retain_graph=True)[0] for row in rows]

    return step, n
