"""Receptive fields: how much of the input a unit deep in a network sees, by formula and measured.

A layer with windows of k elements, stride s and dilation d lets a unit see d (k - 1) more steps of
its input. A step there is as many elements of the network's input as all strides before it multiply
to, so from the first layer to the last (Araujo, Norris & Sim, "Computing receptive fields of
convolutional neural networks", Distill 2019):

    r <- r + d (k - 1) jump        jump <- jump * s        beginning with r = 1, jump = 1

The measurement asks the engine: the gradient of one unit with respect to the input is zero wherever
that unit does not look. All weights are positive, so that nothing cancels, and pooling takes means,
since a maximum looks at one element only. One dimension is enough: square windows see the same along
both.
"""

import retrograd as rg
from retrograd import nn

# Windows, strides, dilations.
CONV3, POOL2, POOL3 = (3, 1, 1), (2, 2, 1), (3, 2, 1)
NETWORKS = {
    "one 7x7": [(7, 1, 1)],
    "three 3x3": [CONV3] * 3,
    "dilated 1, 2, 4": [(3, 1, 1), (3, 1, 2), (3, 1, 4)],
    "LeNet-5": [(5, 1, 1), POOL2, (5, 1, 1), POOL2],
    "AlexNet": [(11, 4, 1), POOL3, (5, 1, 1), POOL3, CONV3, CONV3, CONV3, POOL3],
    "VGG-16": [*[CONV3, CONV3, POOL2] * 2, *[CONV3, CONV3, CONV3, POOL2] * 3],
}


def receptive_field(layers):
    """Its size and the distance between those of neighbouring units, by the formula."""
    size, jump = 1, 1
    for window, stride, dilation in layers:
        size += dilation * (window - 1) * jump
        jump *= stride
    return size, jump


def network(layers):
    """A module of such layers with one channel, in which every element counts."""
    modules = []
    for window, stride, dilation in layers:
        conv = nn.Conv1d(1, 1, window, stride, dilation=dilation, bias=False, dtype=rg.float64)
        nn.init.constant_(conv.weight, 1 / window)
        modules.append(conv)
    return nn.Sequential(*modules)


def gradients(layers, length=512):
    """The gradients of two neighbouring units with respect to the input."""
    x = rg.zeros(1, 1, length, dtype=rg.float64, requires_grad=True)
    y = network(layers)(x).flatten()
    return [rg.autograd.grad(y[k], x, retain_graph=True)[0].flatten() for k in (1, 2)]


def measured(layers):
    """What `receptive_field` computes, as the support of gradients."""
    first, second = (g.nonzero().flatten().tolist() for g in gradients(layers))
    return first[-1] - first[0] + 1, second[0] - first[0]


def main():
    print("network            by formula     measured      middle third's share of the gradient")
    for name, layers in NETWORKS.items():
        (size, jump), (seen, step) = receptive_field(layers), measured(layers)
        gradient = gradients(layers)[0][jump : jump + size]
        share = (gradient[size // 3 : size - size // 3].sum() / gradient.sum()).item()
        print(f"{name:16} {size:4}, jump {jump:2} {seen:4}, jump {step:2} {share:10.0%}")


if __name__ == "__main__":
    main()
