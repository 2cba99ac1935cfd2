"""The table of layers: how each is made, and what it is fed."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

import retrograd as rg


@dataclass
class Case:
    """A layer by name with its arguments, and its inputs: shapes, or functions of a generator."""

    name: str
    args: tuple = ()
    inputs: tuple = ((2, 3),)
    settings: dict[str, Any] = field(default_factory=dict)
    random: bool = False  # draws in training
    rtol: float = 1e-9
    only_output: bool = False

    def __str__(self):
        parts = [*map(str, self.args), *(f"{k}={v}" for k, v in self.settings.items())]
        shapes = " ".join("x".join(map(str, i)) for i in self.inputs if isinstance(i, tuple))
        return f"{self.name}({','.join(parts).replace(' ', '')}) {shapes}"

    def values(self):
        """NumPy inputs: float64 for shapes."""
        rng = np.random.default_rng(0)
        return [rng.standard_normal(i) if isinstance(i, tuple) else i(rng) for i in self.inputs]


def ints(high, *shape):
    return lambda rng: rng.integers(0, high, shape)


def signs(*shape):
    return lambda rng: rng.choice([-1.0, 1.0], shape)


def positive(*shape):
    return lambda rng: rng.random(shape) + 0.1


def bits(*shape):
    return lambda rng: rng.integers(0, 2, shape).astype(float)


def offsets(*starts):
    return lambda rng: np.array(starts)


def log_probabilities(*shape):
    def make(rng):
        x = rng.standard_normal(shape)
        return x - np.log(np.exp(x).sum(-1, keepdims=True))

    return make


def probabilities(*shape):
    return lambda rng: np.exp(log_probabilities(*shape)(rng))


C1, C2, C3 = (2, 4, 9), (2, 4, 7, 8), (2, 4, 5, 6, 7)

LINEAR = [
    Case("Identity"),
    Case("Linear", (3, 5)),
    Case("Linear", (3, 5), ((2, 4, 3),), {"bias": False}),
    Case("Linear", (3, 5), ((3,),)),
    Case("Bilinear", (3, 4, 5), ((2, 3), (2, 4))),
    Case("Bilinear", (3, 4, 5), ((2, 6, 3), (2, 6, 4)), {"bias": False}),
]
CONV = [
    Case("Conv1d", (4, 6, 3), (C1,)),
    Case("Conv1d", (4, 6, 3), ((4, 9),), {"stride": 2, "padding": 1}),
    Case("Conv1d", (4, 6, 3), (C1,), {"dilation": 2, "groups": 2, "bias": False}),
    Case("Conv2d", (4, 6, 3), (C2,)),
    Case("Conv2d", (4, 6, (3, 2)), (C2,), {"stride": (2, 1), "padding": (1, 2)}),
    Case("Conv2d", (4, 6, 3), (C2,), {"padding": "same", "dilation": 2}),
    Case("Conv2d", (4, 6, 2), (C2,), {"padding": "valid", "groups": 2}),
    Case("Conv2d", (4, 4, 3), ((4, 7, 8),), {"groups": 4}),
    Case("Conv2d", (4, 6, 3), (C2,), {"padding": 1, "padding_mode": "reflect"}),
    Case("Conv2d", (4, 6, 3), (C2,), {"padding": 2, "padding_mode": "circular"}),
    Case("Conv2d", (4, 6, 4), (C2,), {"padding": "same", "padding_mode": "replicate"}),
    Case("Conv3d", (4, 6, 3), (C3,)),
    Case("Conv3d", (4, 6, 2), (C3,), {"stride": 2, "padding": 1, "groups": 2}),
    Case("ConvTranspose1d", (4, 6, 3), (C1,)),
    Case("ConvTranspose1d", (4, 6, 3), (C1,), {"stride": 2, "output_padding": 1, "padding": 1}),
    Case("ConvTranspose2d", (4, 6, 3), (C2,)),
    Case(
        "ConvTranspose2d",
        (4, 6, (3, 2)),
        (C2,),
        {"stride": 2, "padding": 1, "output_padding": (1, 0), "groups": 2, "dilation": 2},
    ),
    Case("ConvTranspose3d", (4, 6, 2), (C3,), {"stride": 2, "bias": False}),
]
POOLING = [
    Case("MaxPool1d", (3,), (C1,)),
    Case("MaxPool1d", (3,), (C1,), {"stride": 2, "padding": 1, "ceil_mode": True}),
    Case("MaxPool2d", (2,), (C2,)),
    Case("MaxPool2d", ((3, 2),), (C2,), {"stride": (2, 1), "padding": 1}),
    Case("MaxPool2d", (2,), (C2,), {"return_indices": True, "dilation": 2}),
    Case("MaxPool3d", (2,), (C3,), {"ceil_mode": True}),
    Case("AvgPool1d", (3,), (C1,), {"stride": 2, "padding": 1}),
    Case("AvgPool2d", (2,), (C2,)),
    Case("AvgPool2d", (3,), (C2,), {"padding": 1, "count_include_pad": False}),
    Case("AvgPool2d", (3,), (C2,), {"ceil_mode": True, "divisor_override": 5}),
    Case("AvgPool3d", (2,), (C3,)),
    Case("LPPool1d", (2, 3), (C1,)),
    Case("LPPool2d", (3, 2), (C2,), {"stride": 1}),
    Case("LPPool3d", (2, 2), (C3,), {"ceil_mode": True}),
    Case("AdaptiveAvgPool1d", (4,), (C1,)),
    Case("AdaptiveAvgPool2d", ((3, None),), (C2,)),
    Case("AdaptiveAvgPool3d", (2,), (C3,)),
    Case("AdaptiveMaxPool1d", (4,), (C1,)),
    Case("AdaptiveMaxPool2d", (3,), (C2,), {"return_indices": True}),
    Case("AdaptiveMaxPool3d", ((2, 3, None),), (C3,)),
]
ACTIVATION = [
    *[
        Case(name)
        for name in (
            "ReLU ReLU6 Sigmoid Tanh LogSigmoid Tanhshrink Softsign SiLU Mish Hardswish "
            "SELU ELU CELU LeakyReLU GELU Softplus Hardshrink Softshrink Hardtanh PReLU"
        ).split()
    ],
    Case("Hardsigmoid", rtol=1e-7),  # PyTorch's sixth is one of single precision
    Case("ELU", (0.5,)),
    Case("CELU", (0.5,)),
    Case("LeakyReLU", (0.2,)),
    Case("GELU", (), ((2, 3),), {"approximate": "tanh"}),
    Case("Softplus", (2.0, 0.5)),
    Case("Hardshrink", (0.8,)),
    Case("Softshrink", (0.8,)),
    Case("Hardtanh", (-0.5, 0.7)),
    Case("Threshold", (0.1, 20.0)),
    Case("PReLU", (3,), ((2, 3, 4),)),
    Case("Softmax", (1,)),
    Case("Softmin", (0,)),
    Case("LogSoftmax", (-1,)),
    Case("Softmax2d", (), (C2,)),
    Case("GLU", (), ((2, 6),)),
    Case("GLU", (0,), ((4, 3),)),
    Case("RReLU", (), ((2, 3),), {}, random=True),
]
NORMALIZATION = [
    Case("BatchNorm1d", (3,)),
    Case("BatchNorm1d", (4,), (C1,), {"momentum": None, "eps": 1e-3}),
    Case("BatchNorm2d", (4,), (C2,)),
    Case("BatchNorm2d", (4,), (C2,), {"affine": False, "momentum": 0.3}),
    Case("BatchNorm2d", (4,), (C2,), {"track_running_stats": False}),
    Case("BatchNorm3d", (4,), (C3,)),
    Case("InstanceNorm1d", (4,), (C1,)),
    Case("InstanceNorm2d", (4,), (C2,), {"affine": True, "track_running_stats": True}),
    Case("InstanceNorm2d", (4,), ((4, 7, 8),), {"affine": True}),
    Case("InstanceNorm3d", (4,), (C3,), {"eps": 1e-3}),
    Case("LayerNorm", (3,)),
    Case("LayerNorm", ((7, 8),), (C2,), {"eps": 1e-3}),
    Case("LayerNorm", (8,), (C2,), {"elementwise_affine": False}),
    Case("LayerNorm", (8,), (C2,), {"bias": False}),
    Case("RMSNorm", (3,)),
    Case("RMSNorm", ((7, 8),), (C2,), {"eps": 1e-3, "elementwise_affine": False}),
    Case("GroupNorm", (2, 4), (C2,)),
    Case("GroupNorm", (4, 4), (C1,), {"affine": False, "eps": 1e-3}),
    Case("LocalResponseNorm", (3,), (C2,)),
    Case("LocalResponseNorm", (2,), (C1,), {"alpha": 0.1, "beta": 0.5, "k": 2.0}),
]
DROPOUT = [
    Case("Dropout", (0.4,), ((20, 30),), random=True),
    Case("Dropout1d", (0.4,), (C1,), random=True),
    Case("Dropout2d", (0.4,), (C2,), random=True),
    Case("Dropout3d", (0.4,), (C3,), random=True),
    Case("AlphaDropout", (0.4,), ((20, 30),), random=True),
    Case("FeatureAlphaDropout", (0.4,), (C2,), random=True),
    Case("Dropout", (0.0,)),
]
PAIR = ((4, 3), (4, 3))
LOSS = [
    *[Case(name, (), PAIR) for name in ("L1Loss", "MSELoss", "SmoothL1Loss", "HuberLoss")],
    *[
        Case(name, (), PAIR, {"reduction": reduction})
        for name in ("L1Loss", "MSELoss", "SmoothL1Loss", "HuberLoss")
        for reduction in ("none", "sum")
    ],
    Case("SmoothL1Loss", (), PAIR, {"beta": 0.3}),
    Case("HuberLoss", (), PAIR, {"delta": 0.3}),
    *[
        Case("KLDivLoss", (), (log_probabilities(4, 3), probabilities(4, 3)), {"reduction": r})
        for r in ("none", "sum", "batchmean")
    ],
    Case(
        "KLDivLoss",
        (),
        (log_probabilities(4, 3), log_probabilities(4, 3)),
        {"reduction": "batchmean", "log_target": True},
    ),
    Case("PoissonNLLLoss", (), ((4, 3), positive(4, 3))),
    Case("PoissonNLLLoss", (), (positive(4, 3), positive(4, 3)), {"log_input": False}),
    Case("PoissonNLLLoss", (), ((4, 3), positive(4, 3)), {"full": True, "reduction": "sum"}),
    Case("GaussianNLLLoss", (), ((4, 3), (4, 3), positive(4, 3))),
    Case("GaussianNLLLoss", (), ((4, 3), (4, 3), positive(4, 1)), {"full": True}),
    Case("BCELoss", (), (probabilities(4, 3), bits(4, 3))),
    Case("BCELoss", (), (probabilities(4, 3), bits(4, 3)), {"reduction": "none"}),
    Case("BCEWithLogitsLoss", (), ((4, 3), bits(4, 3))),
    Case("BCEWithLogitsLoss", (), ((4, 3), bits(4, 3)), {"reduction": "sum"}),
    Case("SoftMarginLoss", (), ((4, 3), signs(4, 3))),
    Case("HingeEmbeddingLoss", (), ((4, 3), signs(4, 3)), {"margin": 0.5}),
    Case("MultiLabelMarginLoss", (), ((4, 3), lambda rng: np.array([[2, 0, -1]] * 4))),
    Case("MultiLabelSoftMarginLoss", (), ((4, 3), bits(4, 3))),
    Case("CosineEmbeddingLoss", (), ((4, 3), (4, 3), signs(4)), {"margin": 0.1}),
    Case("MarginRankingLoss", (), ((4,), (4,), signs(4)), {"margin": 0.1}),
    Case("MultiMarginLoss", (), ((4, 3), ints(3, 4)), {"p": 2, "margin": 0.5}),
    Case("TripletMarginLoss", (), ((4, 3),) * 3, {"swap": True}),
    Case("TripletMarginLoss", (), ((4, 3),) * 3, {"p": 1.0, "reduction": "none"}),
    Case("TripletMarginWithDistanceLoss", (), ((4, 3),) * 3, {"margin": 0.5}),
    Case("NLLLoss", (), (log_probabilities(4, 3), ints(3, 4))),
    Case("NLLLoss", (), ((2, 4, 5), ints(4, 2, 5)), {"ignore_index": 1}),
    Case("CrossEntropyLoss", (), ((4, 3), ints(3, 4))),
    Case("CrossEntropyLoss", (), ((4, 3), probabilities(4, 3)), {"label_smoothing": 0.1}),
    Case(
        "CrossEntropyLoss",
        (),
        ((2, 4, 5), ints(4, 2, 5)),
        {"ignore_index": 1, "label_smoothing": 0.2, "reduction": "none"},
    ),
    Case(
        "CTCLoss",
        (),
        (
            log_probabilities(8, 2, 5),
            lambda rng: rng.integers(1, 5, (2, 3)),
            offsets(8, 7),
            offsets(3, 2),
        ),
        only_output=True,  # PyTorch's gradient is that of the logits, not of the log-probabilities
    ),
]
LOOKUP = [
    Case("Embedding", (10, 3), (ints(10, 2, 4),)),
    Case("Embedding", (10, 3), (ints(10, 2, 4),), {"padding_idx": -2}),
    Case("Embedding", (10, 3), (ints(10, 2, 4),), {"max_norm": 0.5, "norm_type": 1.0}),
    Case("Embedding", (4, 3), (ints(4, 2, 6),), {"scale_grad_by_freq": True, "padding_idx": 1}),
    *[
        Case("EmbeddingBag", (10, 3), (ints(10, 2, 4),), {"mode": m})
        for m in ("sum", "mean", "max")
    ],
    Case("EmbeddingBag", (10, 3), (ints(10, 7), offsets(0, 3, 3)), {"padding_idx": 4}),
    Case(
        "EmbeddingBag",
        (10, 3),
        (ints(10, 7), offsets(0, 3, 7)),
        {"include_last_offset": True, "mode": "sum"},
    ),
]
SHAPE = [
    Case("Flatten", (), (C2,)),
    Case("Flatten", (0, 1), (C2,)),
    Case("Unflatten", (1, (2, 2)), (C2,)),
    *[
        Case(f"{name}Pad{n}d", args, (shape,))
        for name, args in (
            ("Zero", (1,)),
            ("Constant", (2, 3.5)),
            ("Reflection", (2,)),
            ("Replication", (2,)),
            ("Circular", (2,)),
        )
        for n, shape in ((1, C1), (2, C2), (3, C3))
    ],
    Case("ReflectionPad2d", ((1, 2, 0, 3),), ((4, 7, 8),)),
    Case("ZeroPad2d", ((1, -2, 0, 3),), (C2,)),
    Case("Upsample", (), (C2,), {"scale_factor": 2}),
    Case("Upsample", (), (C1,), {"size": 13, "mode": "linear", "align_corners": True}),
    Case("Upsample", (), (C2,), {"scale_factor": (1.5, 2.0), "mode": "bilinear"}),
    Case("Upsample", (), (C2,), {"size": (9, 5), "mode": "bicubic"}),
    Case("Upsample", (), (C3,), {"scale_factor": 2, "mode": "trilinear"}),
    Case("UpsamplingNearest2d", (), (C2,), {"scale_factor": 2}),
    Case("UpsamplingBilinear2d", (), (C2,), {"size": (9, 10)}),
    Case("PixelShuffle", (2,), (C2,)),
    Case("PixelUnshuffle", (2,), ((2, 3, 4, 6),)),
    Case("ChannelShuffle", (2,), (C2,)),
    Case("Unfold", ((2, 3),), (C2,), {"padding": 1, "stride": 2}),
    Case("Fold", ((4, 5), (2, 2)), ((2, 12, 12),)),
    Case("PairwiseDistance", (1.5,), PAIR, {"keepdim": True}),
    Case("CosineSimilarity", (), PAIR),
]
CASES = [
    *LINEAR, *CONV, *POOLING, *ACTIVATION, *NORMALIZATION, *DROPOUT, *LOSS, *LOOKUP, *SHAPE
]  # fmt: skip


def make(lib, case):
    """The layer of a case in double precision."""
    return getattr(lib.nn, case.name)(*case.args, **case.settings).double()


def copied(module, state):
    """Give `module` the values of a state dict of the other library."""
    like = rg.tensor if isinstance(module, rg.nn.Module) else __import__("torch").tensor
    result = module.load_state_dict({k: like(v.detach().numpy()) for k, v in state.items()})
    assert not result.missing_keys
    return module


def tensors(lib, case):
    """Inputs as tensors; the first one and those given by a shape want gradients."""
    made = [lib.tensor(v) for v in case.values()]
    for k, (t, given) in enumerate(zip(made, case.inputs, strict=True)):
        if case.only_output:
            break
        if t.is_floating_point() and (k == 0 or isinstance(given, tuple)):
            t.requires_grad_()
    return made
