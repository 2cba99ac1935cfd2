"""RETROGRAD_KERNELS=generic: without the kernels that are there for the sake of speed."""

import json
import os
import subprocess
import sys

import pytest

from retrograd.backends.kernels.host import PlainKernels
from retrograd.backends.registry import get_backend

pytestmark = pytest.mark.skipif(
    type(get_backend("cpu").kernels) is PlainKernels, reason="nothing to compare with"
)

TRAINING = """
import json
import retrograd as rg
from retrograd import nn
rg.manual_seed(0)
net = nn.Sequential(
    nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(8 * 16, 64), nn.LayerNorm(64), nn.GELU(), nn.Linear(64, 10),
)
lstm, head = nn.LSTM(10, 12), nn.Linear(12, 10)
optimizer = rg.optim.Adam([*net.parameters(), *lstm.parameters(), *head.parameters()], lr=0.01)
x, labels = rg.randn(160, 3, 16, 16), rg.randint(0, 10, (160,))
losses = []
for _ in range(5):
    optimizer.zero_grad()
    out, _ = lstm(net(x).reshape(16, 10, 10))
    loss = nn.functional.cross_entropy(head(out).flatten(0, 1), labels)
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
rg.show_config()
print(json.dumps(losses))
"""


def train(kernels):
    """The losses, and what `show_config` says."""
    done = subprocess.run(
        [sys.executable, "-c", TRAINING],
        env={**os.environ, "RETROGRAD_KERNELS": kernels, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    *lines, losses = done.stdout.splitlines()
    return json.loads(losses), lines


def test_a_network_learns_alike():
    fast, said = train("")
    plain, said_plain = train("generic")
    assert plain == pytest.approx(fast, rel=1e-3)
    assert plain[-1] < plain[0]
    assert "kernels: generic (RETROGRAD_KERNELS), so neither oneDNN nor SciPy" in said_plain
    assert not any(line.startswith("kernels:") for line in said)
