"""Building blocks of the home page: ways to open a network and data, and the contents of the files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from kann.analyses.wording import percent
from kann.backend.opened.inspection import assumed_between, nonlinearity_words, taken_nonlinearity
from kann.backend.opened.library import Words
from kann.backend.opened.pair import Pair, as_roles, demo, fitting_roles, with_own_words
from kann.records import Checkpoint, Dataset, RecurrentLayer
from kann.tasks.demos import demos as shipped
from kann.ui import session
from kann.ui.guard import guard
from kann.ui.start import service
from kann.ui.words import plain

_NONE = "-"
_ROLE_NAMES = {"embedding": "Embedding", "readout": "Read-out", "decoder": "Decoder"}


def demos() -> None:
    """One card for each demo, with a button that opens it."""
    for each in shipped():
        with st.container(border=True):
            words, button = st.columns([5, 1], vertical_alignment="center")
            words.markdown(f"**{plain(each.title)}**  \n{plain(each.sentence)}")
            if button.button("Open", key=f"demo:{each.name}", type="primary", width="stretch"):
                session.choose(demo(service().library, each.name))
                st.switch_page("pages/states/spectrum.py")


def upload() -> None:
    """Uploaders for checkpoint, data and vocabulary; an error is shown below the file that causes it."""
    library = service().library
    first, second, third = st.columns(3)
    with first:
        model = uploaded("model", "Checkpoint", ".safetensors, or what torch.save wrote", library.checkpoint)
    with third:
        words = uploaded("vocabulary", "Vocabulary, for texts", "one token a line, or JSON word to index", None)
    with second:
        data = uploaded(
            "data", "Data", "sequences, or hidden states", lambda name: library.dataset(name, _words(words))
        )
    changed = [st.session_state.pop(_changed(name), False) for name in ("model", "data", "vocabulary")]
    if any(changed) and (data or model):
        _open_if_whole(data, model, words)
    _found_in_file(model)


def from_data_root() -> None:
    """Text inputs for paths below KANN_DATA_DIR; a hint where it is not set."""
    if service().library.root is None:
        st.caption(
            "KANN_DATA_DIR is not set, so no file opens by its path. Set it to a folder and restart: then the files "
            "below that folder open here."
        )
        return
    with st.form("paths", border=False):
        fields = zip(
            st.columns(3),
            ("model", "data", "vocabulary"),
            ("Checkpoint, path below the data folder", "Data, path below the data folder", "Vocabulary, for texts"),
            strict=True,
        )
        paths = {
            name: column.text_input(label, key=f"{name} path", persist_state="session").strip()
            for column, name, label in fields
        }
        if st.form_submit_button("Open", type="primary"):
            references = {name: f"path:{path}" if path else None for name, path in paths.items()}
            _open_if_whole(**references)
            _found_in_file(references["model"])


def found_in_model(pair: Pair) -> None:
    """The contents of the checkpoint, and the guessed layer and roles, which the user can change."""
    if pair.model is None:
        st.caption("No network: the data are hidden states.")
        return
    checkpoint = service().library.checkpoint(pair.model)
    st.caption(_describe(checkpoint))
    _everything(checkpoint, pair.model)
    layers = {layer.name: layer for layer in checkpoint.recurrent_layers}
    if not layers:
        return
    names, first = list(layers), service().library.first_layer(pair.model).name
    layer = st.selectbox(
        "Recurrent layer", names, index=names.index(pair.layer if pair.layer in layers else first),
        format_func=lambda name: _layer_words(layers[name]), key="layer choice",
    )  # fmt: skip
    chosen = replace(pair, layer=None if layer == first else layer)
    if chosen.layer != pair.layer:
        chosen = Pair(pair.data, pair.model, chosen.layer, vocabulary=pair.vocabulary)
    chosen = replace(chosen, nonlinearity=_nonlinearity(chosen, checkpoint, layers[layer]))
    if layers[layer].bidirectional:
        told = st.segmented_control("Direction", ["forward", "backward"], default=pair.direction, required=True)
        chosen = replace(chosen, direction=told)
    chosen = replace(chosen, roles=_roles(chosen))
    if chosen != pair:
        session.choose(chosen)
        st.rerun()


def _nonlinearity(pair: Pair, checkpoint: Checkpoint, layer: RecurrentLayer) -> str | None:
    """The user's choice; None where it equals the value that the file states or kann assumes."""
    if layer.cell != "RNN":
        return None
    first = taken_nonlinearity(layer)
    picked = st.segmented_control(
        "Nonlinearity", ["tanh", "relu"], default=pair.nonlinearity or first, required=True,
        key=f"nonlinearity of {layer.name} in {pair.model}",
    )  # fmt: skip
    words = nonlinearity_words(checkpoint, layer)
    st.caption(plain(f"{words[0].upper()}{words[1:]}." if picked == first else f"Chosen here; otherwise {words}."))
    return None if picked == first else picked


def found_in_data(dataset: Dataset) -> None:
    """The contents of the data."""
    lengths = dataset.lengths
    words = [f"{len(dataset)} sequences", f"kind: {dataset.kind}"]
    words.append(
        f"{lengths.min()} steps" if lengths.min() == lengths.max() else f"{lengths.min()} to {lengths.max()} steps"
    )
    if dataset.width is not None:
        words.append(f"{dataset.width} channel{'s' if dataset.width > 1 else ''}")
    if dataset.sampling_rate is not None:
        words.append(f"{dataset.sampling_rate:g} samples per second")
    if dataset.unknown_share is not None:
        words.append(f"{percent(dataset.unknown_share)} of the words are not in the vocabulary")
    st.caption(" · ".join(words))


def _found_in_file(reference: str | None) -> None:
    """The contents of a model file that is not open because data or a recurrent layer are missing."""
    opened = session.pair()
    if reference is None or (opened is not None and opened.model == reference):
        return
    with st.container(border=True), guard():
        checkpoint = service().library.checkpoint(reference)
        st.markdown(f"**In {plain(service().library.name(reference))}**")
        st.caption(_describe(checkpoint))
        layers = [
            ", ".join(filter(None, (_layer_words(layer), nonlinearity_words(checkpoint, layer))))
            for layer in checkpoint.recurrent_layers
        ]
        st.caption(plain(" · ".join(layers) or "No recurrent layer is recognised by names and shapes."))
        _everything(checkpoint, reference)


def _everything(checkpoint: Checkpoint, reference: str) -> None:
    """The tensors of the file, and the globals that it names and kann does not call."""
    with st.expander("Everything in the file"):
        named = service().library.named_globals(reference)
        for name, harmful in named.items():
            mark = ":material/dangerous: harmful if called, " if harmful else ""
            st.markdown(f"{mark}named, not called: {plain(name)}")
        if checkpoint.metadata:
            st.markdown(f"Metadata: {plain(', '.join(map(str, checkpoint.metadata)))}")
        st.dataframe(
            {
                "tensor": list(checkpoint.tensors),
                "shape": [" × ".join(map(str, array.shape)) for array in checkpoint.tensors.values()],
                "type": list(checkpoint.dtypes.values()),
            },
            hide_index=True, height=240, alt="Tensors of the file: name, shape and type",
        )  # fmt: skip


def _roles(pair: Pair) -> tuple[tuple[str, str | None], ...]:
    """The user's choice for each role with at least one fitting tensor, where it differs from the guess."""
    chosen, lacking = {}, []
    for role, names in fitting_roles(service().library, pair).items():
        options = list(dict.fromkeys(_NONE if name is None else name for name in [*names, None]))
        if len(options) == 1:
            lacking.append(_ROLE_NAMES[role].lower())
            continue
        now = dict(pair.roles).get(role, options[0]) or _NONE
        picked = st.selectbox(
            _ROLE_NAMES[role], options, index=options.index(now) if now in options else 0,
            format_func=lambda name: "none" if name == _NONE else name,
            key=f"{role} of {pair.layer} in {pair.model}",
        )  # fmt: skip
        if picked != options[0]:
            chosen[role] = None if picked == _NONE else picked
        elif picked == _NONE:
            st.caption(
                "No guess: what fits may belong to another recurrent layer, or several candidates fit equally well."
            )
        if assumed := assumed_between(role, picked):
            st.caption(f"{assumed[0].upper()}{assumed[1:]}.")
    if lacking:
        st.caption(f"No tensor of the file fits as {' or '.join(lacking)}.")
    return as_roles(chosen)


def uploaded(name: str, label: str, help: str, check: Callable[[str], object] | None) -> str | None:
    """The reference of the uploaded file if it is readable, kept across pages; errors are shown below the uploader."""
    kept = f"upload {name} reference"

    def changed() -> None:
        st.session_state.pop(kept, None)
        st.session_state[_changed(name)] = True

    file = st.file_uploader(label, key=f"upload {name}", help=help, on_change=changed)
    with guard():
        if file is not None and kept not in st.session_state:
            st.session_state[kept] = service().library.upload(file.name, file.getvalue())
        reference = st.session_state.get(kept)
        if reference is not None and check is not None:
            check(reference)
        return reference
    return None


def _changed(name: str) -> str:
    """Key of the session state that says whether the file of an uploader has changed."""
    return f"upload {name} changed"


def _words(reference: str | None) -> Words | None:
    return None if reference is None else Words(reference)


def _open_if_whole(data: str | None, model: str | None, vocabulary: str | None) -> None:
    """Opens a readable pair of files, or says which file is missing. Data without a checkpoint are read by the network
    that is open already."""
    library, opened = service().library, session.pair()
    with guard():
        if data is None:
            st.info("The data are missing: add a file of sequences or of hidden states.", icon=":material/upload_file:")
            return
        words = _words(vocabulary)
        pair = with_own_words(library, Pair(data=data, model=model, vocabulary=words))
        if model is None and library.dataset(data, words).kind != "states":
            if opened is None or opened.model is None:
                st.info(
                    "The checkpoint is missing: add that of the network that reads these sequences.",
                    icon=":material/upload_file:",
                )
                return
            pair = replace(opened, data=data, vocabulary=words or opened.vocabulary)
        library.dataset(pair.data, pair.vocabulary)
        library.network(pair)
        session.choose(pair)


def _describe(checkpoint: Checkpoint) -> str:
    size = sum(array.nbytes for array in checkpoint.tensors.values()) / 2**20
    words = f"{checkpoint.format} · {len(checkpoint.tensors)} tensors, {size:.3g} MB · sha256 {checkpoint.sha256[:12]}"
    if checkpoint.uncalled:
        words += f" · {len(checkpoint.uncalled)} globals named in the file, none called"
    return plain(words)


def _layer_words(layer: RecurrentLayer) -> str:
    stacked = f"{layer.layers} layers, " if layer.layers > 1 else ""
    sizes = f"{layer.cell} {layer.input_size} → {layer.hidden_size}"
    return f"{layer.name or 'the whole file'}: {sizes} ({stacked}{'with' if layer.bias else 'without'} biases)"
