"""Rows of the recurrent cells."""

import numpy as np

from retrograd.autograd_core.ops.recurrent import gru_cell, lstm_cell
from tests.ops.spec import Spec, real


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm(gates, cell):
    i, f, n, o = np.split(gates, 4, axis=-1)
    new = sigmoid(f) * cell + sigmoid(i) * np.tanh(n)
    return sigmoid(o) * np.tanh(new), new


def gru(x, y, hidden):
    x_r, x_z, x_n = np.split(x, 3, axis=-1)
    y_r, y_z, y_n = np.split(y, 3, axis=-1)
    z = sigmoid(x_z + y_z)
    return (1 - z) * np.tanh(x_n + sigmoid(x_r + y_r) * y_n) + z * hidden


SPECS = [
    Spec("LstmCell", lstm_cell, (real(2, 12), real(2, 3)), reference=lstm),
    Spec("LstmCell", lstm_cell, (real(4), real(1)), reference=lstm, label="one step"),
    Spec("GruCell", gru_cell, (real(2, 9), real(2, 9), real(2, 3)), reference=gru),
]
