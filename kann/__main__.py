"""The command line: parse, call, print."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from kann.errors import KannError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; what the user can mend is a sentence on the error stream and exit code 1."""
    chosen = _parser().parse_args(arguments)
    try:
        chosen.run(chosen)
    except KannError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m kann", description="Look inside trained sequence networks.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_train(commands)
    return parser


def _add_train(commands) -> None:
    train = commands.add_parser("train", help="train a demo's network and write what ships")
    tasks = train.add_subparsers(title="demos", required=True, metavar="NAME")
    ecg = tasks.add_parser("ecg", help="LSTM autoencoder on the normal heartbeats of ECG5000")
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


def _print_epoch(epoch) -> None:
    mark = " *" if epoch.best else ""
    print(f"epoch {epoch.number}: loss {epoch.training:.2f}, validation {epoch.validation:.2f}{mark}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
