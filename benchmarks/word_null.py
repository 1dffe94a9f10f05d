"""False-alarm rates of words and pairs: `python benchmarks/word_null.py [--sets 100]`.

Random texts whose words have no effect (null), additive effects (additive), or no effects except for one word and one
pair (planted); noise is normal or skewed or has heavy tails, differs from text to text, is repeated with a word within
its text, or spreads differently from word to word. "shuffled" keeps the texts that ship with the sentiment demo and the
effects of their words, and rotates the effects against the words. Of p under the null: the share below .05 and .01, and
the largest deviation of its distribution from uniform (KS, one-sided: p too small, and two-sided). "named": the share
of data sets whose finding names a word, or that have a pair or a triple with q < .05.
Writes docs/results/word_effects.json."""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from scipy.stats import kstest

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import results
from benchmarks.subjects import fresh_service
from kann.analyses.koopman.highlights.word_effects import WordEffects, words_finding
from kann.analyses.koopman.spectrum.settings import Fit
from kann.backend.opened.pair import demo
from kann.numerics.attribution.ngrams import ngrams
from kann.studies.koopman.questions.texts import DECISIVE, WORD_EFFECTS, Decided, Effects

VOCABULARY, LENGTH = 300, 40
LAWS = {
    "normal": lambda random, size: random.standard_normal(size),
    "skewed": lambda random, size: random.exponential(size=size),
    "heavy tails": lambda random, size: random.standard_t(3, size),
    "lognormal": lambda random, size: random.lognormal(size=size),
}
SHAPES = ("as they come", "shifted by text", "repeated in texts", "spread by word")
PLANTED_WORD, PLANTED_PAIR = 20, (10, 12)


def texts_of(random, count, repeated):
    """Words by Zipf's law, end to end, the lengths of the texts, and each word's text; or few words to each text,
    which it repeats."""
    lengths = np.maximum(random.poisson(LENGTH, count), 3)
    often = 1 / np.arange(1, VOCABULARY + 1)
    draw = lambda size: random.choice(VOCABULARY, size, p=often / often.sum())  # noqa: E731
    words = [random.choice(draw(max(size // 3, 2)), size) if repeated else draw(size) for size in lengths]
    return np.concatenate(words), lengths, np.repeat(np.arange(count), lengths)


def drawn(seed, count, law, shape):
    """Words, their effects where words do nothing, and the lengths of the texts."""
    random = np.random.default_rng([seed, count])
    words, lengths, text = texts_of(random, count, shape == "repeated in texts")
    effects = LAWS[law](random, len(words))
    if shape == "shifted by text":
        effects = effects + random.standard_normal(count)[text]
    if shape == "repeated in texts":
        _, same = np.unique(text * VOCABULARY + words, return_inverse=True)
        effects = 0.3 * effects + LAWS[law](random, same.max() + 1)[same]
    if shape == "spread by word":
        effects = effects * np.exp(random.standard_normal(VOCABULARY))[words]
    return words, effects, lengths, random


def additive(seed, count, law, shape):
    words, effects, lengths, random = drawn(seed, count, law, shape)
    return words, effects + 2 * random.standard_normal(VOCABULARY)[words], lengths, random


def planted(seed, count, law, shape):
    """One word pushes by one, and one pair by two, beyond noise of spread one."""
    words, effects, lengths, random = drawn(seed, count, law, shape)
    places = random.permutation(len(words) - 1)[: len(words) // 200]
    words[places], words[places + 1] = PLANTED_PAIR
    pair = (words[:-1] == PLANTED_PAIR[0]) & (words[1:] == PLANTED_PAIR[1])
    effects[1:] += 2 * pair
    return words, effects + (words == PLANTED_WORD), lengths, random


def found_in(words, effects, lengths):
    table = ngrams(words, effects, lengths)
    found = WordEffects(np.arange(len(lengths)), lengths, effects.astype(np.float32), table, True)
    return table, words_finding(found, None, "It", {"up": "push up", "down": "push down"}, 5).headline


def chances(tests):
    """Of p of all tests together."""
    p = np.concatenate(tests)
    if not len(p):
        return {"tests": 0}
    above, both = kstest(p, "uniform", alternative="greater").statistic, kstest(p, "uniform").statistic
    return {"tests": len(p), "below .05": (p < 0.05).mean(), "below .01": (p < 0.01).mean(), "above": above, "KS": both}


def measured(sets):
    """Of data sets in which nothing is to be found, as an iterable of words, effects and lengths."""
    p, named = {1: [], 2: [], 3: []}, {"finding": [], 2: [], 3: []}
    for words, effects, lengths in sets:
        table, headline = found_in(words, effects, lengths)
        named["finding"].append("no word has" not in headline)
        for n in p:
            own = table.lengths == n
            p[n].append(table.p[own & np.isfinite(table.p)])
            if n > 1:
                named[n].append(bool((table.q[own] < 0.05).any()))
    share = {name: np.mean(values) for name, values in named.items()}
    return {
        "words": chances(p[1]) | {"named": share["finding"]},
        "pairs": chances(p[2]) | {"named": share[2]},
        "triples": chances(p[3]) | {"named": share[3]},
    }


def shuffled(sets):
    """The effects of the demo's words, turned round against them by a random number of places."""
    words, effects, lengths = demo_words()
    for seed in range(sets):
        shift = int(np.random.default_rng(seed).integers(len(words) // 10, len(words) * 9 // 10))
        yield words, np.roll(effects, shift), lengths


def demo_words():
    """The words of the reviews that ship, their effects on the decisive mode along the read-out, and the lengths."""
    with fresh_service() as service:
        pair, fit = demo(service.library, "sentiment"), Fit()
        mode = service.answer(pair, DECISIVE(Decided(fit, 1))).mode
        found = service.answer(pair, WORD_EFFECTS(Effects(fit, 1, (mode,), everything=True)))
        tokens = service.library.open(pair).dataset.sequences
    return np.concatenate([tokens[row] for row in found.rows]), found.effects.astype(float), found.lengths


def power(sets, count):
    hits = []
    for seed in range(sets):
        words, effects, lengths, _ = planted(seed, count, "normal", SHAPES[1])
        table, headline = found_in(words, effects, lengths)
        pair = (table.tokens == [*PLANTED_PAIR, -1]).all(axis=1)
        others = (table.lengths == 2) & ~np.isin(table.tokens[:, :2], PLANTED_PAIR).any(axis=1)
        told = f"“{PLANTED_WORD}”" in headline
        hits.append(
            (
                told,
                bool((table.q[pair] < 0.05).any()),
                int(table.texts[pair].sum()),
                bool((table.q[others] < 0.05).any()),
            )
        )
    word, pair, texts, false = np.array(hits, float).T
    return {
        "word named": word.mean(),
        "pair": pair.mean(),
        "texts of the pair": np.median(texts),
        "another pair": false.mean(),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", type=int, default=100, help="data sets of each kind")
    sets, found = (
        parser.parse_args().sets,
        {"sets": parser.parse_args().sets, "null": {}, "additive": {}, "planted": {}},
    )
    kinds = [(law, shape) for law in LAWS for shape in SHAPES if law == "normal" or shape == SHAPES[0]]
    for count in (60, 400):
        for law, shape in kinds:
            name = f"{count} texts, {law}, {shape}"
            for what, make in (("null", drawn), ("additive", additive)):
                one = measured(make(seed, count, law, shape)[:3] for seed in range(sets))
                found[what][name] = one | ({} if what == "null" else {"words": None})
                print(what, name, results.rounded(found[what][name]), flush=True)
        found["planted"][f"{count} texts"] = power(sets, count)
        print("planted", count, found["planted"][f"{count} texts"], flush=True)
    found["shuffled"] = measured(shuffled(sets))
    print("shuffled", found["shuffled"])
    found["named at most"] = {
        what: max(one[part]["named"] for one in found[what].values() if one[part])
        for what, part in (("null", "words"), ("additive", "pairs"))
    }
    words, effects, lengths, _ = drawn(0, 2500, "normal", SHAPES[0])
    start = time.perf_counter()
    table = ngrams(words, effects, lengths)
    found["cost"] = {"words": len(words), "n-grams": len(table.p), "seconds": round(time.perf_counter() - start, 1)}
    results.keep("word_effects", found)


if __name__ == "__main__":
    main()
