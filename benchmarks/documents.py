"""Makes the README say what was measured last: `python benchmarks/readme.py`; a test holds that it does.

Tables between `<!-- NAME:begin -->` and `<!-- NAME:end -->` are made afresh. Sentences with figures are templates in
readme_sentences.txt: in `{path:format}` the path leads to a figure of docs/results/*.json or of a demo's card, parts
apart by "|"; the format is Python's, `~` behind it drops the nought before the point.
"""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import results
from kann.analyses.wording import share

README = results.ROOT / "README.md"
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
TASKS = "copy-orthogonal", "copy-gru", "copy-rnn", "ecg", "sentiment"
COPY_DELAYS = "10", "50", "100", "200"
COPY_NETWORKS = {
    "copy-orthogonal": "orthogonal recurrence with modReLU",
    "copy-gru": "GRU, trained on up to 20 blanks",
}
SENTENCES = tuple(
    line
    for line in Path(__file__).with_name("readme_sentences.txt").read_text().splitlines()
    if line and not line.startswith("#")
)


def filled(text, figures):
    """The README with every table and sentence as the figures have it.

    A KeyError says which figure is missing; a ValueError which table or sentence the README lacks.
    """
    for name, made in TABLES.items():
        text = _table(text, name, made(figures))
    for template in SENTENCES:
        text = _sentence(text, template, figures)
    return text


def refresh():
    README.write_text(filled(README.read_text(), results.figures()))


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
    rows = [[row[name] for name in SPEED] for row in figures["operator"].values()]
    forms = " | ".join(["{}", "{:.1f}", "{:.1f}", "{:.1f}x", "{:.1f}", "{:.2f}", "{:.2f}", "{:.0f}", "{:.0f}"])
    lines = [f"| {forms.format(*row)} |" for row in rows]
    return "\n".join([f"| {' | '.join(SPEED)} |", f"|{'---|' * len(SPEED)}", *lines])


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


TABLES = {"controls": controls, "copy": copy, "speed": speed}


def _row(name, row):
    moduli = " ".join(f"{value:.4f}" for value in row["moduli"])
    alike = ["–" if row[key] is None else f"{100 * row[key]:.1f} %" for key in ("agreement", "persistence agreement")]
    numbers = share(row["R2"]), share(row["persistence R2"]), f"{row['e_rel']:.2g}", f"{row['persistence e_rel']:.2g}"
    return f"| {' | '.join((name, moduli, *numbers, *alike, row.get('published', '')))} |"


def _table(text, name, made):
    begin, end = f"<!-- {name}:begin -->\n", f"\n<!-- {name}:end -->"
    if text.count(begin) != 1 or text.count(end) != 1:
        raise ValueError(f"The README has not once {begin.strip()} and {end.strip()}.")
    return text[: text.index(begin) + len(begin)] + made + text[text.index(end) :]


def pattern(template):
    """What finds the sentence, whatever its figures and its line breaks are."""
    literal = [re.sub(r"(?:\\ )+", r"\\s+", re.escape(part)) for part in PLACE.split(template)[::3]]
    return NUMBER.join(literal)


def _sentence(text, template, figures):
    found = [*re.finditer(pattern(template), text)]
    if len(found) != 1:
        raise ValueError(f"The README has {len(found)} times, not once: {template}")
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
    """A figure as the sentence shows it; "unknown" where there is none."""
    if value is None:
        return "unknown"
    made = format(value, form.rstrip("~")).rstrip("%")
    return re.sub(r"^([-+]?)0\.", r"\1.", made) if form.endswith("~") else made


if __name__ == "__main__":
    refresh()
