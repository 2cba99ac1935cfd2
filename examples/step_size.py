"""The step size that falls linearly from alpha_0 to alpha_tau in tau steps, and stays there.

    alpha_k = (1 - k/tau) alpha_0 + (k/tau) alpha_tau   for k <= tau,   alpha_tau afterwards

(Goodfellow, Bengio & Courville 2016, section 8.3.1.) Why: a step of online learning goes along a
noisy gradient. With a constant alpha the noise never dies out; a small alpha makes little noise
but takes long to arrive. Steps that begin large and end small do both well (Robbins & Monro 1951).

Here w is to find the mean of a random x from one sample at a time, by steps along the gradient
of 1/2 (w - x)^2. For a constant alpha the distance of w from the mean can be worked out: in the
long run its variance is alpha / (2 - alpha) times that of x.
"""

import retrograd as rg
from retrograd.optim.lr_scheduler import LambdaLR, LinearLR


def step_size(k, alpha_0, alpha_tau, tau):
    """The formula."""
    share = min(k / tau, 1.0)
    return (1 - share) * alpha_0 + share * alpha_tau


def lambda_schedule(optimizer, alpha_tau, tau):
    """The formula as a scheduler; alpha_0 is the optimizer's lr, a lambda gives the factor."""
    alpha_0 = optimizer.param_groups[0]["lr"]
    return LambdaLR(optimizer, lambda k: step_size(k, alpha_0, alpha_tau, tau) / alpha_0)


def linear_schedule(optimizer, alpha_tau, tau):
    """The same schedule, which comes ready-made."""
    alpha_0 = optimizer.param_groups[0]["lr"]
    return LinearLR(optimizer, start_factor=1.0, end_factor=alpha_tau / alpha_0, total_iters=tau)


def find_mean(alpha_0, alpha_tau, tau, steps=200, walkers=2000, seed=0):
    """Let walkers look for the mean of normal numbers, 3, from 0; return their squared distance."""
    generator = rg.Generator().manual_seed(seed)
    w = rg.zeros(walkers, dtype=rg.float64, requires_grad=True)
    optimizer = rg.optim.SGD([w], lr=alpha_0)
    schedule = linear_schedule(optimizer, alpha_tau, tau)
    for _ in range(steps):
        x = 3 + rg.randn(walkers, dtype=rg.float64, generator=generator)
        loss = 0.5 * ((w - x) ** 2).sum()  # the sum: every walker has a gradient of its own
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return ((w.detach() - 3) ** 2).mean().item()


def main():
    print("step size           mean squared distance after 200 steps")
    for name, alpha_0, alpha_tau in [
        ("0.5, constant", 0.5, 0.5),
        ("0.01, constant", 0.01, 0.01),
        ("0.5 -> 0.01", 0.5, 0.01),
    ]:
        print(f"{name:20}{find_mean(alpha_0, alpha_tau, tau=150):.4f}")


if __name__ == "__main__":
    main()
