import numpy as np
import pytest

from kann.analyses.koopman.modes.reconstructions import reconstructions
from kann.records import Rebuilt


def decoded(values, original, lengths):
    """Outputs of which `full` misses by 1 at each step, the part by 2, the mean by 3."""
    behind = (np.arange(values.shape[1]) >= np.asarray(lengths)[:, None])[..., None]
    misses = (np.where(behind, np.nan, original + miss) for miss in (1.0, 2.0, 3.0))
    return Rebuilt(*misses, np.where(behind, np.nan, original))


def test_errors_are_sums_over_true_steps_and_channels():
    original = np.random.default_rng(0).standard_normal((3, 8, 2))
    lengths = [8, 5, 0]

    found = reconstructions([(decoded(original, original, lengths), np.array([1, 2, 2]))], "decoder")

    np.testing.assert_allclose(found.full_error, [16, 10, np.nan])
    np.testing.assert_allclose(found.part_error, [32, 20, np.nan])
    np.testing.assert_allclose(found.mean_error, [48, 30, np.nan])
    assert found.labels.tolist() == ["1", "2"]
    assert found.of_class.tolist() == [0, 1, 1]
    assert found.counts.tolist() == [[1] * 8, [1] * 5 + [0] * 3]


def test_courses_are_medians_and_deviations_over_a_class_whatever_the_batches():
    random = np.random.default_rng(1)
    original = random.standard_normal((7, 6, 1))
    labels = np.array([0, 1, 0, 1, 0, 1, 0])
    lengths = np.full(7, 6)
    parts = [slice(0, 2), slice(2, 7)]

    found = reconstructions(
        [(decoded(original[part], original[part], lengths[part]), labels[part]) for part in parts], "decoder"
    )

    for row in (0, 1):
        own = original[labels == row]
        middle = np.median(own, axis=0)
        np.testing.assert_allclose(found.original.median[row], middle, atol=1e-6)
        np.testing.assert_allclose(found.part.median[row], middle + 2, atol=1e-6)
        np.testing.assert_allclose(found.part.spread[row], np.median(np.abs(own - middle), axis=0), atol=1e-6)


def test_a_read_out_s_error_is_a_decision_that_differs_at_the_last_true_step():
    full = np.array([[[-1.0], [2.0], [np.nan]], [[1.0], [1.0], [-3.0]], [[np.nan]] * 3])
    part = np.array([[[5.0], [-1.0], [np.nan]], [[9.0], [9.0], [-9.0]], [[np.nan]] * 3])

    found = reconstructions([(Rebuilt(full, part, full, None), None)], "readout")

    np.testing.assert_array_equal(found.full_error, [0, 0, np.nan])
    np.testing.assert_array_equal(found.part_error, [1, 0, np.nan])
    assert found.original is None
    assert found.labels.tolist() == ["all"]


@pytest.mark.parametrize(("target", "expected"), [(0, [1.5, -3.0]), (2, [-3.0, 3.0])])
def test_evidence_is_that_for_the_class_asked_for(target, expected):
    outputs = np.array([[[1.0, 1.0, -2.0]], [[-1.0, 1.0, 3.0]]])

    found = reconstructions([(Rebuilt(outputs, outputs, outputs, None), np.array(["a", "b"]))], "readout", target)

    np.testing.assert_allclose(found.full.median[:, 0, 0], expected)
