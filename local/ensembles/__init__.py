"""Many small nets trained at once: one graph, arrays with the axes (seed, variant, ...) in front.

sweeps        train `MLP`s over learning rates, seeds and initial scales: begin here
mlp, cnn      what the nets look like, the weights of all of them, and their forward pass
transformer   small transformers on sequences, and Adam, which trains them
statistics    what each kind of normalization averages: one table for all
renormalization   what batch renormalization corrects in training
kernels       how kernels begin, and the hook between them and the forward pass
plan, sgd, accuracies   what a sweep does on one machine: its settings, training, scores
cluster       the same on many machines
keras_model   one MLP out of many, to be looked at on its own
"""
