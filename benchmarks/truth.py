"""Writes docs/truth.md from the last benchmark results: `python benchmarks/truth.py`; a test compares them.

One row for each kind of statement: where it was tested, how often it is wrong there, the allowed rate, and the command
that measures it.
"""

import json
from pathlib import Path

ROOT = Path(__file__).parents[1]
RESULTS, PAGE = ROOT / "docs" / "results", ROOT / "docs" / "truth.md"
QUOTED = {"untrained_null", "statements", "coverage", "unused_symbols", "compare", "word_effects", "roles"}
HEAD = """# How often kann is wrong

Every kind of statement that pages, command line and JSON make, tested where the truth is known: how often it is made
wrongly (or missing), how often an interval misses the true value, how often a p-value is small under the null. Written
by `python benchmarks/truth.py` from `docs/results/`; each command measures the figures of its rows.

| statement | tested on | wrong | allowed | command |
|---|---|---:|---:|---|
"""
FOOT = """
A rate of 5 % of 540 networks is known to 2 percentage points, one of 200 draws to 3. Plain figures (shares, residuals,
R², log-odds, shadings, which mode dominates, what deletions and replaced delays leave) are descriptions without a test;
they are compared with numpy, LAPACK, scikit-learn and torch in tests/. Not tested: statements on networks larger than
those named, and on cells other than RNN, GRU and LSTM.
"""


def results(name):
    """The figures of one results file; empty where it has not been measured."""
    path = RESULTS / f"{name}.json"
    document = json.loads(path.read_text()) if path.exists() else {}
    return document.get("figures", document)


def percent(value):
    return f"{100 * value:.1f} %"


def credit():
    found = results("untrained_null")
    command = "untrained_null.py"
    untrained, trained = found["untrained"], found["trained"]
    networks = untrained["networks"]
    for place, count in untrained["credited"].items():
        what = "RNN, GRU, LSTM; 8, 16, 32 units; three kinds of data"
        where = f"{networks} untrained networks opened as if trained ({what}), {place}"
        yield "“Training made …”, of any mode or of the spectrum", where, percent(count / networks), "5 %", command
    for kind, row in untrained["by initialisation"].items():
        where = f"those of them with this initialisation: {kind} ({row['networks']})"
        yield "the same", where, percent(row["credited"] / row["networks"]), "5 % ± 3", command
    for name, row in trained.items():
        said = f"said of {row['modes credited']} of {row['rank']} modes (strictest: {row['strictest']})"
        yield "the same, where it is true", f"trained network: {name}", said, "said", command


def statements():
    for name, row in results("statements")["systems"].items():
        where = f"{row['draws']} draws of {name}"
        yield f"headline: “{row['must say']}”", where, percent(row["headline lacks it"]), "5 %", "statements.py"
        yield (
            f"“{row['must not say']}”, of any mode of 5 % or more", where, percent(row["a sentence claims it"]), "5 %",
            "statements.py",
        )  # fmt: skip


def deletions():
    found = results("statements")
    for count, row in found["deletions"].items():
        where = f"{found['draws']} draws of {count} and five shadings, none better than random deletion"
        yield (
            "“Of the shadings, … finds the steps that decide best”",
            where,
            percent(row["believed wrongly"]),
            "5 % ± 3",
            "statements.py",
        )
        where = f"{found['draws']} draws of {count}, one shading better by 30 % of the evidence"
        yield "the same, where it is true", where, f"{percent(row['missed'])} missed", "–", "statements.py"


def intervals():
    for name, ranks in results("coverage")["coverage"].items():
        missed = ", ".join(f"{percent(1 - row['noticeable'])} at rank {rank}" for rank, row in ranks.items())
        where = f"{name}: modes that carry a noticeable share"
        yield "95 % interval of a modulus misses the true one", where, missed, "2 to 10 %", "coverage.py"


def unused_inputs():
    for name, row in results("unused_symbols").items():
        if name == "seeds":
            continue
        missed = row["noted"] if name.startswith("0 of") else results("unused_symbols")["seeds"] - row["noted"]
        where = f"{name}, {results('unused_symbols')['seeds']} fits with inputs"
        yield "the note on inputs that never change", where, f"{missed} fits", "none", "unused_symbols.py"
        yield (
            "eigenvalues of that fit, against least squares",
            where,
            f"{row['eigenvalue']:.1e}",
            "1e-11",
            ("unused_symbols.py"),
        )


def words():
    found = results("word_effects")
    for what, part, name in (("null", "words", "a word"), ("additive", "pairs", "a pair of words")):
        rates = [row[part] for row in found[what].values() if row[part]]
        where = f"{found['sets']} data sets of each of {len(rates)} kinds in which nothing has an effect"
        if what == "additive":
            where = f"{found['sets']} data sets of each of {len(rates)} kinds in which effects only add up"
        named, small = found["named at most"][what], max(row["below .05"] for row in rates)
        yield f"{name} is named (q below .05)", where, f"at most {percent(named)}", "5 %", "word_null.py"
        yield f"p of {name} below .05", where, f"at most {percent(small)}", "5 %", "word_null.py"
    for count, row in found["planted"].items():
        where = f"a planted pair, in {row['texts of the pair']:.0f} of {count}"
        yield (
            "a pair of words is named, where it must be",
            where,
            f"{percent(1 - row['pair'])} missed",
            "–",
            "word_null.py",
        )


def compare():
    found, command = results("compare"), "compare_null.py"
    row = found["untrained"]["p below .05"]["verdict"]
    where = f"{row['of']} untrained networks opened as if trained (RNN, GRU, LSTM; three sizes; three kinds of data)"
    yield "“Training changed the operator”", where, percent(row["credited"] / row["of"]), "5 %", command
    for name, demo in found["demos"].items():
        if name != "seeds":
            said = f"p = {demo['p']:.2g} (strictest: {demo['strictest']})"
            yield "the same, of the demos", name, said, "–", command
    for what, row in found["coordinates"].items():
        kind, _, rest = what.partition(", ")
        if kind == "mapped" and rest.startswith("predictable"):
            where = f"{row['of']} networks against themselves under an invertible linear map, {rest}"
            yield (
                "“… differ significantly”, of two networks",
                where,
                percent(row["told apart"] / row["of"]),
                "5 %",
                command,
            )
        elif kind != "mapped" and rest.startswith("predictable"):
            where = f"{row['of']} networks against one of another seed, {rest}"
            yield (
                "the same, where it is true",
                where,
                f"{percent(1 - row['told apart'] / row['of'])} missed",
                "–",
                command,
            )
    row = found["classes"]
    for level in (0.05, 0.1, 0.5):
        where = f"{row['data sets']} data sets whose classes were permuted at random"
        yield (
            f"p of two classes at most {level}",
            where,
            percent(row[f"p at most {level}"]),
            f"{percent(level)} ± 5",
            command,
        )


def roles():
    found = results("roles")
    for form in ("in order", "sorted by name", "whole module"):
        row = found[form]
        where = (
            f"{sum(row.values())} roles in {found['architectures']} architectures on which the rules were made, {form}"
        )
        yield (
            "a guessed embedding, read-out or decoder is another's",
            where,
            percent(row["wrong"] / sum(row.values())),
            ("5 %"),
            "roles.py",
        )
        yield "none is guessed though there is one", where, percent(row["missed"] / sum(row.values())), "–", "roles.py"


ROWS = (credit, statements, deletions, intervals, compare, unused_inputs, words, roles)


def page():
    """The whole page."""
    rows = [row for make in ROWS for row in make()]
    lines = [
        f"| {what} | {where} | {wrong} | {allowed} | `python benchmarks/{command}` |"
        for what, where, wrong, allowed, command in rows
    ]
    return HEAD + "\n".join(lines) + "\n" + FOOT


if __name__ == "__main__":
    PAGE.write_text(page())
