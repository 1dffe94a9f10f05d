"""Time and memory of the operator fit against the official KANN algorithm, in ratios: `python benchmarks/operator.py`.

Both start from the same float32 states in memory and end with all eigenpairs at rank k - 1. The official
algorithm (Naiman and Azencot 2023: basis by scikit-learn's randomised TruncatedSVD of all states, operator
by least squares, no intercept) is written afresh here. Our side also gives the residuals; shapes, shares and
conditions of modes, which the official algorithm lacks, are made when they are asked for and not timed. One
thread each; rounds alternate, so that a machine whose speed drifts favours neither. The floor is 4 N k^2 flops
at the rate that one thread reaches in a matrix product of a block's size, measured in the same run. Writes
docs/results/operator.json and the documents' tables.
"""

import argparse
import os
import subprocess
import sys
import time

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import documents, results

SIZES = ((64, 140, 64), (512, 140, 128), (256, 1000, 256))


def states_of(sequences, steps, units, seed=0):
    """States of a random tanh network driven by noise."""
    random = np.random.default_rng(seed)
    weights = (1.2 * random.standard_normal((units, units)) / np.sqrt(units)).astype(np.float32)
    states, state = np.zeros((sequences, steps, units), np.float32), np.zeros((sequences, units), np.float32)
    for step in range(steps):
        state = np.tanh(state @ weights + 0.5 * random.standard_normal(state.shape, dtype=np.float32))
        states[:, step] = state
    return states


def official(states):
    """Basis, operator and eigenpairs as published."""
    from sklearn.decomposition import TruncatedSVD

    units = states.shape[2]
    basis = TruncatedSVD(n_components=units - 1).fit(states.reshape(-1, units)).components_.T
    reduced = states @ basis
    before, after = reduced[:, :-1].reshape(-1, units - 1), reduced[:, 1:].reshape(-1, units - 1)
    return np.linalg.eig(np.linalg.lstsq(before, after, rcond=None)[0])


def ours(states):
    from kann.numerics.moments.summarise import summarise_arrays

    return summarise_arrays(states).solve(states.shape[2] - 1, intercept=False)


def seconds(work, *arguments):
    start = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - start


def gemm_rate(units, rounds=7):
    """Flops per second of one product of a block's rows with its units squared, the median of rounds."""
    block, matrix = np.random.default_rng(0).random((2048, units)), np.eye(units)
    times = [seconds(lambda: [block @ matrix for _ in range(10)]) / 10 for _ in range(rounds)]
    return 2 * 2048 * units**2 / np.median(times)


def extra_memory(name, size):
    """MiB of resident memory that the fit adds at its peak to the states, in a process of its own (Linux)."""
    code = (
        "import re, runpy; b = runpy.run_path('benchmarks/operator.py');"
        "status = lambda key: int(re.search(key + r':\\s+(\\d+)', open('/proc/self/status').read())[1]);"
        f"b['{name}'](b['states_of'](8, 40, 16)); states = b['states_of'](*{size});"
        "open('/proc/self/clear_refs', 'w').write('5'); before = status('VmRSS');"
        f"b['{name}'](states); print((status('VmHWM') - before) / 1024)"
    )
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def row(size, rounds):
    states = states_of(*size)
    ours(states), official(states)
    pairs = [(seconds(ours, states), seconds(official, states)) for _ in range(rounds)]
    mine, theirs = np.array(pairs).T
    count, units = size[0] * size[1], size[2]
    floor = 4 * count * units**2 / gemm_rate(units)
    from kann.numerics.moments.summarise import summarise_arrays

    statistic = summarise_arrays(states)
    statistic.factors()
    # Neighbouring ranks in turn, since the eigenpairs of the last one are kept.
    again = np.median([seconds(statistic.solve, units - 1 - turn % 2) for turn in range(15)])
    matrix = statistic.solve(units - 1).matrix
    alone = np.median([seconds(np.linalg.eig, matrix) for _ in range(15)])
    memory = [extra_memory(name, size) for name in ("ours", "official")]
    figures = (*(1e3 * np.median(times) for times in (mine, theirs)), np.median(theirs / mine), 1e3 * floor)
    figures = (" x ".join(map(str, size)), *figures, 1e3 * again, 1e3 * alone, *memory)
    return dict(zip(documents.SPEED, figures, strict=True))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7, help="alternating rounds a size")
    rounds = parser.parse_args().rounds
    found = {}
    for size in SIZES:
        one = row(size, rounds if size[2] < 256 else min(rounds, 3))
        found[one["sequences x steps x units"]] = one
        print(results.rounded(one), flush=True)
    print(documents.speed({"operator": found}))
    results.keep("operator", found)


if __name__ == "__main__":
    main()
