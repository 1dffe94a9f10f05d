"""Decisions and the direction that pushes one."""

import numpy as np
import pytest

from kann.errors import OutOfRange
from kann.numerics.prediction.decisions import decisions, evidence_weights


def test_a_single_output_decides_by_its_sign_several_by_the_largest():
    assert decisions(np.array([[-0.1], [0.2]])).tolist() == [0, 1]
    assert decisions(np.array([[0.0, 3.0, 1.0], [2.0, 1.0, 0.0]])).tolist() == [1, 0]


def test_evidence_for_two_classes_is_the_difference_of_their_outputs():
    assert evidence_weights(2, 1) @ [1.0, 4.0] == 3.0
    assert evidence_weights(1, 0) @ [2.0] == -2.0


def test_evidence_of_all_classes_together_cancels():
    np.testing.assert_allclose(sum(evidence_weights(4, target) for target in range(4)), 0, atol=1e-12)


def test_a_class_that_there_is_not_is_named():
    with pytest.raises(OutOfRange, match=r"between 2 classes.*no 2"):
        evidence_weights(1, 2)
