"""Coverage of the 95 % intervals: `python benchmarks/coverage.py [--data FOLDER] [--repeats N]`.

The truth is known: the operator at the same rank, in its own basis, of the whole population. Real beats: the
states of the shipped LSTM on all 5000 beats of ECG5000 (FOLDER/ecg5000; without it the shipped simulated beats),
of which 400 are drawn with replacement. A GRU with random weights that reads noise: 400 of 4000 sequences.
Linear systems z(t+1) = A z(t) + noise, and with inputs, in equilibrium: the population's moments are exact, 200
sequences of 40 steps are drawn. Groups and refits are the dashboard's. A mode of a sample stands for the mode of the
population that it is matched with at the least total distance of all; of a conjugate pair one half is counted.

Printed, and written to docs/results/coverage.json: the rate over all modes, over those with at least 1 % of the states'
variance, the worst single mode, and how often the 95 % ellipse holds the complex eigenvalue. Then what the
intervals cost, in milliseconds and in solutions at the same rank.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

import numpy as np
import scipy.linalg
from scipy.optimize import linear_sum_assignment

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
NOTICEABLE, ROUNDING = 0.01, 1e-12
SEQUENCES, STEPS, UNITS = 200, 40, 40
RANKS = (10, 20, 40)


def eigenvalues_and_shares(covariance, across, rank):
    """Of the regression at a rank, by plain numpy: `across` is E[z(t) z(t+1)'], means are 0."""
    turn = np.linalg.eigh(covariance)[1][:, ::-1][:, :rank]
    before = turn.T @ covariance @ turn
    values, functions = np.linalg.eig(np.linalg.solve(before, turn.T @ across @ turn))
    shares = np.einsum("ij,ij->j", before @ functions, np.linalg.inv(functions).T).real / np.trace(covariance)
    return values, shares


def turned(blocks, condition, random):
    """Blocks in coordinates of this condition."""
    sides = [np.linalg.qr(random.standard_normal(blocks.shape))[0] for _ in range(2)]
    basis = sides[0] * np.geomspace(1, condition, len(blocks)) @ sides[1]
    return basis @ blocks @ np.linalg.inv(basis)


def rotations(random):
    """Blocks of decaying rotations."""
    values = random.uniform(0.4, 0.97, UNITS // 2) * np.exp(1j * random.uniform(0.1, 3, UNITS // 2))
    return scipy.linalg.block_diag(*[[[v.real, -v.imag], [v.imag, v.real]] for v in values])


def near_jordan(random):
    """Pairs of nearly equal real eigenvalues that feed one another."""
    pairs = zip(np.linspace(0.9, 0.2, UNITS // 2), np.linspace(0.88, 0.18, UNITS // 2), strict=True)
    return turned(scipy.linalg.block_diag(*[[[a, 0.3], [0, b]] for a, b in pairs]), 1, random)


def gaussian(random):
    matrix = random.standard_normal((UNITS, UNITS))
    return 0.95 * matrix / np.abs(np.linalg.eigvals(matrix)).max()


SYSTEMS = {
    "normal": lambda random: turned(rotations(random), 1, random),
    "condition 5": lambda random: turned(rotations(random), 5, random),
    "condition 5, real": lambda random: turned(np.diag(np.linspace(0.95, 0.2, UNITS)), 5, random),
    "near Jordan": near_jordan,
    "random matrix": gaussian,
}


class Linear:
    """z(t+1) = A z(t) (+ B x(t+1)) + noise in equilibrium, x an autoregression of 3 channels."""

    def __init__(self, matrix, driven=False):
        d = 3 if driven else 0
        k = len(matrix)
        self.inputs, self.matrix = d, matrix
        self.noise = np.diag(np.concatenate([np.full(d, 0.6), np.geomspace(1, 0.3, k)]))
        self.step = np.zeros((d + k, d + k))
        self.step[:d, :d] = 0.8 * np.eye(d)
        self.step[d:, d:] = matrix
        drive = np.random.default_rng(7).standard_normal((k, d))
        # x(t+1) acts on z(t+1): its own step and its own noise come along.
        self.step[d:, :d] = drive @ self.step[:d, :d]
        self.noise[d:, :d] = drive @ self.noise[:d, :d]
        self.covariance = scipy.linalg.solve_discrete_lyapunov(self.step, self.noise @ self.noise.T)

    def truth(self, rank):
        d, across = self.inputs, self.covariance @ self.step.T
        z, x = slice(d, None), slice(0, d)
        covariance, forward = self.covariance[z, z], across[z, z]
        if not d:
            return eigenvalues_and_shares(covariance, forward, rank)
        turn = np.linalg.eigh(covariance)[1][:, ::-1][:, :rank]
        # p = (x(t+1), z(t) in the basis), y = z(t+1) in the basis.
        cross = across[z, x].T @ turn
        left = np.block([[self.covariance[x, x], cross], [cross.T, turn.T @ covariance @ turn]])
        right = np.vstack([self.covariance[x, z] @ turn, turn.T @ forward @ turn])
        values = np.linalg.eigvals(np.linalg.solve(left, right)[d:])
        return values, np.ones(rank)

    def sample(self, seed):
        from kann.numerics.moments.summarise import summarise
        from kann.records import StateBatch

        random, d = np.random.default_rng(seed), self.inputs
        every = np.empty((SEQUENCES, STEPS, len(self.step)))
        every[:, 0] = random.standard_normal(every[:, 0].shape) @ np.linalg.cholesky(self.covariance).T
        for step in range(1, STEPS):
            kicks = random.standard_normal(every[:, 0].shape)
            every[:, step] = every[:, step - 1] @ self.step.T + kicks @ self.noise.T
        lengths = np.full(SEQUENCES, STEPS)
        batch = StateBatch(every[..., d:], lengths, every[..., :d] if d else None, None, None)
        return summarise([batch], inputs=bool(d), groups=64)


class Population:
    """Sequences of states that are all there is; samples are drawn from them with replacement."""

    def __init__(self, states, labels=None, size=400):
        from kann.numerics.moments.summarise import summarise_arrays

        self.states, self.labels, self.size = states, labels, size
        self.whole = summarise_arrays(states)

    def truth(self, rank):
        operator = self.whole.solve(rank)
        return operator.eigenvalues, operator.shares

    def sample(self, seed):
        from kann.numerics.moments.summarise import summarise_arrays

        rows = np.random.default_rng(seed).integers(0, len(self.states), self.size)
        labels = None if self.labels is None else self.labels[rows]
        groups = 64 if labels is None else 64 // len(np.unique(self.labels))
        return summarise_arrays(self.states[rows], labels=labels, groups=groups)


def beats(root):
    """States and labels of the shipped LSTM on all beats, and what they are called."""
    import kann

    network = kann.build_network(kann.open_checkpoint(ROOT / "kann/demos/ecg.safetensors"))
    files = [root / "ecg5000" / f"ECG5000_{part}.txt.gz" for part in ("TRAIN", "TEST")]
    real = all(file.exists() for file in files)
    datasets = [kann.open_dataset(file) for file in (files if real else [ROOT / "kann/demos/ecg_beats.npz"])]
    batches = [batch for dataset in datasets for batch in kann.hidden_states(network, dataset)]
    labels = np.concatenate([dataset.labels for dataset in datasets])
    return np.concatenate([batch.values for batch in batches]), labels, "ECG5000" if real else "simulated beats"


def gru_states(sequences=4000, units=40):
    import torch

    torch.manual_seed(0)
    cell = torch.nn.GRU(3, units, batch_first=True)
    with torch.no_grad():
        return cell(torch.randn(sequences, STEPS, 3))[0].numpy()


def coverage(population, ranks, repeats):
    """{rank: rates} over samples of a population."""
    from kann.numerics.uncertainty.bootstrap import affordable_draws
    from kann.numerics.uncertainty.trust import inside_ellipse

    truths = {rank: population.truth(rank) for rank in ranks}
    hits = {rank: np.zeros((2, repeats, rank), bool) for rank in ranks}
    for repeat in range(repeats):
        statistic = population.sample(1000 + repeat)
        for rank, (truth, _) in truths.items():
            found = statistic.bootstrap(rank, affordable_draws(statistic.units))
            place = linear_sum_assignment(np.abs(truth[:, None] - found.eigenvalues))[1]
            low, high = found.modulus_low[place], found.modulus_high[place]
            hits[rank][0, repeat] = (low <= np.abs(truth) + ROUNDING) & (np.abs(truth) - ROUNDING <= high)
            inside = inside_ellipse(truth, found.eigenvalues[place], found.covariance[place])
            hits[rank][1, repeat] = np.diag(inside)
    return {rank: rates(hits[rank], *truths[rank]) for rank in ranks}


def rates(hits, truth, shares):
    upper = truth.imag >= 0
    noticeable = upper & (shares * np.where(truth.imag > 0, 2, 1) >= NOTICEABLE)
    (modulus, ellipse), count = hits, upper.sum()
    return {
        "all": modulus[:, upper].mean(),
        "noticeable": modulus[:, noticeable].mean() if noticeable.any() else None,
        "worst": modulus[:, upper].mean(axis=0).min(),
        "below .85": int((modulus[:, upper].mean(axis=0) < 0.85).sum()),
        "modes": int(count),
        "ellipse": ellipse[:, upper].mean(),
    }


def settings(root):
    """Name, population and ranks of every row."""
    states, labels, name = beats(root)
    units = states.shape[2]
    ranks = (10, 20, units // 2, units)
    yield f"{name}, LSTM", Population(states), ranks
    yield f"{name}, LSTM, classes apart", Population(states, labels), ranks
    yield "noise, random GRU", Population(gru_states()), RANKS
    for name, system in SYSTEMS.items():
        yield name, Linear(system(np.random.default_rng(5))), RANKS
    yield "condition 5, driven", Linear(SYSTEMS["condition 5"](np.random.default_rng(5)), driven=True), RANKS


def costs():
    """Milliseconds of the intervals at full rank, of the refits that every rank shares, and of one solution."""
    import runpy

    from kann.numerics.moments.summarise import summarise_arrays

    states_of = runpy.run_path(str(ROOT / "benchmarks/operator.py"))["states_of"]
    return {units: cost(summarise_arrays(states_of(256, 140, units), groups=64)) for units in (64, 128, 256)}


def cost(statistic):
    from kann.numerics.uncertainty.bootstrap import affordable_draws

    units, samples = statistic.units, affordable_draws(statistic.units)
    statistic.factors()
    first = seconds(statistic.bootstrap, 10, samples)
    later = {
        rank: np.median([seconds(statistic.bootstrap, rank, samples) for _ in range(3)]) for rank in (units // 2, units)
    }
    # Two ranks in turn, since the eigenpairs of the last one are kept.
    solution = np.median([seconds(statistic.solve, units - turn % 2) for turn in range(6)])
    times = {"first": first, "half": later[units // 2], "full": later[units], "solution": solution}
    return {"draws": samples} | {name: round(1e3 * float(spent), 1) for name, spent in times.items()}


def seconds(work, *arguments):
    start = time.process_time()
    work(*arguments)
    return time.process_time() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="folder of the data sets")
    parser.add_argument("--repeats", type=int, default=40, help="samples a population")
    parser.add_argument("--only", default="", help="rows whose name begins so, and no file")
    asked = parser.parse_args()
    columns = ("all", "noticeable", "worst", "below .85", "modes", "ellipse")
    print(f"| setting | rank | {' | '.join(columns)} |\n|{'---|' * (len(columns) + 2)}")
    results = {}
    for name, population, ranks in settings(asked.data):
        if not name.startswith(asked.only):
            continue
        results[name] = coverage(population, ranks, asked.repeats)
        for rank, row in results[name].items():
            row |= {key: round(value, 3) for key, value in row.items() if isinstance(value, float)}
            print(f"| {name} | {rank} | {' | '.join(str(row[key]) for key in columns)} |", flush=True)
    if asked.only:
        return
    spent = costs()
    for units, row in spent.items():
        print(f"{units} units: {row}")
    written = {"repeats": asked.repeats, "coverage": results, "milliseconds": spent}
    target = ROOT / "docs" / "results" / "coverage.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(written, indent=1) + "\n")


if __name__ == "__main__":
    main()
