import io

import numpy as np
import pytest
from scipy.io import arff

from kann import UnreadableDataset, open_dataset

HEAD = "% a comment\n@Relation made\n\n@attribute t0 numeric\n@attribute 't 1' REAL\n@attribute target {1,2}\n\n@data\n"
RELATIONAL = """@relation 'made'
@attribute channels relational
  @attribute t0 numeric
  @attribute t1 numeric
@end channels
@attribute activity {Sitting,Running}
@data
'1,2\\n3,4\\n5,6',Sitting
'7,8\\n9,10\\n11,12',Running
"""


def opened(text: str, **wishes):
    file = io.BytesIO(text.encode())
    file.name = "made.arff"
    return open_dataset(file, **wishes)


def test_numbers_and_labels_agree_with_scipy():
    text = HEAD + "0.5,-1e-3,2\n% between\n1.25,7,1\n"

    dataset = opened(text)
    rows, _ = arff.loadarff(io.StringIO(text))

    assert dataset.labels.tolist() == [int(label) for label in rows["target"]] == [2, 1]
    for sequence, row in zip(dataset.sequences, rows, strict=True):
        np.testing.assert_array_equal(sequence[:, 0], np.float32([row["t0"], row["t 1"]]))


def test_question_marks_at_the_end_are_padding():
    assert opened(HEAD + "0.5,?,2\n1,2,1\n").lengths.tolist() == [1, 2]


def test_a_relational_attribute_holds_the_channels():
    dataset = opened(RELATIONAL)
    rows, _ = arff.loadarff(io.StringIO(RELATIONAL))

    assert dataset.labels.tolist() == ["Sitting", "Running"]
    for sequence, channels in zip(dataset.sequences, rows["channels"], strict=True):
        np.testing.assert_array_equal(sequence.T, [list(channel) for channel in channels])


def test_columns_say_which_attribute_is_the_label():
    assert opened(
        HEAD.replace("target {1,2}", "mood numeric") + "1,2,3\n", columns={"label": "t0"}
    ).labels.tolist() == [1]
    assert opened(HEAD.replace("target {1,2}", "mood numeric") + "1,2,3\n").labels is None
    with_none = opened(HEAD.replace("target {1,2}", "target numeric") + "1,2,3\n", columns={"label": None})
    assert with_none.lengths.tolist() == [3]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("@relation made\n1,2,3\n@data\n", "line 2 stands before @data"),
        ("@relation made\n", "there is no line @data"),
        ("@relation made\n@attribute lonely\n@data\n", "line 2 is not an attribute with a name and a type"),
        (HEAD, "there is no sequence behind the header"),
        (HEAD + "1,2\n", "line 9 has 2 columns where there are 3 attributes"),
        (HEAD + "1,x,1\n", "line 9, column 2 holds 'x' where a number belongs"),
        (HEAD + "?,2,1\n", "line 9, column 1 lacks a value inside"),
        (HEAD + "?,?,1\n", "line 9 holds no values"),
        (HEAD + "1,2,3\n", "line 9 has the label '3', which the attribute does not list"),
        (HEAD + "1,2,?\n", r"line 9 has the label '\?'"),
        (HEAD + "{0 1, 2 1}\n", "line 9 is a sparse row"),
        (HEAD + "1,'2'\r,1\n", "line 9 cannot be split into cells"),
        (HEAD.replace("REAL", "date"), "attributes must be numeric, or one relational, but t 1 is date"),
        ("@attribute target {1,2}\n@data\n1\n", "must be numeric, or one relational, but there are none"),
        (RELATIONAL.replace("3,4", "3"), "line 8 has channels of different lengths"),
        (RELATIONAL.replace("3,4", "3,?"), "line 8, channel 2, value 2 lacks a value"),
        (RELATIONAL.replace("3,4", "3,x"), "line 8, channel 2, value 2 holds 'x'"),
        (RELATIONAL.replace("11,12", "11,12\\n13,14"), "line 9 has 4 channels where line 8 has 3"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text, sentence):
    with pytest.raises(UnreadableDataset, match=f"made.arff: .*{sentence}"):
        opened(text)
