"""scikit-learn's MLPClassifier: float32 as it keeps what it is given, no weight decay."""

import numpy as np
from sklearn.neural_network import MLPClassifier

from benchmarks.peers.numpy_updates import WIDTHS, examples

SOLVERS = {"SGD": {"solver": "sgd", "learning_rate_init": 0.01}, "Adam": {"solver": "adam"}}


def classifier(batch, optimizer):
    x, y = examples(np.random.default_rng(0), batch)
    model = MLPClassifier(WIDTHS[1:-1], batch_size=batch, alpha=0, **SOLVERS[optimizer])
    model.partial_fit(x, y, classes=np.arange(WIDTHS[-1]))
    return model, x, y


def mlp(batch, optimizer):
    model, x, y = classifier(batch, optimizer)
    return lambda: model.partial_fit(x, y), 1


def mlp_inference(batch):
    model, x, _ = classifier(batch, "SGD")
    return lambda: model.predict_proba(x), 1
