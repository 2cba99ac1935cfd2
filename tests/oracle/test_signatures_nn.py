"""Names, arguments, their order and defaults of nn, optim, utils.data and func: PyTorch's.

What differs on purpose stands in the tables here, with its reason; everything else is compared.
"""

import ast
import importlib
import inspect
import re

import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

SPACES = (
    "nn nn.functional nn.init nn.utils nn.utils.rnn nn.parameter optim optim.lr_scheduler "
    "optim.swa_utils utils.data func autograd.functional"
).split()

DEPRECATED = "deprecated by PyTorch"
INTERNAL = "a helper of PyTorch's own code"
DEVICE = "of a device, type or compiler that is not here"
QUANTIZED = "for quantised or scaled types, which are not here"
OUTSIDE = "not in the surface"
PIPES = "data pipes: not in the surface"
VMAP = "vmap and program transforms: not in the surface"

# PyTorch's names that are not here.
ABSENT = {
    "nn": {
        "AdaptiveLogSoftmaxWithLoss": OUTSIDE,
        "Container": DEPRECATED,
        "CrossMapLRN2d": DEPRECATED,
        "FractionalMaxPool2d": OUTSIDE,
        "FractionalMaxPool3d": OUTSIDE,
        "LinearCrossEntropyLoss": OUTSIDE,
        "LinearCrossEntropyOptions": OUTSIDE,
        "NLLLoss2d": DEPRECATED,
        "SyncBatchNorm": DEVICE,
        "factory_kwargs": INTERNAL,
    },
    "nn.functional": {
        "ScalingType": QUANTIZED,
        "SwizzleType": QUANTIZED,
        "assert_int_or_pair": INTERNAL,
        "boolean_dispatch": INTERNAL,
        "conv_tbc": OUTSIDE,
        "fractional_max_pool2d": OUTSIDE,
        "fractional_max_pool2d_with_indices": OUTSIDE,
        "fractional_max_pool3d": OUTSIDE,
        "fractional_max_pool3d_with_indices": OUTSIDE,
        "grouped_mm": QUANTIZED,
        "handle_torch_function": INTERNAL,
        "has_torch_function": INTERNAL,
        "has_torch_function_unary": INTERNAL,
        "has_torch_function_variadic": INTERNAL,
        "linear_cross_entropy": OUTSIDE,
        "native_channel_shuffle": INTERNAL,
        "scaled_grouped_mm": QUANTIZED,
        "scaled_mm": QUANTIZED,
        "adaptive_max_pool1d_with_indices": "return_indices=True",
        "adaptive_max_pool2d_with_indices": "return_indices=True",
        "adaptive_max_pool3d_with_indices": "return_indices=True",
    },
    "nn.utils": {
        "clip_grad_norm": DEPRECATED,
        "convert_conv2d_weight_memory_format": DEVICE,
        "convert_conv3d_weight_memory_format": DEVICE,
        "fuse_conv_bn_eval": OUTSIDE,
        "fuse_conv_bn_weights": OUTSIDE,
        "fuse_linear_bn_eval": OUTSIDE,
        "fuse_linear_bn_weights": OUTSIDE,
        "skip_init": OUTSIDE,
    },
    "nn.parameter": {"UninitializedTensorMixin": INTERNAL},
    "optim": {
        "Muon": OUTSIDE,
        "SparseAdam": "sparse tensors are not here",
        "swap_in_optimizer_params_and_state": INTERNAL,
    },
    "utils.data": {
        "DistributedSampler": OUTSIDE,
        **dict.fromkeys(
            "DFIterDataPipe DataChunk IterDataPipe MapDataPipe _DatasetKind argument_validation "
            "functional_datapipe guaranteed_datapipes_determinism non_deterministic "
            "runtime_validation runtime_validation_disabled".split(),
            PIPES,
        ),
    },
    "func": dict.fromkeys(
        "vmap replace_all_batch_norm_modules_ functionalize linearize rearrange "
        "stack_module_state debug_unwrap".split(),
        VMAP,
    ),
}

# Methods of PyTorch's classes that are not here.
ABSENT_METHODS = {
    **dict.fromkeys("bfloat16 compile ipu mtia xpu is_pinned pin_memory".split(), DEVICE),
    "register_backward_hook": DEPRECATED,
    "initialize_parameters": "of lazy modules: LazyModule.infer",
    **dict.fromkeys("byte char half int long short".split(), "of PackedSequence: use to(dtype)"),
    **dict.fromkeys(
        "check_forward_args check_hidden_size check_input get_expected_hidden_size "
        "get_expected_cell_size permute_hidden merge_masks profile_hook_step share_memory "
        "recursive_undo cumsum check_worker_number_rationality "
        "gather parallel_apply replicate scatter".split(),
        INTERNAL,
    ),
}

HIDDEN = "PyTorch hides its arguments in *args; these are those of its overloads"
# Arguments that differ.
DIFFERENT = {
    "nn.RNN.__init__": HIDDEN,
    "nn.GRU.__init__": HIDDEN,
    "nn.LSTM.__init__": HIDDEN,
    "nn.Module.forward": "an error with a message, whatever it is given",
    "nn.Module.to": HIDDEN,
    "nn.Module.state_dict": "positional arguments are deprecated by PyTorch",
    "nn.RNNCellBase.__init__": "a base: the number of gates follows from the subclass",
    "nn.utils.rnn.PackedSequence.cpu": "no arguments: use to(...)",
    "nn.utils.rnn.PackedSequence.cuda": "no arguments: use to(...)",
    "nn.functional.softsign": "takes out= too",
    "nn.functional.logsigmoid": "takes out= too, as PyTorch's does, undocumented",
    "optim.LBFGS.step": "without a closure, an error that says what it is for",
    "utils.data.random_split": "generator=None is the default generator, looked up in the call",
    "func.jacfwd": "takes chunk_size too, as jacrev does",
    "func.jacrev": "no private argument",
}


def members(space):
    module = importlib.import_module(f"torch.{space}")
    names = getattr(module, "__all__", None) or [n for n in dir(module) if not n.startswith("_")]
    for name in names:
        value = getattr(module, name)
        home = str(getattr(value, "__module__", None) or "torch")
        callable_ = inspect.isclass(value) or inspect.isroutine(value)
        if callable_ and home.startswith("torch") and value is not torch.Tensor:
            yield name, value


def ours(space):
    return importlib.import_module(f"retrograd.{space}")


ALL = [(space, name, value) for space in SPACES for name, value in members(space)]
HERE = [row for row in ALL if row[1] not in ABSENT.get(row[0], ())]


@pytest.mark.parametrize("space", SPACES)
def test_names(space):
    names = {name for s, name, _ in ALL if s == space}
    missing = {name for name in names if not hasattr(ours(space), name)}
    assert missing == set(ABSENT.get(space, ()))


def plain(default):
    """A default that can be compared: functions by name, 1 equal to 1.0."""
    return getattr(default, "__name__", default)


def from_docstring(function):
    """The signature that a compiled function's docstring begins with."""
    text = re.search(r"\w+\((.*?)\) ->", function.__doc__, re.DOTALL)[1]
    given = ast.parse(f"def f({text}): pass").body[0].args
    values = [eval(ast.unparse(d)) for d in given.defaults]
    defaults = [inspect.Parameter.empty] * (len(given.args) - len(values)) + values
    return [(a.arg, "positional", plain(d)) for a, d in zip(given.args, defaults, strict=True)]


KINDS = {
    "POSITIONAL_ONLY": "positional",
    "POSITIONAL_OR_KEYWORD": "positional",
    "KEYWORD_ONLY": "keyword",
    "VAR_POSITIONAL": "*",
    "VAR_KEYWORD": "**",
}


def arguments(function):
    try:
        found = inspect.signature(function).parameters.values()
    except ValueError:
        return from_docstring(function)
    return [(p.name, KINDS[p.kind.name], plain(p.default)) for p in found]


def callables():
    """Functions, constructors and methods: (full name, ours, PyTorch's)."""
    for space, name, value in HERE:
        mine, full = getattr(ours(space), name, None), f"{space}.{name}"
        if not inspect.isclass(value):
            dispatched = f"{name}_with_indices"  # of max pooling, behind *args
            yield full, mine, getattr(torch.nn.functional, dispatched, value)
        elif not issubclass(value, torch.Tensor):
            yield f"{full}.__init__", mine.__init__, value.__init__
            for method in public_methods(value):
                if method in vars(value) and hasattr(mine, method):
                    yield f"{full}.{method}", getattr(mine, method), getattr(value, method)


def public_methods(cls):
    return [
        m for m in dir(cls) if not m.startswith("_") and inspect.isroutine(getattr(cls, m, None))
    ]


CALLABLES = {full: pair for full, *pair in callables()}


@pytest.mark.parametrize("full", CALLABLES)
def test_arguments(full):
    mine, theirs = map(arguments, CALLABLES[full])
    differs = mine != theirs
    assert differs is (full in DIFFERENT), f"{mine}\n{theirs}"


@pytest.mark.parametrize("full", sorted(DIFFERENT))
def test_what_differs_is_there(full):
    assert full in CALLABLES


CLASSES = [
    (space, name, value)
    for space, name, value in HERE
    if inspect.isclass(value) and not issubclass(value, torch.Tensor)
]


@pytest.mark.parametrize(
    ("space", "name", "value"), [pytest.param(*c, id=f"{c[0]}.{c[1]}") for c in CLASSES]
)
def test_methods(space, name, value):
    mine = getattr(ours(space), name)
    missing = {m for m in public_methods(value) if not hasattr(mine, m)}
    assert missing <= set(ABSENT_METHODS)


def test_what_is_absent_is_absent():
    theirs = {m for _, _, value in CLASSES for m in public_methods(value)}
    assert set(ABSENT_METHODS) <= theirs
