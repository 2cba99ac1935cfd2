"""The table of layers: how each is made, and what it is fed."""

from tests.nn.case import Case, ints, offsets, windows
from tests.nn.loss_cases import LOSS

C1, C2, C3 = (2, 4, 9), (2, 4, 7, 8), (2, 4, 5, 6, 7)
PAIR = ((4, 3), (4, 3))

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
    Case("Conv1d", (4, 6, 3), (C1,), {"padding": "same", "padding_mode": "circular"}),
    Case("Conv3d", (4, 6, 2), (C3,), {"padding": (1, 0, 1), "padding_mode": "reflect"}),
    Case("Conv3d", (4, 6, 3), ((4, 5, 6, 7),), {"dilation": (1, 2, 3)}),
    Case("Conv2d", (4, 8, 1), (C2,), {"stride": 2, "groups": 4}),
    Case("ConvTranspose1d", (4, 6, 3), ((4, 9),), {"dilation": 3, "groups": 2}),
    Case("ConvTranspose2d", (4, 6, 3), ((4, 7, 8),), {"stride": (3, 1), "padding": (0, 2)}),
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
    *[
        Case(f"{name}{n}d", args, (shape[1:],))
        for name, args in (
            ("MaxPool", (2,)),
            ("AvgPool", (2,)),
            ("LPPool", (2, 2)),
            ("AdaptiveAvgPool", (3,)),
            ("AdaptiveMaxPool", (3,)),
        )
        for n, shape in ((1, C1), (2, C2), (3, C3))
    ],
    Case("MaxPool3d", (3,), (C3,), {"stride": 2, "padding": 1, "return_indices": True}),
    Case("AvgPool3d", ((2, 1, 3),), (C3,), {"ceil_mode": True, "count_include_pad": False}),
    *[
        Case(f"MaxUnpool{n}d", (2,), (shape, where))
        for n, shape, where in (
            (1, (2, 4, 3), windows(2, 4, 3)),
            (2, (2, 4, 3, 3), windows(2, 4, 3, 3)),
            (3, (4, 2, 2, 3), windows(4, 2, 2, 3)),
        )
    ],
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
    Case("PReLU", (), ((),), {"init": 0.1}),
    Case("PReLU", (1,), ((5,),)),
    *[Case(name, (), ((),)) for name in ("ReLU", "SiLU", "Mish", "GELU", "Softplus", "LogSigmoid")],
    *[
        Case(name, args, ((3, 4),), {"inplace": True}, only_output=True)
        for name, args in (
            ("ReLU", ()),
            ("ReLU6", ()),
            ("ELU", (0.5,)),
            ("CELU", (0.5,)),
            ("SELU", ()),
            ("SiLU", ()),
            ("Mish", ()),
            ("Hardtanh", ()),
            ("Hardswish", ()),
            ("Hardsigmoid", ()),
            ("LeakyReLU", (0.2,)),
            ("Threshold", (0.1, 20.0)),
            ("Dropout", (0.0,)),
        )
    ],
    Case("Softmax", (), ((3, 4),), {"dim": -2}),
    Case("Softmax", (0,), ((5,),)),
    Case("Softmax2d", (), ((4, 7, 8),)),
    Case("GLU", (-2,), ((4, 3),)),
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
    Case("BatchNorm1d", (3,), ((5, 3),), {"bias": False}),
    Case("BatchNorm2d", (4,), (C2,), {"momentum": 1.0, "affine": False}),
    Case("BatchNorm3d", (4,), (C3,), {"momentum": None, "track_running_stats": False}),
    Case("InstanceNorm1d", (4,), ((4, 9),), {"affine": True, "track_running_stats": True}),
    Case("InstanceNorm3d", (4,), ((4, 5, 6, 7),)),
    Case("GroupNorm", (1, 3), ((5, 3),)),
    Case("LayerNorm", ((4, 7, 8),), (C2,), {"bias": False}),
    Case("RMSNorm", (8,), (C2,), {"eps": 1e-3}),
    Case("LocalResponseNorm", (5,), (C3,)),
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
LOOKUP = [
    Case("Embedding", (10, 3), (ints(10, 2, 4),)),
    Case("Embedding", (10, 3), (ints(10, 2, 4),), {"padding_idx": -2}),
    Case("Embedding", (10, 3), (ints(10, 2, 4),), {"max_norm": 0.5, "norm_type": 1.0}),
    Case("Embedding", (4, 3), (ints(4, 2, 6),), {"scale_grad_by_freq": True, "padding_idx": 1}),
    *[
        Case("EmbeddingBag", (10, 3), (ints(10, 2, 4),), {"mode": m})
        for m in ("sum", "mean", "max")
    ],
    Case("Embedding", (10, 3), (ints(10),)),
    Case("EmbeddingBag", (10, 3), (ints(10, 2, 4), None, (2, 4)), {"mode": "sum"}),
    Case("EmbeddingBag", (10, 3), (ints(10, 2, 4),), {"max_norm": 0.7, "mode": "sum"}),
    Case("EmbeddingBag", (10, 3), (ints(10, 7), offsets(0, 0, 5)), {"mode": "max"}),
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
    *[
        Case(f"{name}Pad{n}d", args, (shape[1:],))
        for name, args in (
            ("Zero", (1,)),
            ("Constant", (1, -2.5)),
            ("Reflection", (1,)),
            ("Replication", (3,)),
            ("Circular", (1,)),
        )
        for n, shape in ((1, C1), (2, C2), (3, C3))
    ],
    Case("ReplicationPad3d", ((1, 0, 2, 3, 0, 1),), (C3,)),
    Case("CircularPad2d", ((3, 0, 1, 2),), (C2,)),
    Case("ConstantPad1d", ((-2, 3), 1.5), (C1,)),
    Case("Upsample", (), (C2,), {"scale_factor": 2}),
    Case("Upsample", (), (C1,), {"size": 13, "mode": "linear", "align_corners": True}),
    Case("Upsample", (), (C2,), {"scale_factor": (1.5, 2.0), "mode": "bilinear"}),
    Case("Upsample", (), (C2,), {"size": (9, 5), "mode": "bicubic"}),
    Case("Upsample", (), (C3,), {"scale_factor": 2, "mode": "trilinear"}),
    Case("Upsample", (), (C1,), {"scale_factor": 2.5}),
    Case("Upsample", (), (C2,), {"size": (3, 20), "mode": "nearest-exact"}),
    Case("Upsample", (), (C2,), {"scale_factor": 0.6, "mode": "bicubic", "align_corners": True}),
    Case("Upsample", (), (C3,), {"size": 4, "mode": "trilinear", "align_corners": True}),
    Case(
        "Upsample",
        (),
        (C2,),
        {"scale_factor": 1.7, "mode": "bilinear", "recompute_scale_factor": True},
    ),
    Case("UpsamplingNearest2d", (), (C2,), {"scale_factor": 2}),
    Case("UpsamplingBilinear2d", (), (C2,), {"size": (9, 10)}),
    Case("PixelShuffle", (2,), (C2,)),
    Case("PixelUnshuffle", (2,), ((2, 3, 4, 6),)),
    Case("ChannelShuffle", (2,), (C2,)),
    Case("Unfold", ((2, 3),), (C2,), {"padding": 1, "stride": 2}),
    Case("Fold", ((4, 5), (2, 2)), ((2, 12, 12),)),
    Case("Fold", ((6, 7), (2, 3)), ((12, 9),), {"stride": (3, 2), "padding": (1, 0)}),
    Case("Unfold", (2,), ((4, 7, 8),), {"dilation": 2}),
    Case("Flatten", (-3, -2), (C3,)),
    Case("Unflatten", (-1, (2, -1)), (C2,)),
    Case("PixelShuffle", (2,), ((8, 3, 3),)),
    Case("PairwiseDistance", (), ((5,), (5,))),
    Case("PairwiseDistance", (), ((4, 5), (1, 5)), {"p": 1.0, "eps": 1e-3}),
    Case("CosineSimilarity", (0,), ((4, 3), (4, 3)), {"eps": 0.5}),
    Case("CosineSimilarity", (-1,), ((2, 4, 3), (1, 4, 3))),
    Case("PairwiseDistance", (1.5,), PAIR, {"keepdim": True}),
    Case("CosineSimilarity", (), PAIR),
]
CASES = [
    *LINEAR, *CONV, *POOLING, *ACTIVATION, *NORMALIZATION, *DROPOUT, *LOSS, *LOOKUP, *SHAPE
]  # fmt: skip
