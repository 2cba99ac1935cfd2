"""Settings of the whole suite, made before NumPy or PyTorch are loaded."""

import os

# Tests run in several processes, on small arrays: more threads would only wait for each other.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
