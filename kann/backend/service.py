"""What pages, command line and reports ask of the cached backend, one method a question."""

from __future__ import annotations

from functools import partial

import numpy as np

from kann.analyses.koopman.comparison.comparing import Comparison, PermutationTest
from kann.analyses.koopman.comparison.untrained_ranking import Settings as Rows
from kann.analyses.koopman.comparison.untrained_ranking import UntrainedRanking
from kann.analyses.koopman.controls.delay_replacement import DelayReplacement
from kann.analyses.koopman.controls.measured import Controls
from kann.analyses.koopman.controls.measured import Settings as Controlled
from kann.analyses.koopman.highlights.faithfulness import Result as Faithfulness
from kann.analyses.koopman.highlights.faithfulness import Settings as Deletions
from kann.analyses.koopman.highlights.signal_highlights import EnergyBySegment, SignalReading, Waves
from kann.analyses.koopman.highlights.text_highlights import TextReading, decisive_mode
from kann.analyses.koopman.highlights.word_effects import WordEffects
from kann.analyses.koopman.modes.mode_classes import Dominance, ModesByClass
from kann.analyses.koopman.modes.mode_traces import Traces
from kann.analyses.koopman.modes.reconstructions import Reconstructions
from kann.analyses.koopman.spectrum.koopman_states import Result
from kann.analyses.koopman.spectrum.transitions import Settings
from kann.backend import comparison, highlights, koopman_states, line_ups, mode_classes, signal_reading
from kann.backend.cached_backend import CachedBackend, one_look
from kann.backend.comparison import Contrast
from kann.backend.controls import compute_controls, controls_key
from kann.backend.delay_tests import compute_delay_test, delay_test_key
from kann.backend.engine.jobs import Job
from kann.backend.faithfulness import compute_faithfulness, faithfulness_key
from kann.backend.opened import cards
from kann.backend.opened.library import Source
from kann.interventions.untrained_twins import kinds_of
from kann.records import Dataset
from kann.tasks.demos import Demo, demos


class Service(CachedBackend):
    """The cached backend of one process with all that can be asked of it. Answers that take long are jobs."""

    def demos(self) -> list[Demo]:
        """What ships and opens at once."""
        return demos()

    def units(self, source: Source, settings: Settings) -> int:
        """Width of the states: the largest rank there is."""
        return koopman_states.units(self.library, source, settings)

    def page_settings(self, source: Source, settings: Settings) -> Settings:
        """The settings as pages, command line and reports begin with them: with a rank, if they name none."""
        return koopman_states.page_settings(self.library, source, settings)

    def classes(self, source: Source) -> list:
        """Labels that have an operator of their own, sorted; none where there are too many or just one."""
        labels = self.library.dataset(source.data, source.vocabulary).labels
        names = [] if labels is None else np.unique(labels).tolist()
        return names if 1 < len(names) <= koopman_states.MOST_CLASSES else []

    def class_names(self, source: Source) -> dict[str, str]:
        """What the data's labels mean, as far as the model's card says."""
        return cards.class_names(self.library, source)

    def detector(self, source: Source) -> cards.Detector | None:
        """The anomaly threshold of a model whose card has one."""
        return cards.detector(self.library, source)

    def through(self, source: Source) -> str | None:
        """What modes can be shown through: the "decoder", the "readout", or nothing."""
        return mode_classes.through(self.library, source)

    @one_look
    def dominance(self, source: Source, settings: Settings, result: Result, everything: bool) -> Dominance | Job:
        """How much there is of each mode, or the job that finds out."""
        asked = self.library, source, settings, result, everything
        key = mode_classes.key("dominance", self.library, source, settings, everything)
        return self.second_pass(key, Dominance, partial(mode_classes.compute_dominance, *asked))

    @one_look
    def modes_by_class(
        self, source: Source, settings: Settings, result: Result, modes: list[int], everything: bool
    ) -> ModesByClass | Job:
        """The chosen modes over time by class, or the job that finds out."""
        sums = self._sums_for_inputs(source, settings)
        asked = self.library, source, settings, result, modes, everything, sums
        key = mode_classes.key("courses", self.library, source, settings, modes, everything)
        return self.second_pass(key, ModesByClass, partial(mode_classes.compute_modes_by_class, *asked))

    @one_look
    def reconstructions(
        self, source: Source, settings: Settings, result: Result, modes: list[int], toward: int, everything: bool
    ) -> Reconstructions | Job:
        """What the chosen modes rebuild through the decoder or the read-out, or the job that finds out.

        Raises:
            UnknownNetwork: the network has neither.
        """
        asked = self.library, source, settings, result, modes, toward, everything
        key = mode_classes.key("reconstructions", self.library, source, settings, modes, toward, everything)
        return self.second_pass(key, Reconstructions, partial(mode_classes.compute_reconstructions, *asked))

    def are_heartbeats(self, source: Source) -> bool:
        """Whether the data are heartbeats, by their name."""
        return signal_reading.are_heartbeats(self.library, source)

    def waves_can_be_found(self, source: Source) -> bool:
        """Whether P, QRS and T could be looked for: what finds them is installed, and the data have one channel."""
        return signal_reading.waves_can_be_found(self.library, source)

    def sampling_rate(self, source: Source) -> float | None:
        """In Hz, where the data or the model's card tell it."""
        return signal_reading.sampling_rate(self.library, source)

    @one_look
    def waves(self, source: Source, settings: Settings, rows: list[int], rate: float) -> Waves | Job:
        """P, QRS and T of the chosen sequences, or the job that finds them."""
        key = signal_reading.waves_key(self.library, source, settings, rows, rate)
        return self.second_pass(
            key, Waves, partial(signal_reading.compute_waves, self.library, source, settings, rows, rate)
        )

    @one_look
    def signal_readings(
        self, source: Source, settings: Settings, result: Result, rows: list[int], waves: Waves | None
    ) -> list[SignalReading]:
        """The chosen sequences with the energy of every mode at every step."""
        sums = self._sums_for_inputs(source, settings)
        return signal_reading.readings(self.library, source, settings, result, rows, waves, sums)

    @one_look
    def energy_by_segment(
        self, source: Source, settings: Settings, result: Result, rate: float | None, everything: bool
    ) -> EnergyBySegment | Job:
        """Energy of every mode by class and wave (without a rate: by fifths), or the job that measures it."""
        sums = self._sums_for_inputs(source, settings)
        asked = self.library, source, settings, result, rate, everything, sums
        key = signal_reading.segments_key(self.library, source, settings, rate, everything)
        return self.second_pass(key, EnergyBySegment, partial(signal_reading.compute_energy_by_segment, *asked))

    @one_look
    def traces(self, source: Source, settings: Settings, result: Result, rows: list[int], modes: list[int]) -> Traces:
        """The chosen modes over the steps of the chosen sequences."""
        sums = self._sums_for_inputs(source, settings)
        return koopman_states.traces(self.library, source, settings, result, rows, modes, sums)

    def typed(self, source: Source, text: str) -> Dataset:
        """One sequence, of a text that was typed in, in the words of the source's vocabulary.

        Raises:
            KannError: the text is blank or too long, or none of its words is in the vocabulary.
        """
        return self.library.typed(text, source.vocabulary)

    def outcomes(self, source: Source, settings: Settings) -> list[str]:
        """Names of the classes that the network's read-out decides between; none without a read-out."""
        return highlights.outcomes(self.library, source, settings)

    @one_look
    def decisive_mode(
        self, source: Source, settings: Settings, result: Result, toward: int | None
    ) -> tuple[int, float]:
        """The mode that carries most of the evidence for a class (without one: of the states), and its share."""
        return decisive_mode(result.operator, highlights.aimed_at(self.library, source, settings, toward))

    @one_look
    def reading(
        self, source: Source, settings: Settings, result: Result, sequence: Dataset, modes: list[int],
        toward: int | None,
    ) -> TextReading:  # fmt: skip
        """A data set of one sequence as the chosen modes read it, towards a class or, for None, towards none.

        Raises:
            KannError: the sequence is empty, or what unrolling has to say.
        """
        key = highlights.reading_key(self.library, source, settings, sequence, modes, toward)
        found = self._readings.get(key)
        if found is None:
            sums = self._sums_for_inputs(source, settings)
            found = highlights.reading(self.library, source, settings, result, sequence, modes, toward, sums)
            self._readings.put(key, found)
        return found

    @one_look
    def word_effects(
        self, source: Source, settings: Settings, result: Result, modes: list[int], toward: int | None,
        everything: bool = False,
    ) -> WordEffects | Job:  # fmt: skip
        """What the words of the data set do to the chosen modes, or the job that finds out."""
        asked = self.library, source, settings, result, modes, toward, everything
        key = highlights.word_effects_key(self.library, source, settings, modes, toward, everything)
        sums = self._sums_for_inputs(source, settings)
        return self.second_pass(key, WordEffects, partial(highlights.compute_word_effects, *asked, sums))

    @one_look
    def faithfulness(
        self, source: Source, settings: Settings, result: Result, modes: list[int], deletions: Deletions
    ) -> Faithfulness | Job:
        """Which shading by the chosen modes (none: by all) to believe, or the job that finds out.

        Raises:
            KannError: there is no read-out, too few sequences, and what unrolling has to say.
        """
        asked = self.library, source, settings, result, modes, deletions
        key = faithfulness_key(self.library, source, settings, modes, deletions)
        sums = self._sums_for_inputs(source, settings)
        return self.second_pass(key, Faithfulness, partial(compute_faithfulness, *asked, sums))

    @one_look
    def controls(self, source: Source, settings: Settings, result: Result, asked: Controlled) -> Controls | Job:
        """What twins, shuffled time and other ways of fitting make of the same questions, or the job that asks them."""
        work = partial(compute_controls, self.library, self.store, source, settings, asked, result)
        return self.second_pass(controls_key(self.library, source, settings, asked), Controls, work)

    @one_look
    def delay_test(self, source: Source, settings: Settings) -> DelayReplacement | Job:
        """Delays replaced by the power of an operator that was fitted on delays alone, or the job that does so."""
        key = delay_test_key(self.library, source, settings)
        return self.second_pass(key, DelayReplacement, partial(compute_delay_test, self.library, source, settings))

    def networks_beside(self, source: Source) -> dict[str, str]:
        """Titles of the demos' networks that read the data of a source, by their references."""
        return comparison.networks_beside(self.library, source)

    @one_look
    def comparison(self, source: Source, settings: Settings, contrast: Contrast) -> Comparison | Job:
        """Two spectra matched, or the job that sums one of them.

        Raises:
            KannError: sides that cannot be compared, and what summing or solving has to say.
        """
        both = comparison.sides(self.library, source, settings, contrast)
        key = comparison.comparison_key(self.library, both)
        found = self._results.get(key)
        if found is not None:
            return found
        sums = [
            self._at_hand(side.key(self.library), partial(side.sums, self.library, self.store), self._sums)
            for side in both
        ]
        waited_for = next((answer for answer in sums if isinstance(answer, Job)), None)
        if waited_for is not None:
            return waited_for
        found = comparison.compare_sums(self.library, both, sums)
        self._results.put(key, found)
        return found

    def twin_kinds(self, source: Source) -> tuple[str, ...]:
        """Kinds of untrained twins that the network of a source can have."""
        return kinds_of(self.library.network(source))

    @one_look
    def chance(
        self, source: Source, settings: Settings, contrast: Contrast
    ) -> PermutationTest | UntrainedRanking | Job:
        """How far apart chance alone would put the two spectra (of a network and a twin: where the network stands
        among untrained ones of every kind), or the job that finds out."""
        if contrast.twin is not None:
            asked = self.library, source, settings, Rows()
            work = partial(line_ups.compute_line_up, self.library, self.store, *asked[1:])
            return self.second_pass(line_ups.line_up_key(*asked), UntrainedRanking, work)
        both, drawn = comparison.sides(self.library, source, settings, contrast), comparison.Settings()
        key = comparison.chance_key(self.library, both, drawn)
        return self.second_pass(key, PermutationTest, partial(comparison.chance, self.library, self.store, both, drawn))
