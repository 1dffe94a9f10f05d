"""What users bring, written to one folder, and the pairs that are made of it."""

from kann.backend.engine.jobs import Job
from kann.backend.opened.library import Words
from kann.backend.opened.pair import Pair
from tests.counting import save_counter
from tests.networks import save_autoencoder, save_beats, save_lstm, save_states
from tests.texts import save_classifier

BEATS = Pair(data="path:beats.txt", model="path:model.pt")
REBUILT = Pair(data="path:beats.txt", model="path:autoencoder.pt")
STATES = Pair(data="path:states.npz")
TEXTS = Pair(data="path:texts/texts.csv", model="path:texts/model.pt", vocabulary=Words("path:texts/words.json"))
COUNTED = Pair(
    data="path:counter.csv", model="path:counter.pt", vocabulary=Words("path:counter_words.json"), nonlinearity="relu"
)


def save_all(folder):
    save_lstm(folder / "model.pt")
    save_lstm(folder / "other.pt", hidden=4, seed=7)
    save_lstm(folder / "wide.pt", inputs=3)
    save_autoencoder(folder / "autoencoder.pt")
    save_beats(folder / "beats.txt")
    save_states(folder / "states.npz")
    save_counter(folder)
    (folder / "texts").mkdir()
    save_classifier(folder / "texts")
    return folder


def last_job(service, pair, asked):
    """The job that computed the answer, once it has ended."""
    last = None
    while isinstance(found := service.ask(pair, asked), Job):
        last = found
        last.check()
    return last
