"""Transformers: a whole training step."""

from benchmarks.workloads import load, workload

BATCH, LENGTH, WIDTH, HEADS = 16, 64, 128, 4


@workload(dropout=(0.0, 0.1), quick={"dropout": (0.1,)})
def transformer(lib, dropout):
    """Two encoder blocks on 16 sequences of 64 vectors of 128, four heads, Adam."""
    nn, functional = load(lib, "nn"), load(lib, "nn.functional")
    lib.manual_seed(0)
    model = nn.Sequential(
        *(
            nn.TransformerEncoderLayer(WIDTH, HEADS, 4 * WIDTH, dropout, batch_first=True)
            for _ in range(2)
        )
    )
    x, y = (lib.randn(BATCH, LENGTH, WIDTH) for _ in range(2))
    optimizer = load(lib, "optim").Adam(model.parameters(), lr=0.001)

    def step():
        optimizer.zero_grad()
        functional.mse_loss(model(x), y).backward()
        optimizer.step()

    return step, 1
