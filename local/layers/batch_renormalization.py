"""Batch renormalization, as a layer with the limits of the paper."""

from local.layers.base import serializable
from local.layers.batch_normalization import BatchNormalization

PAPER = {"rmin": 1 / 3, "rmax": 3.0, "dmax": 5.0}
"""Where the limits of Ioffe (2017), section 4.1, end; they start from 1, 1 and 0, which is batch
normalization."""


@serializable
class BatchRenormalization(BatchNormalization):
    """Batch normalization that in training, too, looks at moving averages.

        y = gamma (x_hat r + d) + beta,    r = s / renorm_stddev clipped to [rmin, rmax],
                                           d = (mean - renorm_mean) / renorm_stddev to [-dmax, dmax]

    Where nothing is clipped, an example is normalized by averages of the past, so that its output
    hardly depends on the batch around it, however small that is; the gradient still takes
    mean and variance for functions of the batch, r and d for constants.

    renorm_clipping  {"rmin": ..., "rmax": ..., "dmax": ...}, by default the paper's last limits
    renorm_momentum  0 to 1, the weight of the old value in renorm_mean and renorm_stddev

    Arguments, input, output and errors are otherwise those of `BatchNormalization`.
    Source: Ioffe (2017), "Batch Renormalization", algorithm 1.
    """

    _settings = tuple(name for name in BatchNormalization._settings if name != "renorm")

    def __init__(self, *args, renorm_clipping=PAPER, **options):
        super().__init__(*args, renorm=True, renorm_clipping=renorm_clipping, **options)
