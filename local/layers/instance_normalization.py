"""Instance normalization: every channel of every example by its own pixels."""

from local.layers.base import ScaledNormalization, serializable


@serializable
class InstanceNormalization(ScaledNormalization):
    """(2.1) to (2.4) with means over the pixels of each channel of each example.

    x: (N, ..., C), with at least one axis of pixels. The rest is as in `LayerNormalization`, but
    for `axis`, which is one integer. With mixed precision, inputs in 32 bits are not cast to 16
    before they are normalized.
    Source: Ulyanov, Vedaldi & Lempitsky (2016).
    """

    def __init__(self, axis=-1, epsilon=1e-3, center=True, scale=True, **options):
        super().__init__(axis, epsilon, center, scale, **options)
        self.autocast = False

    def _averaged_axes(self, axes, rank):
        return [axis for axis in range(1, rank) if axis not in axes]
