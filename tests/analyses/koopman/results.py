"""Results of analyses on small systems, for tests of what is said and drawn of them."""

from kann.analyses.koopman.spectrum.koopman_states import analyse
from kann.analyses.koopman.spectrum.settings import Settings
from tests.analyses.koopman.stand_ins import transitions


def result_of(states, rank=None):
    return analyse(transitions(states), Settings(rank=rank))
