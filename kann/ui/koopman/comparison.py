"""The Compare page: choice of the two sides, the finding, its null model and the table of matches."""

from __future__ import annotations

import streamlit as st

from kann.analyses.koopman.comparison.comparing import Comparison, PermutationSettings, PermutationTest
from kann.analyses.koopman.comparison.comparison_findings import (
    comparison_finding,
    comparison_table,
    explain_null_model,
    modes_on_one_side,
)
from kann.analyses.koopman.comparison.untrained_ranking import RankingSettings, UntrainedRanking
from kann.analyses.koopman.spectrum.mode_table import as_csv
from kann.analyses.koopman.spectrum.settings import Settings
from kann.analyses.wording import number, share
from kann.backend.engine.question import Asked
from kann.backend.opened.pair import OpenedPair, Pair
from kann.studies.koopman.contrasts import Compared, Contrast, networks_beside, sides_of
from kann.studies.koopman.facts import twin_kinds
from kann.studies.koopman.questions.comparison import CHANCE, COMPARISON, permuted
from kann.studies.koopman.questions.ranking import RANKING, ranked
from kann.ui import opening
from kann.ui.glossary import term
from kann.ui.koopman.fits import OpenFit, opened_fit
from kann.ui.koopman.selection import TERMS
from kann.ui.start import service
from kann.ui.widgets import chosen_pair
from kann.ui.words import plain

_LINKED = {"bind": "query-params", "persist_state": "session"}
# Options as shown on the page and written into its address.
_CLASSES, _TRAINING, _CHECKPOINTS = "two classes", "trained and untrained", "two checkpoints"
_NULL = term("null model")
_P_OF_PERMUTATIONS = f"{_NULL}: share of permutations of the sequences with a distance of at least this size"
_P_OF_ROWS = (
    f"{_NULL}: share of the networks, this one and {term('untrained twin', 'untrained ones')} of one kind, with a mean "
    "distance of at least this size; the largest share over all kinds"
)
_TWIN = f"initialisation of the {term('untrained twin')} on side B"
_DEMO, _UPLOAD, _PATH = "a demo", "your own file", "the data folder"


def compared_fit() -> tuple[OpenFit, Compared, Comparison]:
    """The opened fit, the two sides, and their matched spectra. The page stops here while a choice is missing or a
    network is being unrolled."""
    pair = chosen_pair()
    contrast = None if pair is None else chosen_contrast(service().library.open(pair))
    if contrast is None:
        st.stop()
    fit = opened_fit()
    compared = sides_of(service().library, pair, fit.settings, contrast)
    found = fit.answer(COMPARISON(compared))
    if found is None:
        st.stop()
    return fit, compared, found


def chosen_contrast(opened: OpenedPair) -> Contrast | None:
    """The choice of the two sides; None while it is incomplete, with a message about what is missing."""
    classes, network = opened.classes, opened.network
    ways = [*([_CLASSES] if classes else []), *([_TRAINING, _CHECKPOINTS] if network is not None else [])]
    if not ways:
        st.info(
            "These states have neither labels nor a network, so there is nothing to compare.", icon=":material/info:"
        )
        return None
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="contrast")
    way = _one_of("Compare", ways, "compare", row)
    if way == _CLASSES:
        return _two_classes(classes, row)
    if way == _TRAINING:
        kind = row.selectbox("Initialisation", twin_kinds(opened), key="twin-kind", width=180, help=_TWIN, **_LINKED)
        seed = row.number_input("Seed of the untrained twin", 0, 9999, 0, key="twin-seed", width=200, **_LINKED)
        return Contrast(twin=int(seed), kind=kind)
    model = _second_model(opened.pair, row)
    return None if model is None else Contrast(model=model)


def finding(comparison: Comparison, chance: PermutationTest | UntrainedRanking | None, unit: str) -> None:
    """Shows the finding in words, then its numbers in one line."""
    words = comparison_finding(comparison, chance, unit)
    with st.container(key="finding"):
        st.markdown(f"**{plain(words.headline)}** {plain(words.support)}")
    p = "…" if chance is None else number(chance.p_value)
    one, other = modes_on_one_side(comparison)
    lacks = (
        "modes (a pair counts once) that the other side lacks: none of its eigenvalues lies within the 95 % ellipse of "
        f"the difference or has a {term('response')} with a correlation of at least 0.9"
    )
    figures = {
        "distance": (number(comparison.distance), "mean distance of matched eigenvalues, complex plane, per step"),
        "p": (p, _P_OF_ROWS if comparison.untrained else _P_OF_PERMUTATIONS),
        "only in A": (one, lacks),
        "only in B": (other, lacks),
        "one-step R², A and B": (
            " · ".join(map(share, comparison.R2)),
            f"share of the next state's variance that each {term('operator')} predicts on held-out sequences",
        ),
    }
    with st.container(horizontal=True, gap="medium"):
        for label, (value, meaning) in figures.items():
            st.metric(label, value, help=meaning, width="content")
    st.caption(f"A: {plain(comparison.names[0])} · B: {plain(comparison.names[1])}")


def chance_of(settings: Settings, compared: Compared) -> Asked[PermutationTest | UntrainedRanking]:
    """The question for the null model of the distance: permutations of the sequences or, for a network and its
    untrained twin, the rank of the network among untrained ones of every kind."""
    if compared.other.twin is not None:
        return RANKING(ranked(settings, RankingSettings()))
    return CHANCE(permuted(compared, PermutationSettings()))


def about_chance(chance: PermutationTest | UntrainedRanking, settings: Settings) -> None:
    """Explains below the figure what the p-value compares."""
    without = " The p-value is that of fits without inputs." if settings.inputs else ""
    st.caption(plain(f"{explain_null_model(chance)}{without}"))


def table(comparison: Comparison) -> None:
    """All matches as a table, with a download."""
    columns = comparison_table(comparison)
    st.dataframe(
        columns, height=320, hide_index=True,
        column_config={
            name: st.column_config.NumberColumn(
                format="%d" if "mode" in name or name == "eigenvalues" else "%.4g",
                help=TERMS.get(name.partition(": ")[2]),
            )
            for name in columns if name != "exists in"
        },
        alt="Matched modes of A and B: eigenvalues, half-lives, shares, distance, and on which side they exist",
    )  # fmt: skip
    st.download_button("Download as CSV", as_csv(columns), "comparison.csv", "text/csv", icon=":material/download:")
    for note in comparison.notes:
        st.caption(plain(note))


def _two_classes(classes: list, row) -> Contrast:
    first = row.selectbox("A, class", classes, index=0, key="class-a", width=160, **_LINKED)
    second = row.selectbox("B, class", classes, index=1, key="class-b", width=160, **_LINKED)
    return Contrast(classes=(first, second))


def _second_model(pair: Pair, row) -> str | None:
    """The reference of another network that reads the same data."""
    library, titles = service().library, networks_beside(service().library, pair)
    places = [*([_DEMO] if titles else []), _UPLOAD, *([_PATH] if library.root is not None else [])]
    place = _one_of("with the network from", places, "second-from", row)
    if place == _DEMO:
        return row.selectbox("Network", list(titles), format_func=titles.get, key="second-demo", **_LINKED)
    if place == _PATH:
        path = row.text_input("Checkpoint, path below the data folder", key="second-path", **_LINKED).strip()
        return f"path:{path}" if path else None
    return opening.uploaded("second model", "Checkpoint", ".safetensors, or what torch.save wrote", library.checkpoint)


def _one_of(label: str, options: list[str], key: str, row) -> str:
    """One of the options; a value kept from other options is dropped."""
    if st.session_state.get(key, options[0]) not in options:
        del st.session_state[key]
    return row.segmented_control(label, options, default=options[0], required=True, key=key, **_LINKED)
