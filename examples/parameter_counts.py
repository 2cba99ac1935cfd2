"""The parameters of three convolution layers on a 32x32x3 image: 608, 1168 and 544.

A filter of f x f has a weight for every place and every channel that comes in, and one bias; a layer
has as many filters as channels that go out:

    (f * f * C_in + 1) * C_out        however large the image

    5x5 on  3 channels,  8 filters: (5 * 5 *  3 + 1) *  8 =  608
    3x3 on  8 channels, 16 filters: (3 * 3 *  8 + 1) * 16 = 1168
    1x1 on 16 channels, 32 filters: (1 * 1 * 16 + 1) * 32 =  544

A fully connected layer from the same image to the first layer's 28x28x8 results would have
(32 * 32 * 3 + 1) * 6272, about 19 million (A. Ng, "Convolutional Neural Networks", week 1).
"""

import retrograd as rg
from retrograd import nn


def count(filter_size, channels_in, channels_out):
    """Weights and biases of a convolution layer, by the formula."""
    return (filter_size**2 * channels_in + 1) * channels_out


def size_after(size, filter_size, stride=1, padding=0):
    """Pixels along one side of the result: floor((n + 2p - f) / s) + 1."""
    return (size + 2 * padding - filter_size) // stride + 1


# Filter size, channels in, channels out.
LAYERS = [(5, 3, 8), (3, 8, 16), (1, 16, 32)]


def network():
    """The three layers, one after the other."""
    layers = [nn.Conv2d(c_in, c_out, f) for f, c_in, c_out in LAYERS]
    return nn.Sequential(layers[0], nn.ReLU(), layers[1], nn.ReLU(), layers[2])


def parameters_of(module):
    return sum(p.numel() for p in module.parameters())


def main():
    size = 32
    for f, c_in, c_out in LAYERS:
        size = size_after(size, f)
        formula = f"({f} * {f} * {c_in:2} + 1) * {c_out:2}"
        print(f"{formula} = {count(f, c_in, c_out):4}, result {size}x{size}x{c_out}")
    print(rg.viz.summary(network(), input_size=(1, 3, 32, 32)))
    print(f"fully connected in place of the first: {(32 * 32 * 3 + 1) * 28 * 28 * 8:,}")


if __name__ == "__main__":
    main()
