"""A world changes one thing of what a notebook chooses; a claim that fails there is recorded."""

import numpy as np
import pytest

from local import claims, worlds
from local.claims import MIME, above, claim


@pytest.fixture(autouse=True)
def as_written(monkeypatch):
    monkeypatch.delenv("WORLD", raising=False)
    monkeypatch.setattr(claims, "claimed", {})


def test_as_written_everything_is_as_the_notebook_says():
    x = np.random.default_rng(0).uniform(size=(50, 4)).astype(np.float32)
    assert worlds.name() == "as written"
    assert worlds.seeds(3) == (0, 1, 2)
    assert worlds.optimizer("adam") == "adam"
    raw, _ = worlds.prepared(x, x[:5], "raw")
    np.testing.assert_array_equal(raw, x)


@pytest.mark.parametrize("name", worlds.WORLDS)
def test_a_world_changes_one_thing(name, monkeypatch):
    monkeypatch.setenv("WORLD", name)
    usual, changed = vars(worlds.World()), vars(worlds.current())
    differing = [field for field in usual if usual[field] != changed[field]]
    assert len(differing) == (name != "as written")


def test_inputs_are_prepared_by_the_training_set_alone(monkeypatch):
    x = np.random.default_rng(0).uniform(size=(50, 4)).astype(np.float32)
    train, test = worlds.prepared(x[:40], x[40:], "centred")
    np.testing.assert_allclose(train, x[:40] - x[:40].mean(), atol=1e-6)
    np.testing.assert_allclose(test, x[40:] - x[:40].mean(), atol=1e-6)
    train, _ = worlds.prepared(x[:40], x[40:], "standardized")
    np.testing.assert_allclose(train.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(train.std(axis=0), 1, atol=1e-4)
    monkeypatch.setenv("WORLD", "raw inputs")
    np.testing.assert_array_equal(worlds.prepared(x, x, "standardized")[0], x)
    constant = np.ones((5, 2), np.float32)
    monkeypatch.delenv("WORLD")
    assert np.isfinite(worlds.prepared(constant, constant, "standardized")[0]).all()


def test_unknown_words_are_named(monkeypatch):
    x = np.zeros((2, 2))
    with pytest.raises(ValueError, match=r"chosen must be one of .*'centered'"):
        worlds.prepared(x, x, "centered")
    monkeypatch.setenv("WORLD", "upside down")
    with pytest.raises(worlds.WorldError, match=r"raw inputs.*'upside down'"):
        worlds.seeds(3)


def test_a_claim_that_fails_elsewhere_is_recorded_and_the_notebook_goes_on(monkeypatch):
    shown = []
    monkeypatch.setattr(claims, "display", shown.append)
    with pytest.raises(claims.ClaimError):
        claim("in-this-world", "It holds.", [1, 2, 3], above(5), (0, 1, 2))
    monkeypatch.setenv("WORLD", "other seeds")
    claim("in-this-world", "It holds.", [1, np.nan, 3], above(5), (10, 11, 12))
    record = shown[0]._repr_mimebundle_()[MIME]
    assert record["holds"] is False
    assert record["value"] is None
    assert repr(shown[0]).startswith("Does not hold in this world: It holds. Measured: not finite")
