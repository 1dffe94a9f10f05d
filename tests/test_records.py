import ast
import importlib
from dataclasses import replace
from pathlib import Path
from typing import get_type_hints

import numpy as np
import pytest
from jaxtyping import TypeCheckError

from kann.records import Dataset, Rebuilt

ROOT = Path(__file__).parents[1]

FULL = Dataset(
    kind="text",
    sequences=[np.array([3, 1, 2]), np.array([1, 1])],
    sha256="0" * 64,
    labels=np.array(["neg", "pos"]),
    ids=np.array([0, 1]),
    tokens=[["a", "bad", "film"], ["a", "a"]],
    inputs=[np.ones((3, 2), np.float32), np.ones((2, 2), np.float32)],
    sampling_rate=8.0,
    token_names=["<unk>", "a", "film", "bad"],
    unknown_share=0.0,
)
CHANGES = {
    "kind": "symbols",
    "sequences": [np.array([3, 1]), np.array([2, 1, 1])],
    "labels": np.array(["pos", "neg"]),
    "ids": np.array([1, 0]),
    "tokens": [["a", "bad", "film"], ["a", "A"]],
    "inputs": [np.ones((3, 2), np.float32), np.zeros((2, 2), np.float32)],
    "sampling_rate": None,
    "token_names": ["<unk>", "a", "film", "good"],
    "unknown_share": 0.1,
}


@pytest.mark.parametrize("field", CHANGES)
def test_a_data_set_s_digest_holds_all_that_was_read(field):
    assert replace(FULL, **{field: CHANGES[field]}).digest != FULL.digest


def test_a_data_set_s_digest_does_not_hold_how_its_file_is_called_or_packed():
    assert replace(FULL, name="other", sha256="1" * 64).digest == FULL.digest


@pytest.mark.parametrize("values", [np.zeros((2, 3), np.float64), np.zeros((3, 2), np.float32), np.ones((2, 3))])
def test_types_and_shapes_of_numbers_count(values):
    plain = Dataset(kind="states", sequences=[np.zeros((2, 3), np.float32)], sha256="")

    assert Dataset(kind="states", sequences=[values], sha256="").digest != plain.digest


@pytest.mark.parametrize(("one", "other"), [(["a\0b", "c"], ["a", "b\0c"]), ([""], []), (["a", "b"], ["a\0b"])])
def test_words_with_odd_signs_are_told_apart(one, other):
    digests = {Dataset("text", [np.arange(2)], "", tokens=[words]).digest for words in (one, other)}

    assert len(digests) == 2


def test_every_field_of_a_data_set_is_either_in_its_digest_or_known_to_change_nothing():
    assert set(Dataset.__dataclass_fields__) == {*CHANGES, "sha256", "name"}


def classes_of(path):
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ClassDef)]


def arrays_in(annotation):
    """Arrays that a field's type names, and those of them with a shape."""
    shaped = [
        node.slice.elts[0]
        for node in ast.walk(annotation)
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple)
        if isinstance(node.slice.elts[-1], ast.Constant) and isinstance(node.slice.elts[-1].value, str)
    ]
    return [node for node in ast.walk(annotation) if ast.unparse(node) == "np.ndarray"], shaped


def fields_with_arrays():
    for path in sorted((ROOT / "kann").rglob("*.py")):
        for found in classes_of(path):
            for field in found.body:
                if isinstance(field, ast.AnnAssign) and arrays_in(field.annotation)[0]:
                    yield path, found.name, field


def test_every_array_in_a_record_says_its_shape():
    silent = [
        f"{path.relative_to(ROOT)}: {name}.{field.target.id}"
        for path, name, field in fields_with_arrays()
        if not set(arrays_in(field.annotation)[0]) <= set(arrays_in(field.annotation)[1])
    ]

    assert not silent
    assert len([*fields_with_arrays()]) > 150


def test_every_shape_is_one_that_can_be_checked():
    """A name that is not imported would leave a record unchecked, without a word."""
    modules = {(".".join(path.relative_to(ROOT).with_suffix("").parts), name) for path, name, _ in fields_with_arrays()}
    for module, name in sorted(modules):
        get_type_hints(getattr(importlib.import_module(module), name))


def test_a_record_of_arrays_that_do_not_fit_together_is_refused_in_tests():
    whole, cut = np.zeros((2, 3, 4)), np.zeros((2, 2, 4))

    Rebuilt(whole, whole, whole, None)
    with pytest.raises(TypeCheckError, match="sequences steps outputs"):
        Rebuilt(whole, cut, whole, None)
