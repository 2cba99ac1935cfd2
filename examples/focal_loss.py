"""Focal loss: cross-entropy that looks at the hard examples, for classes that are rare.

With p the probability that the model gives the right class,

    cross-entropy    -log p
    focal loss       -(1 - p)^gamma log p        gamma >= 0; 0 is cross-entropy

(Lin et al., "Focal loss for dense object detection", 2017). Where the model is sure and right, p
near 1, the factor makes the loss small: with gamma = 2 an example of p = 0.9 counts 100 times less.
If 99 of 100 examples belong to one class and are easy, their many small losses would otherwise
outweigh the few that matter. alpha, a weight for each class, may be put in front of it.
"""

import retrograd as rg
from retrograd.nn import functional as F

ALPHA = rg.tensor([0.25, 0.75])


def focal_loss(logits, y, gamma=2.0, alpha=None):
    """The mean over examples; `logits` (N, C), `y` (N,) classes, `alpha` (C,) weights."""
    # log p by log_softmax: exact where p is all but 0 or 1.
    log_p = F.log_softmax(logits, 1).gather(1, y[:, None]).squeeze(1)
    losses = -((1 - log_p.exp()) ** gamma) * log_p
    if alpha is not None:
        losses = losses * alpha[y]
    return losses.mean()


def rare_class(n=2000, share=0.02):
    """Points of a plane: a crowd about 0, and a few about (2, 2)."""
    rg.manual_seed(0)
    y = (rg.rand(n) < share).long()
    return rg.randn(n, 2) + 2.0 * y[:, None], y


def train(gamma, alpha=None, steps=300):
    """A linear classifier trained on `rare_class`."""
    x, y = rare_class()
    model = rg.nn.Linear(2, 2)
    rg.nn.init.zeros_(model.weight)
    rg.nn.init.zeros_(model.bias)
    optimizer = rg.optim.Adam(model.parameters(), lr=0.1)
    for _ in range(steps):
        optimizer.zero_grad()
        focal_loss(model(x), y, gamma, alpha).backward()
        optimizer.step()
    return model


def share_of_the_rare(model, gamma):
    """What part of the whole loss the rare class makes up."""
    x, y = rare_class()
    logits = model(x)
    rare = focal_loss(logits, y, gamma, alpha=rg.tensor([0.0, 1.0]))
    return (rare / focal_loss(logits, y, gamma)).item()


def found(model):
    """Which part of the rare class is found, and which part of what is found belongs to it."""
    x, y = rare_class()
    guess = model(x).argmax(1)
    hits = ((guess == 1) & (y == 1)).sum().item()
    return hits / (y == 1).sum().item(), hits / (guess == 1).sum().item()


def main():
    print("p      cross-entropy  focal, gamma = 2  times less")
    for p in (0.1, 0.5, 0.9, 0.99):
        logits = rg.log(rg.tensor([[1 - p, p]], dtype=rg.float64))
        plain, focal = (focal_loss(logits, rg.tensor([1]), gamma).item() for gamma in (0.0, 2.0))
        print(f"{p:4}   {plain:13.4f}  {focal:16.6f}  {plain / focal:10.0f}")
    print(f"rare are {rare_class()[1].float().mean():.1%} of the examples")
    halfway = train(0.0, steps=10)
    for gamma in (0.0, 1.0, 2.0, 5.0):
        share = share_of_the_rare(halfway, gamma)
        print(f"  after 10 steps, with gamma = {gamma} they make up {share:.0%} of the loss")
    for gamma, alpha in [(0.0, None), (2.0, None), (2.0, ALPHA)]:
        recall, precision = found(train(gamma, alpha))
        weights = "none" if alpha is None else alpha.tolist()
        result = f"{recall:.0%} are found, {precision:.0%} of the finds are right"
        print(f"  trained with gamma = {gamma}, alpha = {weights}: {result}")


if __name__ == "__main__":
    main()
