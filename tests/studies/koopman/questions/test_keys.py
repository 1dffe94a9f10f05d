"""Needs of each question: no stale answer is served, and settings that do not change an answer keep its key."""

from dataclasses import replace

import pytest

from kann.analyses.koopman.spectrum.settings import Settings
from kann.studies.koopman.contrasts import Contrast, sides_of
from kann.studies.koopman.questions import (
    comparison,
    controls,
    delays,
    faithfulness,
    modes,
    ranking,
    signals,
    spectrum,
    states,
    texts,
    untrained,
)
from tests.studies.koopman.pairs import BEATS

QUICK = Settings(rank=6, twins=1, samples=20)


def compared(service, settings, **contrast):
    return sides_of(service.library, BEATS, settings, Contrast(**contrast))


ON_SUMS = {
    "operator": lambda service, settings: spectrum.OPERATOR(settings),
    "spectrum": lambda service, settings: spectrum.SPECTRUM(settings),
    "followed": lambda service, settings: spectrum.FOLLOWED(spectrum.Followed(settings, ("0.9+0i@4",))),
    "dominance": lambda service, settings: modes.DOMINANCE(modes.Scored(settings)),
    "by class": lambda service, settings: modes.MODES_BY_CLASS(modes.OfModes(settings, modes=(0,))),
    "rebuilt": lambda service, settings: modes.RECONSTRUCTIONS(modes.RebuiltModes(settings, modes=(0,))),
    "traces": lambda service, settings: modes.TRACES(modes.Traced(settings, (0,), (0,))),
    "decisive": lambda service, settings: texts.DECISIVE(texts.Decided(settings)),
    "reading": lambda service, settings: texts.READING(texts.ReadBy(settings, None, (0,), row=0)),
    "words": lambda service, settings: texts.WORD_EFFECTS(texts.Effects(settings, None, (0,))),
    "signals": lambda service, settings: signals.SIGNALS(signals.Signals(settings, (0,))),
    "segments": lambda service, settings: signals.ENERGY_BY_SEGMENT(signals.Segmented(settings)),
    "faithfulness": lambda service, settings: faithfulness.FAITHFULNESS(faithfulness.Deleted(settings)),
    "comparison": lambda service, settings: comparison.COMPARISON(compared(service, settings, classes=(1, 2))),
    "chance": lambda service, settings: comparison.CHANCE(
        comparison.permuted(compared(service, settings, classes=(1, 2)), comparison.PermutationSettings())
    ),
}
ON_TWINS = {
    "beside": lambda service, settings: spectrum.BESIDE_UNTRAINED(settings),
    "controls": lambda service, settings: controls.CONTROLS(controls.Controlled(settings)),
}


def stands_on(service, asked):
    """Names of all questions that an answer stands on, at any depth."""
    needs = asked.question.needs(service.library.open(asked.of or BEATS), asked.settings)
    return {asked.question.name}.union(*(stands_on(service, need) for need in needs))


@pytest.mark.parametrize("name", ON_SUMS | ON_TWINS)
def test_what_is_asked_of_an_operator_stands_on_its_sums(service, name):
    asked = (ON_SUMS | ON_TWINS)[name](service, QUICK)

    assert states.SUMS.name in stands_on(service, asked)


@pytest.mark.parametrize("name", ON_SUMS | ON_TWINS)
def test_whatever_is_summed_otherwise_has_another_key(service, name):
    keys = {
        service.key(BEATS, (ON_SUMS | ON_TWINS)[name](service, settings))
        for settings in (QUICK, replace(QUICK, lag=2), replace(QUICK, held_out=4), replace(QUICK, intercept=False))
    }

    assert len(keys) == 4


@pytest.mark.parametrize("name", ON_SUMS)
def test_what_never_looks_at_twins_is_kept_when_there_are_more_of_them(service, name):
    fewer, more = (ON_SUMS[name](service, replace(QUICK, twins=count)) for count in (1, 3))

    assert service.key(BEATS, fewer) == service.key(BEATS, more)


@pytest.mark.parametrize("name", ON_TWINS)
def test_what_looks_at_twins_has_another_key_with_more_of_them(service, name):
    fewer, more = (ON_TWINS[name](service, replace(QUICK, twins=count)) for count in (1, 3))

    assert service.key(BEATS, fewer) != service.key(BEATS, more)


def test_a_class_compared_with_a_twin_stands_on_the_sums_of_both(service):
    asked = comparison.COMPARISON(compared(service, QUICK, twin=0))

    assert {states.SUMS.name, states.TWIN_SUMS.name} <= stands_on(service, asked)


def test_untrained_networks_are_the_same_at_every_rank(service):
    keys = [service.key(BEATS, untrained.untrained_beside(replace(QUICK, rank=rank))) for rank in (3, 5)]

    assert keys[0] == keys[1]


def test_delays_heed_rank_and_intercept_and_nothing_of_the_sums():
    assert delays.DELAYS(delays.Replaced(16)) != delays.DELAYS(delays.Replaced(15))
    assert not set(delays.Replaced.__dataclass_fields__) & {"lag", "samples", "groups", "state"}


def test_each_network_of_a_ranking_is_unrolled_once_whatever_is_compared(service):
    settings = ranking.RankingSettings(twins=2)
    low, high = (ranking.ranked(replace(QUICK, rank=rank, inputs=rank == 4), settings) for rank in (4, 6))

    assert ranking.needs(service.library.open(BEATS), low) == ranking.needs(service.library.open(BEATS), high)
    assert service.key(BEATS, ranking.RANKING(low)) != service.key(BEATS, ranking.RANKING(high))
