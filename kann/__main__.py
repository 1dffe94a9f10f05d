"""The command line: parse, call, print. What is heavy is imported by the command that needs it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from kann.backend.opened.plain_text import aligned, printable
from kann.errors import KannError, OutOfRange

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; what the user can mend is a sentence on the error stream and exit code 1."""
    _show_any_sign()
    chosen = _parser().parse_args(arguments)
    try:
        chosen.run(chosen)
        sys.stdout.flush()
    except KannError as error:
        print(printable(str(error)), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # a reader such as `head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _show_any_sign() -> None:
    """A terminal that lacks a sign gets its escape."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a caller may have put anything in its place
            stream.reconfigure(errors="backslashreplace")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m kann", description="Look inside trained sequence networks.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for add in (_add_open, _add_demo, _add_inspect, _add_analyse, _add_fetch, _add_train):
        add(commands)
    return parser


def _command(commands, name: str, help: str, run: Callable, **more) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=help, description=f"{help[0].upper()}{help[1:]}.", **more)
    parser.set_defaults(run=run)
    return parser


def _add_open(commands) -> None:
    parser = _command(commands, "open", "open the dashboard on your files", _open)
    parser.add_argument("model", metavar="MODEL", help="checkpoint; or a file of hidden states, alone")
    parser.add_argument("data", metavar="DATA", nargs="?", help="sequences: a file, a folder, or a name as for fetch")
    _add_vocabulary(parser)
    _add_rebuilding(parser)
    _add_port(parser)


def _open(chosen: argparse.Namespace) -> None:
    from kann.backend.opened import opening

    files = (chosen.model, None) if chosen.data is None else (chosen.data, chosen.model)
    _start(opening.dashboard_on_files(*files, chosen.vocabulary, chosen.port, **_rebuilding(chosen)))


def _add_demo(commands) -> None:
    parser = _command(commands, "demo", "open the dashboard on a demo", _demo)
    parser.add_argument("name", metavar="NAME", nargs="?", help="left out: lists the demos")
    _add_port(parser)


def _demo(chosen: argparse.Namespace) -> None:
    from kann.backend.opened import opening
    from kann.backend.opened.pair import demo
    from kann.tasks import demos

    if chosen.name is None:
        rows = [(each.name, f"{each.title}. {each.sentence}") for each in demos.demos()]
        print("\n".join(aligned(rows, indent="")))
        return
    _start(opening.dashboard(demo(opening.Library(), chosen.name), None, chosen.port))


def _start(launch) -> None:
    from kann.backend.opened import opening

    print(f"Opening {launch.address}\nThe address restores this view. Ctrl-C ends the dashboard.", flush=True)
    opening.start(launch)


def _add_inspect(commands) -> None:
    parser = _command(commands, "inspect", "list what is in a model file; nothing in it is run", _inspect)
    parser.add_argument("file", metavar="F", type=Path, help="checkpoint")
    parser.add_argument("--json", action="store_true", help="for machines")


def _inspect(chosen: argparse.Namespace) -> None:
    from kann.backend.opened import inspection

    found = inspection.inspect(chosen.file)
    print(inspection.as_json(found) if chosen.json else inspection.as_text(found))


def _add_analyse(commands) -> None:
    epilog = "In the JSON null stands for what is not known, and infinite numbers are the text infinity or -infinity."
    parser = _command(commands, "analyse", "write an analysis as JSON", _analyse, epilog=epilog)
    parser.add_argument("study", metavar="STUDY", nargs="?", help="koopman (default): the operator of the states")
    parser.add_argument("--checkpoint", metavar="F", help="the network; left out where the data are hidden states")
    parser.add_argument("--data", metavar="F", required=True, help="a file, a folder, or a name as for fetch")
    _add_vocabulary(parser)
    parser.add_argument("--settings", metavar="F", type=Path, help="JSON object of settings, as the result lists them")
    parser.add_argument(
        "--rank",
        metavar="N",
        type=int,
        help="directions that are kept; else of the settings file, else as the page begins",
    )
    _add_rebuilding(parser)
    parser.add_argument("--output", metavar="FILE", type=Path, help="where the JSON goes; else it is printed")


def _analyse(chosen: argparse.Namespace) -> None:
    from kann.backend.engine.service import Service
    from kann.backend.opened import opening
    from kann.studies.documents import as_json
    from kann.studies.settings_files import read_settings
    from kann.studies.table import named_study

    study, rank = named_study(chosen.study), {} if chosen.rank is None else {"rank": chosen.rank}
    kind = study.question.settings
    settings = read_settings(kind, chosen.settings, rank) if chosen.settings else kind(**rank)
    if chosen.output is not None and not chosen.output.absolute().parent.is_dir():
        raise OutOfRange(f"There is no folder {chosen.output.parent} to write {chosen.output.name} to: make it first.")
    library, pair = opening.open_files(chosen.data, chosen.checkpoint, chosen.vocabulary, **_rebuilding(chosen))
    service = Service(library=library)
    with library.look():
        settings = study.begin(library.open(pair), settings)
        report = _print_progress if sys.stderr.isatty() else _no_progress
        answer = service.answer(pair, study.question(settings), report)
        document = study.document(library, pair, settings, answer)
    _deliver(as_json(document), chosen.output)
    service.close()
    if service.store.trouble:
        print(printable(service.store.trouble), file=sys.stderr)


def _no_progress(words: str) -> None:
    """Nobody looks."""


def _print_progress(words: str) -> None:
    """One line that is written over; without words it is wiped."""
    print(f"\r{words[:78]:<78}" + ("" if words else "\r"), end="", file=sys.stderr, flush=True)


def _deliver(text: str, path: Path | None) -> None:
    if path is None:
        print(text)
        return
    try:
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise OutOfRange(f"{path} cannot be written: {error.strerror or error}.") from None


def _add_fetch(commands) -> None:
    parser = _command(commands, "fetch", "download a data set that is known by its name", _fetch)
    parser.add_argument(
        "name", metavar="NAME", nargs="?", help="left out: lists the names, and where they are looked for"
    )


def _fetch(chosen: argparse.Namespace) -> None:
    from kann.backend.opened import named_data

    if chosen.name is not None:
        print("\n".join(str(path) for path in named_data.fetch(chosen.name)))
        return
    print("Looked for in", *(f"\n  {folder}" for folder in named_data.folders()), "\n", sep="")
    rows = [(name, place, f"here: {path}" if path else "not here") for name, place, path in named_data.listed()]
    print("\n".join(aligned(rows, indent="")))


def _add_vocabulary(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--vocabulary", metavar="F", help="of texts: one token a line, JSON word to index, or tokenizer.json"
    )


def _add_rebuilding(parser: argparse.ArgumentParser) -> None:
    """How the network is rebuilt, where the guesses that inspect lists do not hold."""
    parser.add_argument("--layer", metavar="NAME", help="recurrent layer, as inspect lists it; else the first")
    parser.add_argument(
        "--roles", metavar="ROLE=NAME", nargs="+", help="as in readout=fc embedding=none; else as inspect guesses"
    )
    parser.add_argument(
        "--nonlinearity",
        choices=("tanh", "relu"),
        help="of an RNN; else what the file states, and tanh where it does not",
    )
    parser.add_argument("--direction", choices=("forward", "backward"), help="of a layer that reads both ways")


def _rebuilding(chosen: argparse.Namespace) -> dict:
    """What was said of it, no more."""
    from kann.backend.opened.pair import named_roles

    given = {name: getattr(chosen, name) for name in ("layer", "nonlinearity", "direction")}
    given["roles"] = None if chosen.roles is None else named_roles(chosen.roles)
    return {name: value for name, value in given.items() if value is not None}


def _add_port(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", metavar="N", type=int, help="else the first free one from 8501 on")


def _add_train(commands) -> None:
    train = commands.add_parser("train", help="train a demo's network and write what ships")
    makers = train.add_subparsers(title="demos", required=True, metavar="NAME")
    for add in (_add_train_copy, _add_train_ecg, _add_train_sentiment):
        add(makers)


def _add_train_copy(makers) -> None:
    copies = makers.add_parser("copy", help="networks that are to remember ten symbols over a delay")
    copies.add_argument("names", metavar="NETWORK", nargs="*", help="names of their demos, such as copy-gru; else all")
    copies.add_argument("--iterations", type=int, help="batches of fresh sequences")
    copies.add_argument("--seed", type=int, help="of the sequences and the first weights")
    copies.add_argument("--out", type=Path, help="folder for checkpoints, cards and sequences; else kann/demos")
    copies.set_defaults(run=_train_copy)


def _train_copy(chosen: argparse.Namespace) -> None:
    from kann.tasks import copy_demos, demos

    given = {name: getattr(chosen, name) for name in ("iterations", "seed") if getattr(chosen, name) is not None}
    for name in chosen.names or copy_demos.DEMOS:
        card = copy_demos.make_demo(name, chosen.out or demos.FOLDER, _print_turn, **given)
        recall = [f"{share:.1%} after {delay}" for delay, share in card["scores"]["recall_by_delay"].items()]
        print(f"{name}: {', '.join(recall)} blanks")


def _print_turn(turn) -> None:
    if turn.iteration % 50 == 0:
        words = f"delays up to {turn.longest}, loss {turn.loss:.3g}, recall {turn.recall:.1%}"
        print(f"iteration {turn.iteration}: {words}", flush=True)


def _add_train_ecg(makers) -> None:
    ecg = makers.add_parser("ecg", help="LSTM autoencoder on the normal heartbeats of ECG5000")
    ecg.add_argument(
        "--data", nargs="+", default=[], help="folder of ECG5000, or its two files; else KANN_DATA_DIR or fetched"
    )
    ecg.add_argument("--epochs", type=int, help="passes over the training beats")
    ecg.add_argument("--seed", type=int, help="of the split, the first weights and the order of the batches")
    ecg.add_argument("--out", type=Path, help="folder for checkpoint, card and simulated beats; else kann/demos")
    ecg.set_defaults(run=_train_ecg)


def _train_ecg(chosen: argparse.Namespace) -> None:
    from kann.tasks import demos, ecg, ecg5000, training

    given = {name: getattr(chosen, name) for name in ("epochs", "seed") if getattr(chosen, name) is not None}
    beats = ecg5000.read_beats(ecg5000.find_files(chosen.data))
    card = ecg.make_demo(beats, training.Recipe(**given), chosen.out or demos.FOLDER, _print_epoch)
    print(f"threshold {card['threshold']['loss']:.2f}")
    for split, scores in card["scores"].items():
        print(f"{split}: {scores['normal_under']:.1%} of normal beats under it, ", end="")
        print(f"{scores['anomalies_over']:.1%} of the others over it")


def _add_train_sentiment(makers) -> None:
    sentiment = makers.add_parser("sentiment", help="GRU on the film reviews of IMDB")
    sentiment.add_argument(
        "--data",
        nargs="+",
        default=[],
        help="folder of IMDB, or its two tables or folders; else KANN_DATA_DIR or fetched",
    )
    sentiment.add_argument("--epochs", type=int, help="passes over the training reviews")
    sentiment.add_argument("--seed", type=int, help="of the split, the first weights and the order of the batches")
    sentiment.add_argument("--out", type=Path, help="folder for checkpoint, card and reviews; else kann/demos")
    sentiment.set_defaults(run=_train_sentiment)


def _train_sentiment(chosen: argparse.Namespace) -> None:
    from kann.tasks import demos, imdb, sentiment

    given = {name: getattr(chosen, name) for name in ("epochs", "seed") if getattr(chosen, name) is not None}
    files = imdb.find_files(chosen.data)
    recipe = replace(sentiment.RECIPE, **given)
    card = sentiment.make_demo(*files, recipe, chosen.out or demos.FOLDER, _print_epoch)
    for part, scores in card["scores"].items():
        print(f"{part.replace('_', ' ')}: {scores['right']:.1%} of {scores['reviews']} reviews told rightly")


def _print_epoch(epoch) -> None:
    mark = " *" if epoch.best else ""
    print(f"epoch {epoch.number}: loss {epoch.training:.3g}, validation {epoch.validation:.3g}{mark}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
