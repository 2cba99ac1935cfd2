"""A 3x3 filter finds vertical edges: the 6x6 image whose first row of results is -5 -4 0 8.

A convolution layer slides its filter over the image, and each output element is the sum of the
products under it (a cross-correlation: the filter is not flipped):

    y[i, j] = sum over m, n of x[i + m, j + n] w[m, n]        (n - f + 1) x (n - f + 1)

A 6x6 image and a 3x3 filter give 4x4. With the columns 1 0 -1 a place is large where it is brighter
on the left than on the right, negative the other way round, and 0 where nothing changes (A. Ng,
"Convolutional Neural Networks", deeplearning.ai, week 1, whose image this is).
"""

import retrograd as rg

IMAGE = rg.tensor(
    [
        [3.0, 0, 1, 2, 7, 4],
        [1, 5, 8, 9, 3, 1],
        [2, 7, 2, 5, 1, 3],
        [0, 1, 3, 1, 7, 8],
        [4, 2, 1, 6, 2, 8],
        [2, 4, 5, 2, 3, 9],
    ]
)
VERTICAL = rg.tensor([[1.0, 0, -1], [1, 0, -1], [1, 0, -1]])
# Light on the left, dark on the right: one edge, in the middle.
STEP = rg.tensor([[10.0, 10, 10, 0, 0, 0]]).repeat(6, 1)


def convolve(image, weight, **options):
    """The convolution of one image and one filter, both without batch and channels."""
    return rg.nn.functional.conv2d(image[None, None], weight[None, None], **options)[0, 0]


def convolve_by_hand(image, weight):
    """The same by the formula, one place after the other."""
    (n, width), (f, g) = image.shape, weight.shape
    rows = [
        rg.stack([(image[i : i + f, j : j + g] * weight).sum() for j in range(width - g + 1)])
        for i in range(n - f + 1)
    ]
    return rg.stack(rows)


def show(title, values):
    print(title)
    for row in values.int().tolist():
        print("".join(f"{value:5}" for value in row))


def main():
    show("image", IMAGE)
    show("its vertical edges", convolve(IMAGE, VERTICAL))
    show("a step from light to dark", convolve(STEP, VERTICAL))
    show("from dark to light", convolve(STEP.flip(1), VERTICAL))
    show("its horizontal edges: none", convolve(STEP, VERTICAL.T))


if __name__ == "__main__":
    main()
