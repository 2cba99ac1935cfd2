"""The table of losses: every reduction, setting and kind of input."""

import numpy as np

from tests.nn.case import (
    Case,
    bits,
    ints,
    log_probabilities,
    offsets,
    positive,
    probabilities,
    signs,
)

WEIGHT = np.array([0.5, 2.0, 1.3])  # of three classes
SHAPES = [(4, 3), (5,), (), (2, 3, 4)]
PAIRS = [(shape, shape) for shape in SHAPES]
# Scores and classes: a batch, a single sample, one and two further dimensions.
CLASSES = [
    ((6, 3), ints(3, 6)),
    ((3,), ints(3)),
    ((2, 3, 5), ints(3, 2, 5)),
    ((2, 3, 2, 4), ints(3, 2, 2, 4)),
]
PROBABILITIES = [((6, 3), probabilities(6, 3)), ((3,), probabilities(3))]
TRIPLES = [((4, 3),) * 3, ((3,),) * 3]


def labels(*rows):
    return lambda rng: np.array(rows)


# A loss, its settings (each with every reduction), its inputs.
ROWS = [
    ("L1Loss", [{}], PAIRS),
    ("MSELoss", [{}], PAIRS),
    ("SmoothL1Loss", [{}, {"beta": 0.3}, {"beta": 0.0}], PAIRS),
    ("HuberLoss", [{}, {"delta": 0.3}], PAIRS),
    (
        "PoissonNLLLoss",
        [{}, {"full": True}, {"eps": 1e-3}],
        [(shape, positive(*shape)) for shape in SHAPES],
    ),
    (
        "PoissonNLLLoss",
        [{"log_input": False}, {"log_input": False, "full": True, "eps": 1e-3}],
        [(positive(4, 3), positive(4, 3))],
    ),
    (
        "GaussianNLLLoss",
        [{}, {"full": True}, {"eps": 0.5}],
        [
            ((4, 3), (4, 3), positive(4, 3)),
            ((4, 3), (4, 3), positive(4, 1)),
            ((5,), (5,), positive(5)),
        ],
    ),
    (
        "BCELoss",
        [{}, {"weight": WEIGHT}, {"weight": np.array([[0.5], [2.0], [0.0], [1.0]])}],
        [(probabilities(4, 3), bits(4, 3)), (probabilities(4, 3), probabilities(4, 3))],
    ),
    (
        "BCEWithLogitsLoss",
        [
            {},
            {"weight": WEIGHT},
            {"pos_weight": WEIGHT},
            {"weight": np.array(0.5), "pos_weight": np.array(3.0)},
        ],
        [((4, 3), bits(4, 3)), ((2, 4, 3), probabilities(2, 4, 3))],
    ),
    ("BCEWithLogitsLoss", [{}], [((5,), bits(5)), ((), bits())]),
    ("SoftMarginLoss", [{}], [((4, 3), signs(4, 3)), ((5,), signs(5))]),
    ("HingeEmbeddingLoss", [{}, {"margin": 0.5}], [((4, 3), signs(4, 3)), ((5,), signs(5))]),
    (
        "MultiLabelMarginLoss",
        [{}],
        [((2, 4), labels([3, 0, -1, 1], [1, -1, 0, 2])), ((4,), labels(2, 0, -1, 1))],
    ),
    ("MultiLabelSoftMarginLoss", [{}, {"weight": WEIGHT}], [((4, 3), bits(4, 3))]),
    (
        "MultiMarginLoss",
        [{}, {"p": 2, "margin": 0.5}, {"weight": WEIGHT}, {"p": 2, "weight": WEIGHT}],
        [((4, 3), ints(3, 4)), ((3,), ints(3))],
    ),
    (
        "CosineEmbeddingLoss",
        [{}, {"margin": 0.1}],
        [((4, 3), (4, 3), signs(4)), ((3,), (3,), signs())],
    ),
    (
        "MarginRankingLoss",
        [{}, {"margin": 0.1}],
        [((4,), (4,), signs(4)), ((4, 3), (4, 3), signs(4, 3))],
    ),
    (
        "TripletMarginLoss",
        [{}, {"swap": True}, {"p": 1.0}, {"p": 3.0, "margin": 2.0, "eps": 1e-3}],
        TRIPLES,
    ),
    ("TripletMarginWithDistanceLoss", [{}, {"swap": True, "margin": 0.5}], TRIPLES),
    (
        "NLLLoss",
        [{}, {"weight": WEIGHT}, {"ignore_index": 1}, {"weight": WEIGHT, "ignore_index": 2}],
        CLASSES,
    ),
    (
        "CrossEntropyLoss",
        [
            {},
            {"weight": WEIGHT},
            {"ignore_index": 1},
            {"label_smoothing": 0.2},
            {"weight": WEIGHT, "ignore_index": 0, "label_smoothing": 0.3},
        ],
        CLASSES,
    ),
    (
        "CrossEntropyLoss",
        [
            {},
            {"weight": WEIGHT},
            {"label_smoothing": 0.2},
            {"weight": WEIGHT, "label_smoothing": 0.2},
        ],
        [*PROBABILITIES, ((2, 3, 5), positive(2, 3, 5))],
    ),
]
KL = [
    Case("KLDivLoss", (), (log_probabilities(4, 3), target(4, 3)), {"reduction": r, "log_target": log})
    for log, target in ((False, probabilities), (True, log_probabilities))
    for r in ("none", "mean", "sum", "batchmean")
]  # fmt: skip
# Its gradient is left out: PyTorch's is that of the logits, not of the log-probabilities.
CTC_INPUTS = [
    (
        log_probabilities(8, 2, 5),
        lambda rng: rng.integers(1, 5, (2, 3)),
        offsets(8, 7),
        offsets(3, 2),
    ),
    (log_probabilities(8, 2, 5), lambda rng: rng.integers(1, 5, 5), offsets(8, 6), offsets(3, 2)),
    (log_probabilities(8, 5), lambda rng: rng.integers(1, 5, 3), labels(7), labels(3)),
    (log_probabilities(4, 2, 5), labels([1, 1, 1], [2, 3, 1]), offsets(4, 4), offsets(3, 3)),
]
CTC = [
    Case("CTCLoss", (), inputs, {"reduction": r, "zero_infinity": True}, only_output=True)
    for inputs in CTC_INPUTS
    for r in ("none", "mean", "sum")
]
CTC.append(
    Case(
        "CTCLoss",
        (),
        (log_probabilities(8, 2, 5), ints(4, 2, 3), offsets(8, 7), offsets(3, 2)),
        {"blank": 4},
        only_output=True,
    )
)
LOSS = [
    *[
        Case(name, (), inputs, {**settings, "reduction": reduction})
        for name, rows, all_inputs in ROWS
        for settings in rows
        for inputs in all_inputs
        for reduction in ("none", "mean", "sum")
    ],
    *KL,
    *CTC,
]
