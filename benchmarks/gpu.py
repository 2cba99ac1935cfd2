"""Time retrograd against PyTorch on one GPU: ``python -m benchmarks.gpu``."""

import argparse
import datetime
import importlib
import platform
import statistics
import sys
import time

from benchmarks.workloads import load
from benchmarks.workloads.convnets import lenet
from benchmarks.workloads.mlp import mlp


def add(lib, size):
    """Two vectors; what small ones take is what it costs to launch a kernel."""
    x, y = lib.rand(size), lib.rand(size)
    return lambda: x + y


def matmul(lib, n):
    """Two square matrices, in float32 throughout."""
    x, y = lib.rand(n, n), lib.rand(n, n)
    return lambda: x @ y


def conv(lib, channels, size):
    """A 3 x 3 convolution of 32 images, forward and backward."""
    conv2d = load(lib, "nn.functional").conv2d
    x = lib.rand(32, channels, size, size, requires_grad=True)
    w = lib.rand(channels, channels, 3, 3, requires_grad=True)
    cotangent = lib.rand(32, channels, size, size)

    def step():
        x.grad = w.grad = None
        conv2d(x, w, padding=1).backward(cotangent)

    return step


CASES = {
    "add, 1,000 numbers": lambda lib: add(lib, 1_000),
    "add, 10,000,000 numbers": lambda lib: add(lib, 10_000_000),
    "matmul, 64 x 64": lambda lib: matmul(lib, 64),
    "matmul, 4096 x 4096": lambda lib: matmul(lib, 4096),
    "conv 3 x 3, 16 channels, 32 x 32": lambda lib: conv(lib, 16, 32),
    "conv 3 x 3, 128 channels, 28 x 28": lambda lib: conv(lib, 128, 28),
    "MLP step, batch 128, SGD": lambda lib: mlp(lib, 128, "SGD")[0],
    "MLP step, batch 128, Adam": lambda lib: mlp(lib, 128, "Adam")[0],
    "LeNet step, batch 64": lambda lib: lenet(lib, 64)[0],
    "LeNet step, batch 1024": lambda lib: lenet(lib, 1024)[0],
}


def timed(lib, step, seconds):
    """Seconds for one step: the median of rounds, each ended by waiting for the GPU."""
    for _ in range(3):  # compiles kernels, fills the pool of memory
        step()
    lib.cuda.synchronize()
    start = time.perf_counter()
    step()
    lib.cuda.synchronize()
    repeats = max(1, int(seconds / 10 / (time.perf_counter() - start)))
    rounds = []
    for _ in range(10):
        start = time.perf_counter()
        for _ in range(repeats):
            step()
        lib.cuda.synchronize()
        rounds.append((time.perf_counter() - start) / repeats)
    return statistics.median(rounds)


def libraries():
    """retrograd, and PyTorch if it is installed and has a GPU; both make new tensors there."""
    import retrograd

    found = [retrograd]
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        torch = None
    if torch is not None and torch.cuda.is_available():
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
        found.append(torch)
    for lib in found:
        lib.set_default_device("cuda")
    return found


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.0, help="time for each case and library")
    parser.add_argument("--only", default="", help="cases whose name contains this text")
    options = parser.parse_args()
    libs = libraries()
    versions = ", ".join(f"{lib.__name__} {lib.__version__}" for lib in libs)
    print(f"{datetime.date.today()}, {libs[0].cuda.get_device_name(0)}, {versions}, ", end="")
    print(f"Python {platform.python_version()}; microseconds for one step, float32 without TF32")
    print(f"{'':36}" + "".join(f"{lib.__name__:>12}" for lib in libs) + f"{'ratio':>8}")
    failed = 0
    for name, build in CASES.items():
        if options.only not in name:
            continue
        try:
            times = [timed(lib, build(lib), options.seconds) for lib in libs]
        except Exception as error:
            failed = 1
            print(f"{name:36}failed: {type(error).__name__}: {error}", flush=True)
            continue
        ratio = f"{times[0] / times[1]:8.2f}" if len(times) > 1 else ""
        print(f"{name:36}" + "".join(f"{t * 1e6:12.1f}" for t in times) + ratio, flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
