"""Batch normalization as a Keras layer, from scratch, and its relatives: one layer a file.

Every layer here does the same three things: it takes means and variances over some axes,
(2.1) and (2.2), centres and divides by them (2.3), and lets every feature learn a scale gamma and
a shift beta (2.4). They differ in the axes. Batch normalization alone averages over the examples,
so it alone stores moving averages for inference. It also has its own gradient, the closed form of
chapter 3, which is faster than the one that automatic differentiation derives.

A new relative is a subclass of `base.ScaledNormalization` that says which axes it averages over,
in a file of its own, and a line below.
"""

from local.layers.batch_normalization import BatchNormalization
from local.layers.batch_renormalization import BatchRenormalization
from local.layers.functions import (
    moments,
    normalize_batch,
    normalize_weighted_batch,
    standardize,
)
from local.layers.group_normalization import GroupNormalization
from local.layers.instance_normalization import InstanceNormalization
from local.layers.layer_normalization import LayerNormalization
from local.layers.rms_normalization import RMSNormalization

__all__ = [
    "BatchNormalization",
    "BatchRenormalization",
    "GroupNormalization",
    "InstanceNormalization",
    "LayerNormalization",
    "RMSNormalization",
    "moments",
    "normalize_batch",
    "normalize_weighted_batch",
    "standardize",
]
