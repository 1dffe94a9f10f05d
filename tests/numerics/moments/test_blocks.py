import numpy as np
import pytest

from kann.numerics.moments.blocks import in_blocks
from kann.records import StateBatch


@pytest.mark.parametrize(("values", "counts"), [(1, [1] * 5), (50, [2, 2, 1]), (10**6, [5])])
def test_blocks_hold_the_sequences_in_order_with_all_that_belongs_to_them(monkeypatch, values, counts):
    monkeypatch.setattr("kann.numerics.moments.blocks._VALUES", values)
    states = np.arange(5 * 6 * 4, dtype=np.float64).reshape(5, 6, 4)
    batch = StateBatch(states, np.full(5, 6), states[..., :1], ids=np.arange(5), readout=np.negative)

    blocks = list(in_blocks(batch))

    assert [len(block.values) for block in blocks] == counts
    np.testing.assert_array_equal(np.concatenate([block.values for block in blocks]), states)
    np.testing.assert_array_equal(np.concatenate([block.inputs for block in blocks]), states[..., :1])
    assert all(block.readout is np.negative and block.labels is None for block in blocks)


def test_an_empty_batch_has_no_block():
    assert list(in_blocks(StateBatch(np.zeros((0, 3, 2)), np.zeros(0, int)))) == []
