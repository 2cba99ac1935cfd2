"""Online, batch and mini-batch learning: after how many examples are the weights changed?

The error of a data set is the mean over its N examples, and so is its gradient:

    E(w) = 1/N sum_n E_n(w)        grad E = 1/N sum_n grad E_n

Batch learning takes one step along grad E in each epoch (pass through the data). Online learning
takes N of them, each along one grad E_n: cheap estimates of grad E, right in the mean. Mini-batches
of B examples stand in between: N / B steps whose noise has 1/B of the variance (LeCun et al. 1998,
"Efficient BackProp", section 4.1).

So the noisy ones come down sooner, while the steps still agree; at the end they rattle about the
minimum, which batch learning alone reaches. `step_size.py` shows what to do about that.
"""

import retrograd as rg
from retrograd import nn
from retrograd.data import DataLoader, TensorDataset

MODES = {"online": 1, "mini-batch": 8, "batch": 64}  # name: batch size


def line_with_noise(n=64, seed=0):
    """Points on y = 2 x - 1, plus noise: inputs (N, 1) and targets (N, 1)."""
    generator = rg.Generator().manual_seed(seed)
    x = rg.randn(n, 1, generator=generator, dtype=rg.float64)
    return x, 2 * x - 1 + 0.3 * rg.randn(n, 1, generator=generator, dtype=rg.float64)


def least_error(x, y):
    """The smallest mean squared error of any line, by the normal equations."""
    design = rg.cat([x, rg.ones_like(x)], dim=1)
    weights = rg.linalg.solve(design.T @ design, design.T @ y)
    return nn.functional.mse_loss(design @ weights, y).item()


def learn(x, y, batch_size, epochs, lr=0.05, seed=0):
    """Fit a line, starting from zero; return the error on all data after each epoch."""
    model = nn.Linear(1, 1, dtype=x.dtype)
    for parameter in model.parameters():
        nn.init.zeros_(parameter)
    optimizer = rg.optim.SGD(model.parameters(), lr=lr)
    order = rg.Generator().manual_seed(seed)
    loader = DataLoader(TensorDataset(x, y), batch_size, shuffle=True, generator=order)
    errors = []
    for _ in range(epochs):
        for inputs, targets in loader:
            loss = nn.functional.mse_loss(model(inputs), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with rg.no_grad():
            errors.append(nn.functional.mse_loss(model(x), y).item())
    return errors


def main():
    x, y = line_with_noise()
    least = least_error(x, y)
    shown = [1, 3, 10, 30, 100]
    print("error above the least possible, after")
    print(f"{'epochs':22}" + "".join(f"{epoch:10}" for epoch in shown))
    for name, batch_size in MODES.items():
        errors = learn(x, y, batch_size, epochs=100)
        row = "".join(f"{errors[epoch - 1] - least:10.1e}" for epoch in shown)
        print(f"{name:10} {len(x) // batch_size:2} steps each{row}")


if __name__ == "__main__":
    main()
