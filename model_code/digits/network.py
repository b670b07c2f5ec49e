"""A convolutional network in numpy: every layer is a convolution, the last one as large as the image it sees.

Small enough to read in one go, and held to finite differences by a test (docs/adr/0009 says why not a framework).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from model_code.dataset import Labels
from model_code.table import Matrix

Array = NDArray[Any]  # of float32 in training, of float64 where a test differentiates by hand

_Seen = tuple[Array, Array, tuple[int, ...]]

_BATCH = 64  # images a step
_MEAN, _SQUARE = 0.9, 0.999  # how much Adam remembers (Kingma and Ba, 2015, https://arxiv.org/abs/1412.6980)


@dataclass(frozen=True)
class Layer:
    """A convolution: output channels, the square kernel's side, its stride, and the zeros around the image."""

    channels: int
    kernel: int
    stride: int
    padding: int


@dataclass(frozen=True)
class Weights:
    """One layer's: `kernel` is [channels in x side x side, channels out], `bias` [channels out]."""

    kernel: Array
    bias: Array


class Network:
    """Convolutions with ReLU between them, trained by Adam on the cross-entropy of softmax: scikit-learn's interface.

    Images are `side` pixels square in one channel, `darkest` their largest value. The same seed gives the same weights
    on the same machine, as long as numpy's library multiplies matrices in one thread.
    """

    def __init__(
        self, layers: Sequence[Layer], side: int, darkest: int, *, seed: int, epochs: int, learning_rate: float
    ) -> None:
        self.layers, self.side, self.darkest = tuple(layers), side, darkest
        self._random = np.random.default_rng(seed)
        self._epochs, self._rate = epochs, learning_rate
        incoming = [1, *(layer.channels for layer in self.layers[:-1])]
        self.weights = [
            self._drawn(channels * layer.kernel**2, layer.channels)
            for channels, layer in zip(incoming, self.layers, strict=True)
        ]

    def fit(self, values: Matrix, labels: Labels) -> Network:
        """Trains on rows of pixels and their labels' positions; the step shrinks to nothing over the epochs."""
        step = _Adam([array for layer in self.weights for array in (layer.kernel, layer.bias)])
        for epoch in range(self._epochs):
            order = self._random.permutation(len(values))
            for start in range(0, len(order), _BATCH):
                rows = order[start : start + _BATCH]
                step(self.gradients(values[rows], labels[rows])[1], self._rate * (1 - epoch / self._epochs))
        return self

    def predict_proba(self, values: Matrix) -> Array:
        """A row of probabilities per row of pixels."""
        return _softmax(self._forward(values)[0])

    def gradients(self, values: Array, labels: Labels) -> tuple[float, list[Array]]:
        """The mean cross-entropy of these rows, and its gradient by each layer's kernel and bias, in their order."""
        logits, seen = self._forward(values)
        probabilities = _softmax(logits)
        rows = np.arange(len(labels))
        loss = float(-np.log(probabilities[rows, labels]).mean())
        probabilities[rows, labels] -= 1
        slope: Array = (probabilities / len(labels)).reshape(seen[-1][1].shape)
        found: list[Array] = []
        for number in range(len(self.layers) - 1, -1, -1):
            layer, (patches, _, shape) = self.layers[number], seen[number]
            flat = slope.reshape(-1, layer.channels)
            found = [patches.reshape(-1, patches.shape[-1]).T @ flat, flat.sum(axis=0), *found]
            if number:
                images = _gathered(flat @ self.weights[number].kernel.T, slope.shape[1], shape, layer)
                slope = images * (seen[number - 1][1] > 0)  # through the ReLU between the layers
        return loss, found

    def _forward(self, values: Array) -> tuple[Array, list[_Seen]]:
        """The logits, and what each layer saw: its patches, its answer before ReLU, the shape of its images."""
        images = (values / self.darkest).astype(self.weights[0].kernel.dtype).reshape(-1, self.side, self.side, 1)
        seen: list[_Seen] = []
        for layer, weights in zip(self.layers, self.weights, strict=True):
            patches = _patches(images, layer)
            answer = patches @ weights.kernel + weights.bias
            seen.append((patches, answer, images.shape))
            images = np.maximum(answer, 0)
        return seen[-1][1].reshape(len(values), -1), seen

    def _drawn(self, inputs: int, outputs: int) -> Weights:
        kernel = self._random.standard_normal((inputs, outputs)) * np.sqrt(2 / inputs)  # He and others, 2015
        return Weights(kernel.astype(np.float32), np.zeros(outputs, dtype=np.float32))


class _Adam:
    def __init__(self, arrays: Sequence[Array]) -> None:
        self._arrays, self._steps = arrays, 0
        self._means, self._squares = ([np.zeros_like(array) for array in arrays] for _ in range(2))

    def __call__(self, slopes: Sequence[Array], rate: float) -> None:
        self._steps += 1
        for array, slope, mean, square in zip(self._arrays, slopes, self._means, self._squares, strict=True):
            mean += (1 - _MEAN) * (slope - mean)
            square += (1 - _SQUARE) * (slope * slope - square)
            array -= rate * (mean / (1 - _MEAN**self._steps)) / (np.sqrt(square / (1 - _SQUARE**self._steps)) + 1e-8)


def _softmax(logits: Array) -> Array:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)  # type: ignore[no-any-return]


def _patches(images: Array, layer: Layer) -> Array:
    """[rows, height, width, channels x kernel x kernel]: what each output pixel looks at."""
    edge, kernel = (layer.padding, layer.padding), layer.kernel
    windows = sliding_window_view(np.pad(images, ((0, 0), edge, edge, (0, 0))), (kernel, kernel), axis=(1, 2))
    taken = windows[:, :: layer.stride, :: layer.stride]
    return taken.reshape(*taken.shape[:3], -1)


def _gathered(slopes: Array, side: int, shape: tuple[int, ...], layer: Layer) -> Array:
    """The patches' slopes added up where they overlap: the slope of the images that they were taken from."""
    rows, height, width, channels = shape
    edge, kernel, reach = layer.padding, layer.kernel, layer.stride * side
    patches = slopes.reshape(rows, side, side, channels, kernel, kernel)
    images = np.zeros((rows, height + 2 * edge, width + 2 * edge, channels), dtype=slopes.dtype)
    for down in range(kernel):
        for right in range(kernel):
            images[:, down : down + reach : layer.stride, right : right + reach : layer.stride] += patches[
                ..., down, right
            ]
    return images[:, edge : edge + height, edge : edge + width]
