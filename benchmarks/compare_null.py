"""False-alarm rates of the Compare page: `python benchmarks/compare_null.py [PART ...] [--seeds N]`.

untrained: untrained networks opened as if they were trained, of every cell, three sizes, three data sets: the share
with the finding "training changed". demos: p-values of the trained networks that ship. coordinates: a network against
itself after a random invertible map of its states (condition 100), and two networks of different seeds: the share with
a significant difference. classes: random labels: the shares of p-values below .05, .1, .5. Each part replaces its own
figures in docs/results/compare.json. All together some six minutes on one idle core."""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import torch
from threadpoolctl import threadpool_limits

import kann
from benchmarks.subjects import fresh_service
from kann.analyses.koopman.comparison import untrained_ranking as rows
from kann.analyses.koopman.comparison.comparing import (
    PermutationSettings,
    permutation_test_of_classes,
    permutation_test_of_networks,
    sums_by_sequence,
)
from kann.analyses.koopman.spectrum.settings import Fit
from kann.analyses.koopman.spectrum.transitions import Transitions
from kann.backend.opened.pair import demo
from kann.inputs.networks import build_network
from kann.interventions.untrained_twins import SHUFFLED, kinds_of, untrained_twin
from kann.records import Dataset
from kann.studies.koopman.questions.ranking import RANKING, ranked
from kann.tasks.demos import find_demo

OUT = Path(__file__).parents[1] / "docs" / "results" / "compare.json"
CELLS = {"RNN": torch.nn.RNN, "GRU": torch.nn.GRU, "LSTM": torch.nn.LSTM}
SIZES = (16, 32, 64)
SEQUENCES, STEPS, DRAWS, CONDITION, RARE = 40, 30, 199, 100, 0.05
DEMOS = ("ecg", "sentiment", "copy-gru", "copy-rnn", "copy-orthogonal")


def data_sets() -> dict[str, list[np.ndarray]]:
    random = np.random.default_rng(0)
    beats = kann.open_dataset(find_demo("ecg").data).sequences[:SEQUENCES]
    symbols = np.eye(8, dtype=np.float32)[random.integers(8, size=(SEQUENCES, STEPS))]
    walks = random.standard_normal((SEQUENCES, STEPS, 2)).cumsum(axis=1).astype(np.float32) / 4
    return {"beats": [beat[: 2 * STEPS : 2] for beat in beats], "symbols": list(symbols), "walks": list(walks)}


def network_of(cell: str, size: int, channels: int, seed: int):
    torch.manual_seed(seed)
    layer = CELLS[cell](channels, size)
    with tempfile.NamedTemporaryFile(suffix=".pt") as file:
        torch.save({f"rnn.{name}": tensor for name, tensor in layer.state_dict().items()}, file.name)
        return build_network(kann.open_checkpoint(file.name))


def of_network(network, dataset: Dataset, rank: int) -> rows.Spectra:
    return rows.spectra(kann.summarise(kann.hidden_states(network, dataset)), Fit(), rank)


def untrained(seeds: int) -> dict:
    """Twins of all kinds but the shuffled do not depend on the opened weights: they are unrolled once a size."""
    settings, credited, tried = rows.RankingSettings(), {}, 0
    for cell in CELLS:
        for size in SIZES:
            for name, sequences in data_sets().items():
                dataset = Dataset("signal", sequences, name)
                rank = min(settings.rank, SEQUENCES * (STEPS - 1) // 100)
                opened = [network_of(cell, size, sequences[0].shape[1], 1000 + seed) for seed in range(seeds)]
                fixed = {
                    kind: [of_network(untrained_twin(opened[0], k, kind), dataset, rank) for k in range(settings.twins)]
                    for kind in kinds_of(opened[0]) if kind != SHUFFLED
                }  # fmt: skip
                for network in opened:
                    shuffled = [untrained_twin(network, k, SHUFFLED) for k in range(settings.twins)]
                    pool = fixed | {SHUFFLED: [of_network(twin, dataset, rank) for twin in shuffled]}
                    found = rows.rank_among_untrained(
                        tuple(pool), rank, SEQUENCES, of_network(network, dataset, rank), pool.get
                    )
                    tried += 1
                    for kind, p in [*zip(found.kinds, found.p_values, strict=True), ("verdict", found.p_value)]:
                        credited.setdefault(kind, []).append(bool(p < RARE))
        print(cell, {kind: f"{np.mean(values):.3f}" for kind, values in credited.items()}, flush=True)
    shares = {kind: {"credited": int(np.sum(v)), "of": len(v)} for kind, v in credited.items()}
    return {"networks": tried, "twins of a kind": settings.twins, "p below .05": shares}


def demos(_: int) -> dict:
    found = {}
    for name in DEMOS:
        with fresh_service() as service:
            row = service.answer(demo(service.library, name), RANKING(ranked(Fit(), rows.RankingSettings())))
        found[name] = {"p": row.p_value, "strictest": row.kinds[row.strictest], "rank": row.rank} | {
            kind: {"p": float(p), "distance": float(d[0]), "most of a twin": float(d[1:].max())}
            for kind, p, d in zip(row.kinds, row.p_values, row.distances, strict=True)
        }
        print(name, found[name], flush=True)
    return found


def states_of(cell: str, seed: int, inputs: np.ndarray) -> np.ndarray:
    torch.manual_seed(seed)
    with torch.no_grad():
        return CELLS[cell](2, 24, batch_first=True)(torch.tensor(inputs))[0].numpy()


def walks(seed: int, count: int = 60) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.standard_normal((count, 40, 2)).cumsum(axis=1).astype(np.float32) / 4


def mapped(states: np.ndarray, seed: int) -> np.ndarray:
    random, units = np.random.default_rng(seed), states.shape[2]
    turns = [np.linalg.qr(random.standard_normal((units, units)))[0] for _ in range(2)]
    return (states @ ((turns[0] * np.geomspace(1, 1 / CONDITION, units)) @ turns[1])).astype(np.float32)


def sums_of(states: np.ndarray, rank: int, alone: bool):
    batches = [kann.StateBatch(states, np.full(len(states), states.shape[1]))]
    transitions = Transitions(kann.summarise(iter(batches)), None, len(states))
    return sums_by_sequence(iter(batches), transitions, Fit(), rank, alone=alone)


def coordinates(seeds: int) -> dict:
    """At rank 8 of 24, where the strongest directions turn with the coordinates, and at full rank."""
    told = {}
    for cell in CELLS:
        for seed in range(seeds):
            inputs = walks(seed)
            own, other = states_of(cell, seed, inputs), states_of(cell, 500 + seed, inputs)
            for rank in (8, 24):
                for what, states in (("mapped", mapped(own, seed)), ("another seed", other)):
                    for alone in (False, True):
                        sides = (sums_of(one, rank, alone) for one in (own, states))
                        p = permutation_test_of_networks(*sides, PermutationSettings(draws=DRAWS, seed=seed)).p_value
                        how = "strongest" if alone else "predictable"
                        told.setdefault(f"{what}, {how} directions, rank {rank}", []).append(p < RARE)
    print({what: f"{np.mean(values):.3f}" for what, values in told.items()}, flush=True)
    return {what: {"told apart": int(np.sum(values)), "of": len(values)} for what, values in told.items()}


def classes(seeds: int) -> dict:
    values = []
    for seed in range(10 * seeds):
        sums = sums_of(states_of("GRU", seed, walks(seed)), 8, True)
        first = np.random.default_rng(seed).permutation(60) < 20
        values.append(permutation_test_of_classes(sums, first, PermutationSettings(draws=DRAWS, seed=seed)).p_value)
    shares = {f"p at most {level}": float(np.mean(np.array(values) <= level)) for level in (0.05, 0.1, 0.5)}
    print(shares, flush=True)
    return {"data sets": len(values)} | shares


def main() -> None:
    parts = {part.__name__: part for part in (untrained, demos, coordinates, classes)}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(parts)}; left out: all")
    parser.add_argument("--seeds", type=int, default=20)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    with threadpool_limits(1):
        for name in chosen.parts or parts:
            found = parts[name](chosen.seeds)
            written = json.loads(OUT.read_text()) if OUT.exists() else {}
            OUT.write_text(json.dumps(written | {name: found | {"seeds": chosen.seeds}}, indent=2) + "\n")


if __name__ == "__main__":
    main()
