"""Writes the measured figures into README.md and docs/results.md: `python benchmarks/documents.py`.

Tables between `<!-- NAME:begin -->` and `<!-- NAME:end -->` are made anew. Sentences with figures are templates in
readme_sentences.txt and results_sentences.txt: in `{path:format}` the path leads to a figure of docs/results/*.json or
of a demo's card, its parts separated by "|"; the format is Python's. tests/test_documents.py holds that both documents
say what was measured last.
"""

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import results
from kann.analyses.wording import share

NUMBER = r"([-+−]?(?:\d[\d,]*)?\.?\d+(?:e[-+]?\d+)?|unknown)"
PLACE = re.compile(r"\{([^{}:]+):([^{}]*)\}")
HEAD = (
    "| | top moduli | R² | of persistence | e_rel | of persistence | decisions alike | of persistence | published |\n"
    "|---|---|---:|---:|---:|---:|---:|---:|---|"
)
SPEED = (
    "sequences x steps x units", "kann, ms", "official, ms", "ratio", "floor, ms", "new rank, ms", "its eig alone, ms",
    "kann, MiB", "official, MiB",
)  # fmt: skip
SPEED_FORMATS = dict(zip(SPEED, ("", ".1f", ".1f", ".1f", ".1f", ".2f", ".2f", ".0f", ".0f"), strict=True))
TASKS = "copy-orthogonal", "copy-gru", "copy-rnn", "ecg", "sentiment"
COPY_DELAYS = "10", "50", "100", "200"
COPY_NETWORKS = {
    "copy-orthogonal": "orthogonal recurrence with modReLU",
    "copy-gru": "GRU, trained on up to 20 blanks",
}


@dataclass(frozen=True)
class Document:
    """A text whose tables (name -> function of all figures) and sentences (templates) hold measured figures."""

    path: Path
    tables: Mapping[str, Callable[[dict], str]]
    sentences: tuple[str, ...]

    def filled(self, text, figures):
        """The text with every table and sentence as the figures have it.

        A KeyError names the figure that is missing; a ValueError the table or sentence that the text lacks or repeats.
        """
        for name, made in self.tables.items():
            text = _table(text, name, made(figures))
        for template in self.sentences:
            text = _sentence(text, template, figures)
        return text


def refresh():
    figures = results.figures()
    for document in DOCUMENTS:
        document.path.write_text(document.filled(document.path.read_text(), figures))


def sentences(name):
    """The templates of a file beside this one, one a line; empty lines and comments left out."""
    lines = Path(__file__).with_name(name).read_text().splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


def controls(figures):
    return "\n\n".join(controls_table(figures["controls"][name]) for name in TASKS)


def controls_table(task):
    """One task's rows; of untrained networks those of the strictest kind, which is named."""
    lines = [f"**{task['title']}** ({task['fitted']} fitted, {task['scored']} scored)", "", HEAD]
    lines += [_row(f"trained, {name}", row) for name, row in task["trained"].items()]
    lines += [_row(f"untrained ({task['strictest']}), {name}", row) for name, row in strictest(task).items()]
    return "\n".join(lines)


def strictest(task):
    return task["untrained"][task["strictest"]]


def speed(figures):
    return _speed_table(figures, SPEED)


def speed_in_short(figures):
    return _speed_table(figures, (*SPEED[:4], *SPEED[-2:]))


def _speed_table(figures, columns):
    rows = [[format(row[name], SPEED_FORMATS[name]) for name in columns] for row in figures["operator"].values()]
    head, *lines = (f"| {' | '.join(row)} |" for row in (columns, *rows))
    return "\n".join([head, f"|{'---|' * len(columns)}", *lines])


def copy(figures):
    """What the copy networks recall, with and without their operators."""
    networks = figures["claims"]["copy"]
    delays = [delay for delay in networks["copy-gru"]["by delay"] if delay in COPY_DELAYS]
    lines = [f"| | T = {' | '.join(delays)} | e_rel at {delays[-1]} |", "|---|" + "---|" * (len(delays) + 1)]
    for name, title in COPY_NETWORKS.items():
        own = networks[name]
        for part, called, error in (
            ("network", title, None),
            ("operator", f"its operator (the largest modulus {own['largest modulus']:.3f})", "e_rel"),
            ("skipped", "the delay skipped instead", "skipped_e_rel"),
        ):
            recalled = [f"{own['by delay'][delay][part]:.2f}" for delay in delays]
            last = "" if error is None else f"{own['by delay'][delays[-1]][error]:.2f}"
            lines.append(f"| {' | '.join((called, *recalled, last))} |")
    return "\n".join(lines)


def sessions(figures):
    """Seconds until a moved rank is on the screen, by the number of people who move one at the same time."""
    head = (
        "| | open, s | new rank, s (95 %) | rank seen before, s (95 %) | memory above the start, MB |\n"
        "|---|---:|---:|---:|---:|"
    )
    rows = [head]
    for name, found in figures["sessions"].items():
        waits = (found[f"{kind}, chart, s"] for kind in ("cold", "warm"))
        shown = " | ".join(f"{wait['median']:.2f} ({wait['p95']:.2f})" for wait in waits)
        memory = found["memory, MB"]["at most"] - found["memory, MB"]["before"]
        rows.append(f"| {name} | {found['open, s']['median']:.1f} | {shown} | {memory:.0f} |")
    return "\n".join(rows)


README = Document(results.ROOT / "README.md", {"speed in short": speed_in_short}, sentences("readme_sentences.txt"))
RESULTS = Document(
    results.ROOT / "docs" / "results.md",
    {"controls": controls, "copy": copy, "speed": speed, "sessions": sessions},
    sentences("results_sentences.txt"),
)
DOCUMENTS = README, RESULTS


def _row(name, row):
    moduli = " ".join(f"{value:.4f}" for value in row["moduli"])
    alike = ["–" if row[key] is None else f"{100 * row[key]:.1f} %" for key in ("agreement", "persistence agreement")]
    numbers = share(row["R2"]), share(row["persistence R2"]), f"{row['e_rel']:.2g}", f"{row['persistence e_rel']:.2g}"
    return f"| {' | '.join((name, moduli, *numbers, *alike, row.get('published', '')))} |"


def _table(text, name, made):
    begin, end = f"<!-- {name}:begin -->\n", f"\n<!-- {name}:end -->"
    if text.count(begin) != 1 or text.count(end) != 1:
        raise ValueError(f"The document must hold once {begin.strip()} and {end.strip()}.")
    return text[: text.index(begin) + len(begin)] + made + text[text.index(end) :]


def pattern(template):
    """The regular expression that finds the sentence, whatever its figures and line breaks are."""
    literal = [re.sub(r"(?:\\ )+", r"\\s+", re.escape(part)) for part in PLACE.split(template)[::3]]
    return NUMBER.join(literal)


def _sentence(text, template, figures):
    found = [*re.finditer(pattern(template), text)]
    if len(found) != 1:
        raise ValueError(f"The document holds {len(found)} times, not once: {template}")
    for place, (path, form) in reversed([*enumerate(PLACE.findall(template), 1)]):
        start, end = found[0].span(place)
        text = text[:start] + written(value_at(figures, path), form) + text[end:]
    return text


def value_at(figures, path):
    """The figure at the end of a path; "strictest" leads to the strictest kind of a task's untrained networks."""
    value = figures
    for part in path.split("|"):
        if part == "strictest":
            value = strictest(value)
        else:
            value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def written(value, form):
    """A figure as the sentence shows it; "unknown" where there is none. The sentence holds the percent sign."""
    if value is None:
        return "unknown"
    return format(value, form).rstrip("%")


if __name__ == "__main__":
    refresh()
