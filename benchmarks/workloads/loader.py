"""DataLoader on arrays in memory."""

from benchmarks.workloads import load, workload

SAMPLES = 10_000


@workload(batch=(32, 128))
def dataloader(lib, batch):
    """One shuffled epoch over 10,000 vectors of 784, time a batch."""
    data = load(lib, "utils.data")
    dataset = data.TensorDataset(lib.rand(SAMPLES, 784), lib.randint(0, 10, (SAMPLES,)))
    loader = data.DataLoader(dataset, batch_size=batch, shuffle=True)

    def step():
        for _x, _y in loader:
            pass

    return step, len(loader)
