"""Effects of the words of a whole data set on chosen modes: n-gram tables, passages in context, and a finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from kann.analyses.koopman.spectrum.findings import Finding
from kann.analyses.wording import number, signed
from kann.numerics.attribution.ngrams import NGrams, ngrams, occurrences
from kann.numerics.uncertainty.text_tests import LEAST_TEXTS
from kann.records import Dataset

Side = Literal["up", "down", "either"]

# n-grams with fewer occurrences are not kept.
LEAST = 3
# Words that a finding names on each side, and the false discovery rate below which it names them.
_NAMED, _BY_CHANCE = 4, 0.05
# Words of context on either side of a passage.
_CONTEXT = 6


@dataclass(frozen=True)
class WordEffects:
    """`effects` of the first `lengths` tokens of these `rows` of a data set, concatenated (NaN where a token has none),
    and the `table` of their n-grams. `signed`: effects on the evidence for a class, else norms."""

    rows: Int[np.ndarray, " rows"]
    lengths: Int[np.ndarray, " rows"]
    effects: Float[np.ndarray, " tokens"]
    table: NGrams
    signed: bool


def word_effects(
    dataset: Dataset, rows: np.ndarray, effects: Sequence[np.ndarray], signed: bool, minimum: int = LEAST
) -> WordEffects:
    """The effects of the tokens of each row, and the n-grams with at least `minimum` occurrences.

    Raises:
        NotEnoughData: no token has an effect.
    """
    lengths = np.array([len(part) for part in effects], np.int64)
    ids, flat = _joined(token_ids(dataset)[0], rows, lengths), np.concatenate([*effects, np.zeros(0)])
    return WordEffects(
        np.asarray(rows), lengths, flat.astype(np.float32), ngrams(ids, flat, lengths, minimum=minimum), signed
    )


def one_sequence(dataset: Dataset, row: int) -> Dataset:
    """A data set of this one sequence."""
    return dataset.select(np.array([row]))


def has_tokens(dataset: Dataset) -> bool:
    return dataset.kind in ("text", "symbols") or dataset.tokens is not None


def words_of(dataset: Dataset, row: int) -> list[str]:
    """The tokens of a sequence as they are read."""
    if dataset.tokens is not None:
        return list(dataset.tokens[row])
    return [_name(dataset.token_names, token) for token in dataset.sequences[row].tolist()]


def unknown_words(dataset: Dataset, row: int) -> list[str]:
    """Words of a text that the vocabulary lacks, each once."""
    if dataset.token_names is None or dataset.tokens is None or dataset.kind != "text":
        return []
    pairs = zip(dataset.tokens[row], dataset.sequences[row].tolist(), strict=True)
    return list(dict.fromkeys(word for word, token in pairs if _name(dataset.token_names, token) != word))


def token_ids(dataset: Dataset) -> tuple[Sequence[np.ndarray], Sequence[str] | None]:
    """Ids of all sequences, and the words by id (None: the ids are their own names); of states with words, ids are
    given by first appearance."""
    if dataset.kind in ("text", "symbols"):
        return dataset.sequences, dataset.token_names
    places: dict[str, int] = {}
    ids = [np.array([places.setdefault(word, len(places)) for word in words], np.int64) for words in dataset.tokens]
    return ids, list(places)


def ngram_rows(found: WordEffects, n: int, minimum: int, side: Side, order: str, most: int) -> np.ndarray:
    """Rows of the table: n-grams of n tokens with at least `minimum` occurrences whose effect is positive ("up"),
    negative ("down") or either, the largest first by "effect" or by what it "adds"."""
    table = found.table
    sign = {"up": 1, "down": -1, "either": 1}[side]
    values = sign * (table.adds if order == "adds" else table.effects)
    fits = (table.lengths == n) & (table.counts >= minimum) & np.isfinite(values)
    if side != "either":
        fits &= (sign * table.effects > 0) & (values > 0)
    rows = np.flatnonzero(fits)
    return rows[np.argsort(-values[rows], kind="stable")][:most]


def ngram_columns(found: WordEffects, rows: np.ndarray, names: Sequence[str] | None) -> dict[str, list]:
    """The n-grams of these rows as columns; what a single word adds is its effect and not repeated. None where there
    are too few texts."""
    table = found.table.take(rows)
    columns = {
        "n-gram": [spelled(names, ngram_tokens(found, row)) for row in rows.tolist()],
        "count": table.counts.tolist(),
        "texts": table.texts.tolist(),
        "effect": table.effects.tolist(),
    }
    for name in ("adds", "p", "q"):
        columns[name] = [None if np.isnan(value) else value for value in getattr(table, name).tolist()]
    if len(rows) and (table.lengths == 1).all():
        del columns["adds"]
    return columns


def ngram_positions(dataset: Dataset, found: WordEffects, tokens: Sequence[int]) -> np.ndarray:
    """Positions at which an n-gram starts, the largest effect first."""
    ids = _joined(token_ids(dataset)[0], found.rows, found.lengths)
    places = occurrences(ids, found.lengths, np.array(tokens, np.int64))
    strength = np.abs(np.nan_to_num(_sums(found, places, len(tokens))))
    return places[np.argsort(-strength, kind="stable")]


def ngram_tokens(found: WordEffects, row: int) -> list[int]:
    """Ids of the n-gram in a row of the table."""
    return [token for token in found.table.tokens[row].tolist() if token >= 0]


def spelled(names: Sequence[str] | None, tokens: Sequence[int]) -> str:
    return " ".join(_name(names, token) for token in tokens)


def strongest_positions(found: WordEffects, side: Side, most: int) -> np.ndarray:
    """Positions of the single tokens with the largest effects, the largest first."""
    effects = np.nan_to_num(found.effects) * (-1 if side == "down" else 1)
    few = min(most, len(effects))
    best = np.argpartition(-effects, few - 1)[:few] if few else np.zeros(0, np.int64)
    best = best[effects[best] > 0]
    return best[np.argsort(-effects[best], kind="stable")]


def passages(dataset: Dataset, found: WordEffects, places: np.ndarray, tokens: int = 1) -> dict[str, list]:
    """Columns by name: the text before, the words that start at each position, the text after, their effect, the
    sequence's label and name, its row in the data set and the first word's step."""
    ends = np.cumsum(found.lengths)
    which = np.searchsorted(ends, places, side="right")
    steps = places - (ends - found.lengths)[which]
    rows = found.rows[which].tolist()
    columns: dict[str, list] = {"before": [], "words": [], "behind": []}
    for row, step in zip(rows, steps.tolist(), strict=True):
        words = words_of(dataset, row)
        columns["before"].append(" ".join(words[max(step - _CONTEXT, 0) : step]))
        columns["words"].append(" ".join(words[step : step + tokens]))
        columns["behind"].append(" ".join(words[step + tokens : step + tokens + _CONTEXT]))
    columns["effect"] = _sums(found, places, tokens).tolist()
    if dataset.labels is not None:
        columns["class"] = [str(dataset.labels[row]) for row in rows]
    return columns | {"sequence": [str(dataset.ids[row]) for row in rows], "row": rows, "step": steps.tolist()}


def words_finding(
    found: WordEffects, names: Sequence[str] | None, mode: str, sides: Mapping[str, str], minimum: int
) -> Finding:
    """The words with the largest significant effects on a mode (or several, named).

    `sides` say what effects "up" and "down" favour.
    """
    if found.signed:
        named = {side: _named(found, names, minimum, side) for side in ("down", "up")}
        told = "; ".join(f"{words} {sides[side]}" for side, words in named.items() if words)
    else:
        told = _named(found, names, minimum, "either")
    if not told:
        tested = int((np.isfinite(found.table.q) & (found.table.lengths == 1)).sum())
        reason = f"Of {tested} words in at least {LEAST_TEXTS} texts, none seen at least {minimum} times has q below"
        return Finding(f"{mode}: no word has a significant effect.", f"({reason} {_BY_CHANCE:g}.)")
    counted = f"mean over {len(found.rows)} sequences, words seen at least {minimum} times, q < {_BY_CHANCE:g}"
    return Finding(f"{mode}: {told}." if found.signed else f"What moves {mode.lower()} most: {told}.", f"({counted}.)")


def _named(found: WordEffects, names: Sequence[str] | None, minimum: int, side: Side) -> str:
    rows = ngram_rows(found, 1, minimum, side, "effect", len(found.table.q))
    # A word may differ from the others by having no effect.
    beyond = (found.table.effects[rows] - np.nanmean(found.effects)) * (-1 if side == "down" else 1) > 0
    rows = rows[beyond & (found.table.q[rows] < _BY_CHANCE)][:_NAMED]
    written = signed if found.signed else number
    return ", ".join(
        f"“{spelled(names, ngram_tokens(found, row))}” {written(found.table.effects[row])}" for row in rows.tolist()
    )


def _sums(found: WordEffects, places: np.ndarray, tokens: int) -> np.ndarray:
    return found.effects[places[:, None] + np.arange(tokens)].astype(np.float64).sum(axis=1)


def _joined(ids: Sequence[np.ndarray], rows: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    parts = [ids[row][:length] for row, length in zip(rows, lengths, strict=True)]
    return np.concatenate([*parts, np.zeros(0, np.int64)]).astype(np.int64)


def _name(names: Sequence[str] | None, token: int) -> str:
    """An id without a name is named by its number."""
    return str(token) if names is None or token >= len(names) or not names[token] else names[token]
