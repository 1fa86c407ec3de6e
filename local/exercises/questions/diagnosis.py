"""Assignment 3: four faults of a training, each mended by a function."""

import numpy as np

from local.equations import BatchNorm
from local.exercises.ideas import Idea
from local.exercises.judging import Mistake, compare, finding, layer_of, numbers
from local.exercises.question import WITH_KERAS, Assignment, Question
from local.exercises.questions.layer import weights

# --- Learning rate -------------------------------------------------------------------------------

RATES = np.array([1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0])
STEPS = 400


def rate_cases(rng):
    """Bowls for which 0.01 to 1 is best, and noise that lets a lucky step look good.

    Only the rates reach the reader's code: whoever sees the bowl needs no training to answer.
    """
    cases = []
    for about, top in {"a steep loss": 1.2, "a flat loss": -0.5, "another loss": 0.4}.items():
        case = {"_about": about, "rates": RATES} | bowl(rng, top)
        while not clear(case):  # noise that decides between two rates would be luck
            case |= bowl(rng, top)
        cases.append(case)
    return [cases[k] for k in rng.permutation(len(cases))]


def bowl(rng, top):
    """A bowl whose steepest curvature is about 10**top, the noise of all steps, and a start."""
    curvature = 10.0 ** (top + rng.uniform(-0.05, 0.05) - np.linspace(0, 1.0, 4))
    noise = 0.03 * np.sqrt(curvature) * rng.normal(size=(STEPS, 4))
    return {"_curvature": curvature, "_noise": noise, "_start": float(10 ** rng.uniform(-1.0, 1.0))}


@np.errstate(all="ignore")
def clear(case):
    """Whether one rate is best by the last eighth of the losses and by the last quarter."""
    losses = np.nan_to_num(descents(case, case["rates"]), nan=np.inf)
    return np.ptp([losses[-n:].mean(0).argmin() for n in (STEPS // 8, STEPS // 4)]) == 0


@np.errstate(all="ignore")
def descents(case, rates):
    """The losses of a noisy descent into the case's bowl: (steps, rates). rates: (rates,)."""
    curvature, w = case["_curvature"], np.full((len(rates), 4), case["_start"])
    losses = []
    for shake in case["_noise"]:
        losses.append((curvature * w**2).sum(1) / 2)
        w = w - rates[:, np.newaxis] * (curvature * w + shake)
    return np.array(losses)


def train(case, name, arrays):
    """The losses of a training at one rate, of which the last is a lucky step; {} without one."""
    rate = numbers(arrays.get("rate"))
    if rate is None or rate.size != 1:
        return {}
    losses = descents(case, rate.ravel())[:, 0]
    losses[-1] = 1e-6 if np.isfinite(losses[-1]) else np.nan  # whatever the rate
    return {"losses": losses}


def ends(case):
    """The mean loss of the last quarter for each rate, infinite where it is not a number."""
    losses = descents(case, case["rates"])
    end = np.mean(losses[-len(losses) // 4 :], axis=0)
    return np.where(np.isfinite(end), end, np.inf)


@np.errstate(all="ignore")
def judge_rate(case, given):
    """Whether the rate is one of those offered, and ends within a tenth of the lowest loss."""
    about, end = case["_about"], ends(case)
    rate = numbers(given.get("rate"))
    one = rate is not None and rate.size == 1
    fits = np.isclose(case["rates"], rate.ravel()) if one else np.zeros(0, bool)
    if not fits.any():
        return rate_findings(about, False, False, "return one of the rates that you were given")
    chosen, best = end[fits][0], end.min()
    if np.isinf(chosen):
        hint = "it chose a rate whose loss is no number: NaN is neither smaller nor larger"
    elif rate > case["rates"][end.argmin()]:
        hint = "it chose too large a rate: look at where the loss stays, not at one lucky step"
    else:
        hint = "it chose too small a rate: its loss is still on its way down, and one step is luck"
    return rate_findings(about, True, chosen <= 1.1 * best, hint)


def rate_findings(about, offered, low, hint):
    """The two properties of a chosen rate."""
    return [
        finding(offered, f"{about}: one of the rates", hint, weight=0),
        finding(low, f"{about}: a rate that ends low", hint, weight=2),
    ]


# --- Momentum ------------------------------------------------------------------------------------

LEFT = (0.0095, 0.01)
"""What may be left of the starting values at the end; at most LEFT[1] is asked for."""
PYTORCH = Idea("in Keras momentum weighs the *old* average; in PyTorch the new value", 7)


def momentum_cases(rng):
    """Trainings of three lengths, in steps."""
    steps = {"a short training": 20, "a training": 300, "a long training": 20_000}
    return [
        {"_about": about, "steps": int(n * rng.uniform(0.8, 1.2))} for about, n in steps.items()
    ]


@np.errstate(all="ignore")
def judge_momentum(case, given):
    """Whether about a hundredth of the starting values is left: m to the power of the steps."""
    about, steps = case["_about"], case["steps"]
    m = numbers(given.get("momentum"))
    m = m.reshape(())[()] if m is not None and m.size == 1 else np.float64(np.nan)
    hint = "momentum is a weight, 0 to 1"
    in_range = finding(0 <= m <= 1, f"{about}: between 0 and 1", hint, weight=0)
    if LEFT[0] <= (1 - m) ** steps <= 1.01 * LEFT[1]:
        why = PYTORCH
    elif m**steps > LEFT[1]:
        why = "at the end the averages still remember 0 and 1, where they started"
    else:
        why = "the average forgets faster than it needs to: it rests on few batches"
    fits = LEFT[0] <= m**steps <= 1.01 * LEFT[1]
    return [in_range, finding(fits, f"{about}: 1 % of the start is left", why, weight=2)]


# --- Inference mode ------------------------------------------------------------------------------


def predict_cases(rng):
    """A layer whose moving averages rank the features otherwise than the batch does."""
    case = {"x": rng.normal(size=(16, 4)).astype("float32"), "dtype": "float32", "epsilon": 0.05}
    case |= weights(rng, 4) | {"beta": np.zeros(4, "float32")}
    return [case | {"moving_mean": rng.uniform(-2, 2, 4).astype("float32")}]


def predicted(case, training):
    """The labels, of a batch and of each example alone, and the averages after them."""
    layer, x = layer_of(BatchNorm, case, 4), case["x"].astype(np.float64)
    together = layer.forward(x, training).argmax(1)
    alone = np.array([layer.forward(row[np.newaxis], training).argmax(1) for row in x])
    averages = {"moving_mean": layer.moving_mean, "moving_variance": layer.moving_variance}
    return {"together": together, "alone": alone} | averages


OF_THE_BATCH = Idea(
    "the labels follow from the batch at hand: in which mode do you call the net?", 6
)


@np.errstate(all="ignore")
def judge_predict(case, given):
    """Labels by the moving averages, which stay as they were."""
    wanted = predicted(case, training=False)

    def mistakes():
        return [Mistake(predicted(case, training=True), OF_THE_BATCH)]

    hints = {
        "together": ("labels: of a batch", "one label an example: the largest of its logits"),
        "alone": ("labels: of each example alone", "alone an example gets the label it got before"),
        "moving_mean": ("averages: mean as before", "to ask is not to train: averages moved"),
        "moving_variance": ("averages: variance as before", "to ask is not to train"),
    }
    labels, alone, *averages = (
        compare(what, name, given, wanted[name], mistakes, hint)
        for name, (what, hint) in hints.items()
    )
    if np.array_equal(given.get("trainable"), False):
        hint = "after your answer the net is frozen: to ask changes nothing in it"
        averages = [each.failed(hint) for each in averages]
    if not (labels.passed or alone.passed):  # whoever does not ask moves nothing
        later = "that the averages stay counts once the labels are right"
        averages = [each.failed(later) if each.passed else each for each in averages]
    return [labels, alone, *averages]


# --- Batch size ----------------------------------------------------------------------------------


def batches_cases(rng):
    """One example is left over, or nearly a batch, or none, or there is less than a batch."""
    size = int(rng.integers(8, 17))
    sizes = {"one left over": 6 * size + 1, "nearly a batch left over": 5 * size - 1}
    sizes["none left over"] = 4 * size
    return [
        {"_about": about, "n": n, "size": size, "seed": int(rng.integers(1000))}
        for about, n in sizes.items()
    ]


ALONE = Idea("a batch of one: the layer forgets that example, and its moving variance meets a 0", 8)


@np.errstate(all="ignore")
def judge_batches(case, given):
    """Two epochs of row numbers: shuffled, complete, and without a batch of an odd size."""
    n, size, about = case["n"], case["size"], case["_about"]
    names = ("first rows", "second rows", "first sizes", "second sizes")
    first, second, *each = (numbers(given.get(name)) for name in names)
    sizes = np.concatenate([part for part in each if part is not None and part.ndim == 1] or [[]])
    sound = all(
        rows is not None and rows.ndim == 1 and np.isin(rows, np.arange(n)).all()
        for rows in (first, second)
    )
    once = sound and all(np.unique(rows).size == rows.size for rows in (first, second))
    enough = sound and min(np.unique(first).size, np.unique(second).size) == n
    smallest = sizes.min(initial=np.inf) if sizes.size else 0
    whole = size / 2 <= smallest and sizes.max(initial=0) <= 2 * size
    odd = ALONE if smallest == 1 else "a batch is too small or too large for good notes"
    ordered = sound and (
        np.array_equal(first, second)
        or any(np.mean(np.abs(np.diff(rows)) == 1) > 0.5 for rows in (first, second))
    )
    if once:  # batches that stay together are not shuffled, in whichever order they come
        ordered = ordered or bool(companies(first, each[0]) & companies(second, each[1]))
    return [
        finding(once, f"{about}: no example twice", "in one epoch an example comes once, by index"),
        finding(
            enough, f"{about}: all examples", "nobody sits out: where does the rest find a place?"
        ),
        finding(whole, f"{about}: no odd batch", odd, weight=2),
        finding(sound and not ordered, f"{about}: a new order", "each epoch shuffles, with rng"),
    ]


def companies(rows, sizes):
    """The sets of examples that share a batch. rows: of an epoch; sizes: of its batches."""
    if sizes is None or sizes.ndim != 1:
        return set()
    ends = np.cumsum(sizes[: rows.size]).astype(int)
    return {frozenset(part) for part in np.split(rows, ends) if part.size > 1}


ASSIGNMENT = Assignment(
    number=3,
    title="a training that goes wrong",
    about="four curves to read and mend",
    minutes=75,
    questions=(
        Question(
            name="find_learning_rate",
            title="The learning rate",
            parts=(5,),
            outputs=("rate",),
            cases=rate_cases,
            judge=judge_rate,
            answer=train,
        ),
        Question(
            name="choose_momentum",
            title="The momentum",
            parts=(5,),
            outputs=("momentum",),
            cases=momentum_cases,
            judge=judge_momentum,
        ),
        Question(
            name="predict",
            title="Inference mode",
            parts=(5,),
            outputs=("together", "alone", "moving_mean", "moving_variance"),
            cases=predict_cases,
            judge=judge_predict,
            needs=WITH_KERAS,
        ),
        Question(
            name="batches",
            title="The batch size",
            parts=(5,),
            outputs=("first rows", "first sizes", "second rows", "second sizes"),
            cases=batches_cases,
            judge=judge_batches,
        ),
    ),
)
