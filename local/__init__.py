"""Everything the notebooks call: the layer, its gradients, the experiments and their figures."""

__version__ = "1.0.0"
