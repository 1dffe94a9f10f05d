import csv
import io

import numpy as np

from kann.analyses.koopman.spectrum.koopman_states import analyse
from kann.analyses.koopman.spectrum.mode_table import as_csv, mode_table, representatives
from kann.analyses.koopman.spectrum.settings import Settings
from tests.analyses.koopman.stand_ins import transitions
from tests.numerics.systems import tanh_states


def test_each_conjugate_pair_has_one_row_and_its_whole_share():
    result = analyse(transitions(tanh_states()), Settings())
    table = mode_table(result.spectrum)

    assert (np.array(table["imaginary"]) >= 0).all()
    assert len(table["mode"]) < len(result.spectrum)
    np.testing.assert_allclose(sum(table["share of variance"]), result.spectrum.shares.sum())


def test_the_csv_has_full_precision():
    result = analyse(transitions(tanh_states()), Settings(), sampling_rate=125.0)
    rows = list(csv.DictReader(io.StringIO(as_csv(mode_table(result.spectrum)))))

    found = [float(row["real"]) for row in rows]

    np.testing.assert_array_equal(found, result.spectrum.eigenvalues[representatives(result.spectrum)].real)
    assert "frequency, Hz" in rows[0]
