import numpy as np

from kann.analyses.koopman.modes.state_norms import LEVELS, state_norms
from kann.records import StateBatch


def batch(lengths, labels=None, seed=0):
    values = np.random.default_rng(seed).standard_normal((len(lengths), max(lengths), 3)).astype(np.float32)
    return StateBatch(values, np.array(lengths), labels=None if labels is None else np.array(labels))


def test_quantiles_are_those_of_numpy_over_the_sequences_that_reach_a_step():
    states = batch([4, 7, 7, 2, 7])
    found = state_norms([states])

    for step in range(7):
        there = [np.sqrt((row[step].astype(float) ** 2).sum())
                 for row, length in zip(states.values, states.lengths, strict=True) if step < length]  # fmt: skip
        np.testing.assert_allclose(found.norms[0, :, step], np.quantile(there, LEVELS), rtol=1e-6)
        assert found.counts[0, step] == len(there)


def test_batches_do_not_matter_and_classes_stand_apart():
    one, other = batch([3, 5], ["a", "b"]), batch([5, 5], ["b", "a"], seed=1)
    found = state_norms([one, other])

    assert found.labels.tolist() == ["a", "b"]
    assert found.counts[:, 0].tolist() == [2, 2]
    np.testing.assert_allclose(found.norms[0, 2, 4], np.linalg.norm(other.values[1, 4]), rtol=1e-6)


def test_steps_that_no_sequence_of_a_class_reaches_have_no_norm():
    found = state_norms([batch([2, 6], ["short", "long"])])

    short = found.labels.tolist().index("short")
    assert np.isnan(found.norms[short, :, 2:]).all()
    assert not np.isnan(found.norms[1 - short]).any()
