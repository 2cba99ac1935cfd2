"""Multi-class SVM and softmax losses on the nine points of Stanford's linear-classifier demonstration.

A linear classifier gives a point a score for each class, s = W x + b. How bad are scores, if y is the
right class? With the margin 1 and [z] = max(0, z):

    Weston-Watkins    sum over j != y of [s_j - s_y + 1]      every rival that comes too close
    one-vs-all        [1 - s_y] + sum over j != y of [1 + s_j]      a binary SVM for each class
    structured        [max over j != y of s_j - s_y + 1]      the closest rival alone
    softmax           -log(exp(s_y) / sum over j of exp(s_j))

and the loss is their mean plus lambda times the sum of all W^2. (Weston & Watkins 1999; Crammer &
Singer 2001; the demonstration belongs to CS231n, "Linear classification". The points and the weights
it begins with are as commonly reproduced.)
"""

import retrograd as rg

X = rg.tensor(
    [
        [0.5, 0.4], [0.8, 0.3], [0.3, 0.8],
        [-0.4, 0.3], [-0.3, 0.7], [-0.7, 0.2],
        [0.7, -0.4], [0.5, -0.6], [-0.4, -0.5],
    ],
    dtype=rg.float64,
)  # fmt: skip
Y = rg.tensor([0, 0, 0, 1, 1, 1, 2, 2, 2])
W = rg.tensor([[1.0, 2], [2, -4], [3, -1]], dtype=rg.float64)
B = rg.tensor([0.0, 0.5, -0.5], dtype=rg.float64)
LAMBDA = 0.1


def rivals(scores, y):
    """Scores less that of the right class, which itself is minus infinity: no rival."""
    right = rg.nn.functional.one_hot(y, scores.shape[1]).bool()
    return (scores - scores.gather(1, y[:, None])).masked_fill(right, -rg.inf)


def weston_watkins(scores, y):
    return rg.relu(rivals(scores, y) + 1).sum(1)


def one_vs_all(scores, y):
    sign = 2 * rg.nn.functional.one_hot(y, scores.shape[1]) - 1
    return rg.relu(1 - sign * scores).sum(1)


def structured(scores, y):
    return rg.relu(rivals(scores, y).amax(1) + 1)


def softmax(scores, y):
    return rg.logsumexp(scores, 1) - scores.gather(1, y[:, None]).squeeze(1)


LOSSES = [weston_watkins, one_vs_all, structured, softmax]


def total(loss, w, b):
    """The mean over the nine points plus the penalty."""
    return loss(X @ w.T + b, Y).mean() + LAMBDA * (w**2).sum()


def train(loss, steps=500, alpha=0.1):
    """Weights after gradient descent with the demonstration's step size."""
    w, b = W, B
    gradient = rg.func.grad(lambda w, b: total(loss, w, b), argnums=(0, 1))
    for _ in range(steps):
        dw, db = gradient(w, b)
        w, b = w - alpha * dw, b - alpha * db
    return w, b


def right_ones(w, b):
    """How many of the points are classified as they should be."""
    return ((X @ w.T + b).argmax(1) == Y).sum().item()


def main():
    scores = X @ W.T + B
    print("point        class    scores              Weston-W.  one-vs-all  structured  softmax")
    for x, y, s, *losses in zip(X, Y, scores, *(loss(scores, Y) for loss in LOSSES)):
        left = "".join(f"{v:6.2f}" for v in x.tolist()) + f"{y.item():5}   "
        left += "".join(f"{v:6.2f}" for v in s.tolist())
        print(left + "".join(f"{v.item():11.2f}" for v in losses))
    print(f"means of the losses {'':14}" + "".join(f"{f(scores, Y).mean():11.2f}" for f in LOSSES))
    print(f"{LAMBDA} * sum of W^2 = {LAMBDA * (W**2).sum().item():.2f}; trained:")
    for loss in LOSSES:
        w, b = train(loss)
        before, after = total(loss, W, B).item(), total(loss, w, b).item()
        print(f"  {loss.__name__:15} {before:5.2f} -> {after:.3f}, {right_ones(w, b)} of 9 right")


if __name__ == "__main__":
    main()
