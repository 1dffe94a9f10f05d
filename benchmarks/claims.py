"""The figures of the tables of the paper's claims: `python benchmarks/claims.py --data FOLDER`, of all or of
the named parts.

Computed by the backend of the pages. copy: moduli of the orthogonal network's operator, and recall with delays
replaced. beats: reconstruction of a normal beat by a few modes (FOLDER/ecg5000). reviews: the decisive mode and pairs
of words on every n-th test review (FOLDER/imdb), the first 250 words of each. Writes docs/results/claims.json and the
documents' figures."""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import results
from benchmarks.faithfulness import pair_of, prepare
from kann.analyses.koopman.modes.mode_classes import leading
from kann.analyses.koopman.spectrum.settings import Fit
from kann.backend.engine.service import Service
from kann.backend.engine.store import Store
from kann.backend.opened.library import Library
from kann.backend.opened.pair import Pair, demo
from kann.studies.koopman.questions.delays import DELAYS, Replaced
from kann.studies.koopman.questions.modes import DOMINANCE, RECONSTRUCTIONS, RebuiltModes, Scored
from kann.studies.koopman.questions.spectrum import OPERATOR
from kann.studies.koopman.questions.texts import DECISIVE, WORD_EFFECTS, Decided, Effects
from kann.tasks.imdb import find_files

PAIRS = "not bad", "very good", "so bad", "waste of", "the worst"
MEASURED = "network", "operator", "skipped", "e_rel", "skipped_e_rel"
REVIEWS, WORDS = 2500, 250
# Moduli that lie this near to one count as lying on the unit circle.
NEAR = 0.05


def copy(service):
    found = {}
    for name in ("copy-orthogonal", "copy-gru"):
        test = service.answer(demo(service.library, name), DELAYS(Replaced()))
        moduli = np.abs(test.eigenvalues)
        near = moduli[np.abs(moduli - 1) < NEAR]
        found[name] = {
            "largest modulus": moduli.max(),
            "on the circle": len(near),
            "lowest of them": near.min(),
            "sequences": int(test.sequences[0]),
            "by delay": {
                int(delay): {part: getattr(test, part)[row] for part in MEASURED}
                for row, delay in enumerate(test.delays)
            },
        }
    return found


def beats(service):
    pair, fit = Pair(data="path:ecg5000/ECG5000_TEST.txt.gz", model="demo:ecg"), Fit()
    dominance = service.answer(pair, DOMINANCE(Scored(fit)))
    eigenvalues = service.answer(pair, OPERATOR(fit)).eigenvalues
    contribution = dominance.over_all("contribution")
    few = leading(contribution, eigenvalues)
    found = {"dominant": len(few)}
    for name, modes in (("dominant", few), ("twenty", leading(contribution, eigenvalues, 20))):
        kept = service.answer(pair, RECONSTRUCTIONS(RebuiltModes(fit, modes=tuple(modes), target=0)))
        normal = kept.of_class == kept.labels.tolist().index("1")
        found[f"{name}, error"] = np.median(kept.part_error[normal])
    whole = np.median(kept.full_error[normal]), np.median(kept.mean_error[normal])
    return found | dict(zip(("whole state, error", "mean state, error"), whole, strict=True))


def reviews(service):
    pair, fit = pair_of("imdb.csv"), Fit(max_length=WORDS)
    decisive = service.answer(pair, DECISIVE(Decided(fit, 1)))
    mode = decisive.mode
    kept = service.answer(pair, RECONSTRUCTIONS(RebuiltModes(fit, modes=(mode,), target=1)))
    found = service.answer(pair, WORD_EFFECTS(Effects(fit, 1, (mode,), everything=True)))
    names = service.library.open(pair).dataset.token_names
    return {
        "reviews": len(found.rows),
        "mode": mode + 1,
        "modulus": abs(service.answer(pair, OPERATOR(fit)).eigenvalues[mode]),
        "share": decisive.share,
        "decides alone": 1 - np.mean(kept.part_error),
        "pairs": {words: row_of(found.table, names, words) for words in PAIRS},
        "words with q < .05": int(((found.table.lengths == 1) & (found.table.q < 0.05)).sum()),
        "pairs with q < .05": int(((found.table.lengths == 2) & (found.table.q < 0.05)).sum()),
    }


def row_of(table, names, pair):
    wanted = [names.index(word) for word in pair.split()]
    row = int(np.flatnonzero((table.tokens == [*wanted, -1]).all(axis=1))[0])
    return {name: getattr(table, name)[row] for name in ("counts", "texts", "effects", "adds", "p", "q")}


PARTS = {"copy": copy, "beats": beats, "reviews": reviews}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("parts", nargs="*", default=[*PARTS], help=f"which of {', '.join(PARTS)}")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "reviews" in given.parts:
            prepare(folder, find_files([given.data])[1], REVIEWS)
        service = Service(Store(folder / "cache"), Library(folder))
        beside = Service(Store(folder / "beats"), Library(given.data))
        for part in given.parts:
            found = PARTS[part](beside if part == "beats" else service)
            print(part, results.rounded(found), flush=True)
            results.keep("claims", {part: found})
        service.close()
        beside.close()


if __name__ == "__main__":
    main()
