"""Recurrent layers in training: 50 steps of 32 sequences."""

from benchmarks.workloads import load, workload

STEPS, SEQUENCES, INPUTS, UNITS = 50, 32, 64, 128


@workload(quick={"layers": (1,)}, kind=("LSTM", "GRU", "RNN"), layers=(1, 2))
def recurrent(lib, kind, layers):
    """64 inputs, 128 units, a class for each sequence: a whole training step with Adam."""
    lib.manual_seed(0)
    nn = load(lib, "nn")
    layer, head = getattr(nn, kind)(INPUTS, UNITS, layers), nn.Linear(UNITS, 10)
    parameters = [*layer.parameters(), *head.parameters()]
    optimizer = load(lib, "optim").Adam(parameters, lr=0.001)
    cross_entropy = load(lib, "nn.functional").cross_entropy
    x, y = lib.randn(STEPS, SEQUENCES, INPUTS), lib.randint(0, 10, (SEQUENCES,))

    def step():
        optimizer.zero_grad()
        cross_entropy(head(layer(x)[0][-1]), y).backward()
        optimizer.step()

    return step, 1


@workload(kind=("LSTM", "GRU"))
def recurrent_inference(lib, kind):
    """One layer, forward only, without gradients."""
    lib.manual_seed(0)
    layer = getattr(load(lib, "nn"), kind)(INPUTS, UNITS)
    x = lib.randn(STEPS, SEQUENCES, INPUTS)

    def step():
        with lib.no_grad():
            layer(x)

    return step, 1
