"""The nouns that travel between stages: small, frozen, checked once, when they are made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Literal, no_type_check

import numpy as np
from jaxtyping import Bool, Complex, Float, Int, Shaped

from kann.errors import OutOfRange, UnreadableDataset

Kind = Literal["signal", "text", "symbols", "vectors", "states"]


@dataclass(frozen=True)
class RecurrentLayer:
    """A recurrent layer as recognised by the names and shapes of its tensors.

    `name` is the prefix of its tensors without the last dot ("" where there is none), `layers` the
    number of stacked ones, `bias` whether the weights come with biases. `nonlinearity` of an "RNN" is "tanh" or
    "relu" where the file states it, else None, since weights do not tell; two layers that differ in it alone are equal.
    """

    name: str
    cell: str
    input_size: int
    hidden_size: int
    layers: int = 1
    bidirectional: bool = False
    bias: bool = True
    nonlinearity: str | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Checkpoint:
    """A model file, opened without running anything in it.

    `tensors` in the file's order, as numpy arrays (bfloat16 widened to float32, half precision kept);
    `dtypes` the names of the types in the file; `sha256` of the file's bytes; `metadata` what the file
    says of itself in plain values; `uncalled` the globals that the file names, none of them called.
    """

    tensors: Mapping[str, Shaped[np.ndarray, " *_shape"]]
    dtypes: Mapping[str, str]
    sha256: str
    format: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    uncalled: tuple[str, ...] = ()
    recurrent_layers: tuple[RecurrentLayer, ...] = ()


@dataclass(frozen=True)
class Dataset:
    """Sequences with their true lengths; nothing is padded.

    `sequences`: arrays [steps channels] of float32 ("signal", "vectors"; "states": [steps units], any
    float type), or integer arrays [steps] of token ids ("text", "symbols"). `labels` one a sequence, or
    None; `ids` one a sequence, the row's number from 0 or a name; `tokens` the words of each sequence
    where it has any; `inputs` [steps channels] beside states; `sampling_rate` in Hz.
    `token_names` names the ids of "text" and "symbols"; `unknown_share` is the share of tokens that
    the vocabulary lacks. `sha256` is of the file's bytes, which may be read in several ways: what they were read
    as has a `digest` of its own.
    """

    kind: Kind
    sequences: Sequence[Shaped[np.ndarray, "_steps ..."]]
    sha256: str
    name: str = "data"
    labels: Shaped[np.ndarray, " sequences"] | None = None
    ids: Shaped[np.ndarray, " sequences"] | None = None
    tokens: Sequence[Sequence[str]] | None = None
    inputs: Sequence[Shaped[np.ndarray, "_steps ..."]] | None = None
    sampling_rate: float | None = None
    token_names: Sequence[str] | None = None
    unknown_share: float | None = None

    def __post_init__(self) -> None:
        if self.ids is None:
            object.__setattr__(self, "ids", np.arange(len(self.sequences)))
        for what in ("labels", "ids", "tokens", "inputs"):
            given = getattr(self, what)
            if given is not None and len(given) != len(self.sequences):
                raise UnreadableDataset(
                    f"{len(given)} {what} stand beside {len(self.sequences)} sequences: give one for each."
                )

    def __len__(self) -> int:
        return len(self.sequences)

    @cached_property
    def digest(self) -> str:
        """sha256 of all that was read, of every field but the file's own `sha256` and `name`."""
        found = hashlib.sha256()
        for each in fields(self):
            if each.name not in ("sha256", "name"):
                found.update(each.name.encode())
                _feed(found, getattr(self, each.name))
        return found.hexdigest()

    @cached_property
    def lengths(self) -> np.ndarray:
        """Steps of each sequence."""
        return np.array([len(sequence) for sequence in self.sequences], dtype=np.int64)

    @property
    def width(self) -> int | None:
        """Channels or units of a step; None for token ids."""
        return self.sequences[0].shape[1] if len(self) and self.sequences[0].ndim == 2 else None

    def examples(self, each: int, classes: int) -> list[int]:
        """Rows of the first `each` sequences of the first `classes` classes; without labels, of one class."""
        labels = np.zeros(len(self)) if self.labels is None else self.labels
        firsts = [np.flatnonzero(labels == label)[:each] for label in np.unique(labels)[:classes]]
        return np.concatenate([*firsts, np.zeros(0, np.int64)]).tolist()

    def select(self, rows: np.ndarray) -> Dataset:
        """The sequences at these positions, in this order, with all that belongs to them."""
        rows = np.asarray(rows, dtype=np.int64)
        if len(rows) and (rows.min() < -len(self) or rows.max() >= len(self)):
            raise OutOfRange(f"Sequence {rows.max()} was asked for, but there are {len(self)}, numbered from 0.")
        listed = {
            name: [getattr(self, name)[row] for row in rows]
            for name in ("sequences", "tokens", "inputs")
            if getattr(self, name) is not None
        }
        arrays = {name: getattr(self, name)[rows] for name in ("labels", "ids") if getattr(self, name) is not None}
        return Dataset(
            **{
                "kind": self.kind,
                "sha256": self.sha256,
                "name": self.name,
                "sampling_rate": self.sampling_rate,
                "token_names": self.token_names,
            }
            | listed
            | arrays
        )


def _feed(digest: Any, value: Any) -> None:
    """Adds a value behind its shape, so that no two different ones add the same bytes."""
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        digest.update(f"{value.dtype.str}{value.shape}".encode())
        digest.update(value.tobytes())
    elif (words := _joined(value)) is not None:  # there may be millions, and JSON takes five times as long
        digest.update(f"{len(value)} words".encode())
        digest.update(words.encode(errors="surrogatepass"))
    elif isinstance(value, (list, tuple)):
        digest.update(f"{len(value)} values".encode())
        for entry in value:
            _feed(digest, entry)
    else:
        digest.update(json.dumps(value.tolist() if isinstance(value, np.ndarray) else value).encode())


def _joined(value: Any) -> str | None:
    """Words in one, told apart by a sign that none of them has; None where that cannot be."""
    if not isinstance(value, list) or not value or not isinstance(value[0], str):
        return None
    words = "\0".join(value)
    return words if words.count("\0") == len(value) - 1 else None


@no_type_check  # Users make it: shapes are checked below, in words.
@dataclass(frozen=True)
class StateBatch:
    """States of a batch of sequences, padded behind their true lengths; padding is never read.

    values: [sequences steps units]; lengths: [sequences], at most `steps`; inputs: [sequences steps
    channels], what drove the step that ended in the state of the same index, or None; labels and ids:
    one a sequence, or None; readout: the network's own function of states [... units] to outputs
    [... outputs], or None.
    """

    values: Float[np.ndarray, "sequences steps units"]
    lengths: Int[np.ndarray, " sequences"]
    inputs: Shaped[np.ndarray, "sequences steps channels"] | None = None
    labels: Shaped[np.ndarray, " sequences"] | None = None
    ids: Shaped[np.ndarray, " sequences"] | None = None
    readout: Callable[[Float[np.ndarray, "*shape units"]], Float[np.ndarray, "*shape outputs"]] | None = None

    def __post_init__(self) -> None:
        if self.values.ndim != 3:
            raise OutOfRange(f"States have the axes sequences, steps, units; these have {self.values.ndim} axes.")
        if len(self.lengths) != len(self.values):
            raise OutOfRange(f"{len(self.lengths)} lengths stand beside {len(self.values)} sequences.")
        if len(self.lengths) and (self.lengths.min() < 0 or self.lengths.max() > self.values.shape[1]):
            raise OutOfRange(
                f"A length of {self.lengths.max()} does not fit {self.values.shape[1]} steps; lengths count true steps."
            )
        if self.inputs is not None and self.inputs.shape[:2] != self.values.shape[:2]:
            raise OutOfRange(f"Inputs {self.inputs.shape} and states {self.values.shape} differ in sequences or steps.")


@dataclass(frozen=True)
class Rebuilt:
    """Outputs [sequences steps outputs] of a network, NaN where there are none: `full` from its true states,
    `part` from what chosen modes carry of them, `mean` from the mean of the fitted states, as if there were no
    mode. `original` is what a decoder is to give back, else None."""

    full: Float[np.ndarray, "sequences steps outputs"]
    part: Float[np.ndarray, "sequences steps outputs"]
    mean: Float[np.ndarray, "sequences steps outputs"]
    original: Float[np.ndarray, "sequences steps outputs"] | None


@dataclass(frozen=True)
class Untrained:
    """What untrained networks of the same shape say of a spectrum, at its rank.

    `kinds` of initialisation, `each` networks of each; `own` the kind that the network is known to have begun with,
    or ""; `strictest` the kind from which the spectrum stands out least, and of that kind: `R2` [networks] of each
    one's own operator; `eigenvalues` of the first few at rank `drawn_at`, with `half_lives` in steps and `frequencies`
    in cycles per step; `as_many` [modes] the most modes that last as long as this one in any of them; `alike` [modes]
    the longest half-life, in steps, that any of them has in the place of this mode in its spectrum;
    `median_half_life` of the typical mode of the typical network. `beyond` [modes]: modes that last longer than
    initialisation explains, at a rate of false alarms of 5 % for all modes together; `beyond_shuffled` [modes]: than
    the trained weights shuffled explain. `p_value` of the initialisations.
    """

    kinds: tuple[str, ...]
    each: int
    strictest: str
    own: str
    R2: Float[np.ndarray, " networks"]
    eigenvalues: Complex[np.ndarray, " drawn"]
    half_lives: Float[np.ndarray, " drawn"]
    frequencies: Float[np.ndarray, " drawn"]
    drawn_at: int
    as_many: Int[np.ndarray, " modes"]
    alike: Float[np.ndarray, " modes"]
    median_half_life: float
    beyond: Bool[np.ndarray, " modes"]
    beyond_shuffled: Bool[np.ndarray, " modes"]
    p_value: float

    @property
    def median(self) -> float:
        """Of the strictest kind's R2."""
        return float(np.median(self.R2))


@dataclass(frozen=True)
class Spectrum:
    """What is shown of an operator's modes, one entry a mode, sorted by falling modulus.

    `ids` name the modes in addresses and selections. `residuals`, `condition`, `shares`: see
    `kann.numerics.operator.koopman.Operator`. `half_lives` in steps, `frequencies` in cycles per step.
    From the bootstrap, NaN where there is none: `trust` in 0..1, `standard_error`, `modulus_low` and
    `modulus_high` of the modulus at 95 %, `covariance` [modes 2 2] of (real, imaginary part).
    `half_life_low`, `half_life_high` belong to the bounds of the modulus. `decision_shares`: part of the
    variance of a read-out's evidence, over all its classes, that the mode explains; NaN without a read-out.
    `predicts`, `size_reach`, `rhythm_reach`: see
    `kann.numerics.prediction.reach.Reach`; NaN where they could not be tried.
    `longest` sequence in steps, 0 where that is unknown. `untrained` None until, or unless, there are any.
    `sampling_rate` in Hz, or None.
    """

    eigenvalues: Complex[np.ndarray, " modes"]
    ids: tuple[str, ...]
    residuals: Float[np.ndarray, " modes"]
    condition: Float[np.ndarray, " modes"]
    shares: Float[np.ndarray, " modes"]
    half_lives: Float[np.ndarray, " modes"]
    frequencies: Float[np.ndarray, " modes"]
    trust: Float[np.ndarray, " modes"]
    standard_error: Float[np.ndarray, " modes"]
    modulus_low: Float[np.ndarray, " modes"]
    modulus_high: Float[np.ndarray, " modes"]
    covariance: Float[np.ndarray, "modes 2 2"]
    half_life_low: Float[np.ndarray, " modes"]
    half_life_high: Float[np.ndarray, " modes"]
    decision_shares: Float[np.ndarray, " modes"]
    predicts: Float[np.ndarray, " modes"]
    size_reach: Float[np.ndarray, " modes"]
    rhythm_reach: Float[np.ndarray, " modes"]
    longest: int = 0
    untrained: Untrained | None = None
    sampling_rate: float | None = None

    def __len__(self) -> int:
        return len(self.eigenvalues)

    @property
    def has_intervals(self) -> bool:
        return bool(np.isfinite(self.trust).any())

    @property
    def decides(self) -> bool:
        """Whether there is a read-out, so that modes carry evidence for a decision."""
        return bool(np.isfinite(self.decision_shares).any())

    @property
    def carried(self) -> np.ndarray:
        """[modes] part of the states' variance of a mode and its conjugate together."""
        return self.shares * np.where(self.eigenvalues.imag != 0, 2, 1)

    @property
    def weights(self) -> np.ndarray:
        """[modes] part of the decision, where there is a read-out, else of the states, of a mode and its conjugate."""
        return self.decision_shares * np.where(self.eigenvalues.imag != 0, 2, 1) if self.decides else self.carried
