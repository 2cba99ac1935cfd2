"""What PyTorch has and retrograd leaves out on purpose, and what to use in its place."""

_COMPLEX = "there are no complex tensors"
_QUANTIZED = "there are no quantized tensors"
_ONE_PROCESS = "training runs in one process, on one device"
_GRAPHS = "operations are not captured as graphs"
_COMPILE = "use retrograd.compile, which records a function and replays it"
_SPARSE = "there are no sparse tensors; index_add, scatter and embedding_bag work on dense ones"

LEFT_OUT = {
    "bfloat16": "NumPy has no such type; use float32, or float16 where memory counts",
    "cdouble": _COMPLEX,
    "cfloat": _COMPLEX,
    "complex": _COMPLEX,
    "complex128": _COMPLEX,
    "complex64": _COMPLEX,
    "fft": f"{_COMPLEX}; use numpy.fft on tensor.numpy(), or conv1d, which carries gradients",
    "istft": _COMPLEX,
    "polar": _COMPLEX,
    "stft": _COMPLEX,
    "view_as_complex": _COMPLEX,
    "view_as_real": _COMPLEX,
    "ao": _QUANTIZED,
    "quantization": _QUANTIZED,
    "quantize_per_tensor": _QUANTIZED,
    "distributed": _ONE_PROCESS,
    "multiprocessing": f"{_ONE_PROCESS}; DataLoader(num_workers=...) reads data in others",
    "export": _GRAPHS,
    "fx": _GRAPHS,
    "onnx": f"{_GRAPHS}; save the state_dict and export the model from PyTorch",
    "compiler": _COMPILE,
    "jit": _COMPILE,
    "distributions": (
        "write the log-density: cross_entropy for Categorical, gaussian_nll_loss for Normal; draw "
        "with multinomial, normal, bernoulli"
    ),
    "hub": "save a state_dict with PyTorch and load it with retrograd.load",
    "nested": "use nn.utils.rnn.pad_sequence and a mask, or a PackedSequence",
    "sparse": _SPARSE,
    "spmm": f"{_SPARSE}; mm multiplies dense matrices",
    "sparse_coo_tensor": _SPARSE,
    "sparse_csr_tensor": _SPARSE,
    "profiler": "use cProfile, which sees every operation",
    "set_default_tensor_type": "use set_default_dtype and set_default_device",
    "vmap": "give the functions a batch dimension; jacrev, jacfwd and hessian have theirs",
}


def message(name: str) -> str:
    """What an AttributeError for `name` says."""
    missing = f"module 'retrograd' has no attribute {name!r}"
    reason = LEFT_OUT.get(name)
    return missing if reason is None else f"{missing}: {reason}"
