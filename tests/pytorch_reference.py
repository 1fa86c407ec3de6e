"""What PyTorch itself computes, stored for the tests and for the page that compares libraries.

Run by hand, with any Python that has PyTorch and NumPy, from the folder of the course:

    python -m tests.pytorch_reference

It needs nothing else of the course: Debian's `python3-torch` and `python3` will do. The file that
it writes holds PyTorch's version, too.
"""

from pathlib import Path

import numpy as np

STORED = Path(__file__).parent.parent / "local" / "pytorch_reference.npz"
STEPS, ROWS = 30, 8
SIZES = (2, 3, 4, 8, 16, 64)


def compute():
    """{name: array} of everything that is stored, computed by the PyTorch that is installed."""
    import torch

    torch.manual_seed(0)
    found = {"version": np.array(str(torch.__version__))}
    with torch.no_grad():
        for part in (defaults, averages, variances, modes, net, layers):
            found |= {f"{part.__name__}.{name}": array(v) for name, v in part(torch.nn, torch)}
    return found


def array(value):
    """A tensor or a number as NumPy's, in 32 bits: what PyTorch had."""
    value = np.asarray(value)
    return value.astype(np.float32) if value.dtype == np.float64 else value


def defaults(nn, torch):
    """Settings of layers that nobody set."""
    yield from {
        "batch_norm.eps": nn.BatchNorm1d(1).eps,
        "batch_norm.momentum": nn.BatchNorm1d(1).momentum,
        "layer_norm.eps": nn.LayerNorm(1).eps,
        "group_norm.eps": nn.GroupNorm(1, 1).eps,
        "training": nn.BatchNorm1d(1).training,
    }.items()


def averages(nn, torch):
    """Two features over 30 batches of 8; the second has a deviation of about 0.01."""
    x = torch.randn(STEPS, ROWS, 2) * torch.tensor([2.0, 0.01]) + torch.tensor([5.0, 0.3])
    yield "x", x
    for name, momentum in {"": 0.1, "cumulative.": None}.items():
        norm = randomized(nn.BatchNorm1d(2, momentum=momentum), torch)
        track = []
        for batch in x:
            y = norm(batch)
            track.append((norm.running_mean.clone(), norm.running_var.clone()))
        yield f"{name}running_mean", torch.stack([mean for mean, _ in track])
        yield f"{name}running_var", torch.stack([variance for _, variance in track])
        yield from ((f"{name}state.{key}", value) for key, value in norm.state_dict().items())
        if momentum is not None:
            yield from {"training": y, "eval": norm.eval()(x[-1])}.items()


def variances(nn, torch):
    """The running variance that one batch alone leaves, for batches of several sizes."""
    x = torch.randn(max(SIZES), 1)
    yield "x", x
    left = []
    for rows in SIZES:
        norm = nn.BatchNorm1d(1, momentum=1.0)
        norm(x[:rows])
        left.append(norm.running_var)
    yield "sizes", np.array(SIZES)
    yield "running_var", torch.cat(left)


def modes(nn, torch):
    """Without gamma and beta; without running statistics."""
    x = 3 * torch.randn(6, 2) + 1
    yield "x", x
    plain = nn.BatchNorm1d(2, affine=False)
    yield "plain.training", plain(x)
    yield from ((f"plain.state.{key}", value) for key, value in plain.state_dict().items())
    yield "plain.eval", plain.eval()(x)
    untracked = randomized(nn.BatchNorm1d(2, track_running_stats=False), torch)
    yield from ((f"untracked.state.{key}", value) for key, value in untracked.state_dict().items())
    yield "untracked.eval", untracked.eval()(x)


def net(nn, torch):
    """Convolution, normalization, ReLU and a linear layer, after five batches in training mode."""
    small = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(64, 3)
    )
    randomized(small[1], torch)
    for _ in range(5):
        small(torch.randn(8, 3, 6, 6))
    x = torch.randn(4, 3, 6, 6) + 0.5
    yield "x", x
    yield from ((f"state.{key}", value.clone()) for key, value in small.state_dict().items())
    yield "eval", small.eval()(x)
    yield "forgotten", small.train()(x)  # what comes out where .eval() was not called
    yield "forgotten.running_mean", small[1].running_mean


def layers(nn, torch):
    """A state, an input and the output of each other layer that is converted."""
    made = {
        "linear": (nn.Linear(3, 2), (2, 3)),
        "conv1d": (nn.Conv1d(2, 3, 2), (2, 2, 5)),
        "grouped": (nn.Conv2d(4, 6, 2, dilation=2, groups=2), (1, 4, 4, 5)),
        "depthwise": (nn.Conv2d(3, 6, (2, 3), groups=3), (1, 3, 3, 4)),
        "conv3d": (nn.Conv3d(2, 2, (1, 2, 3)), (1, 2, 2, 3, 4)),
        "transposed": (nn.ConvTranspose2d(2, 3, (2, 3), stride=2), (1, 2, 3, 2)),
        "layer_norm": (randomized(nn.LayerNorm(5), torch), (2, 3, 5)),
        "group_norm": (randomized(nn.GroupNorm(2, 6), torch), (2, 6, 3)),
    }
    for name, (layer, shape) in made.items():
        x = torch.randn(shape)
        yield from ((f"{name}.state.{key}", value) for key, value in layer.state_dict().items())
        yield f"{name}.x", x
        yield f"{name}.y", layer(x)


def randomized(norm, torch):
    """The layer with a scale and a shift as a training might leave them."""
    torch.nn.init.uniform_(norm.weight, 0.5, 2)
    torch.nn.init.normal_(norm.bias)
    return norm


if __name__ == "__main__":
    np.savez_compressed(STORED, **compute())
    print(f"{STORED.name}: {STORED.stat().st_size} bytes")
