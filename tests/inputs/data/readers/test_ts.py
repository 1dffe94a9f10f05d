import io

import numpy as np
import pytest

from kann import UnreadableDataset, open_dataset

HEAD = "# a comment\n%# another\n@problemName Made\n@timeStamps false\n@classLabel true 1 2\n@data\n"


def opened(text: str, **wishes):
    file = io.BytesIO(text.encode())
    file.name = "made.ts"
    return open_dataset(file, **wishes)


def test_channels_are_parted_by_colons_and_the_label_is_last():
    dataset = opened(HEAD + "1,2,3:4,5,6:1\n\n7,8,9:10,11,12:2\n")

    assert dataset.labels.tolist() == [1, 2]
    np.testing.assert_array_equal(dataset.sequences[0], [[1, 4], [2, 5], [3, 6]])


def test_sequences_keep_their_lengths_and_question_marks_at_the_end_are_padding():
    dataset = opened(HEAD + "1,2,3:1\n1,?,?:2\n1,2:1\n")

    assert dataset.lengths.tolist() == [3, 1, 2]


def test_the_greatest_length_keeps_the_first_steps():
    assert opened(HEAD + "1,2,3:1\n", max_length=2).sequences[0].tolist() == [[1], [2]]


def test_symbols_have_one_channel():
    assert opened(HEAD + "1,2,3:1\n", kind="symbols").sequences[0].tolist() == [1, 2, 3]
    with pytest.raises(UnreadableDataset, match="line 8 has 2 channels where line 7 has 1"):
        opened(HEAD + "1,2:1\n3,4:5,6:1\n", kind="symbols")
    with pytest.raises(UnreadableDataset, match="fractions or several channels"):
        opened(HEAD + "3,4:5,6:1\n", kind="symbols")


def test_tags_are_read_in_any_case_and_labels_may_be_missing():
    dataset = opened("@PROBLEMNAME Made\n@ClassLabel False\n@DATA\n1,2,3\n")

    assert dataset.labels is None
    assert dataset.lengths.tolist() == [3]


def test_time_stamps_are_left_out_colons_and_all():
    head = HEAD.replace("@timeStamps false", "@timeStamps True")

    dataset = opened(head + "(2007-01-01 00:00:00,241.5),(2007-01-01 00:01:00,3):(0,1),(1,2):2\n")

    np.testing.assert_array_equal(dataset.sequences[0], [[241.5, 1], [3, 2]])
    assert dataset.labels.tolist() == [2]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("@problemName Made\n1,2,3:1\n@data\n", "line 2 stands before @data"),
        ("@problemName Made\n", "there is no line @data"),
        (HEAD, "there is no sequence behind the header"),
        (HEAD + "1,2,3\n", "line 7 lacks a label behind its last colon"),
        (HEAD + "1,2:\n", "line 7 lacks a label"),
        (HEAD + "1,2:3\n", "line 7 has the label '3', which @classLabel does not list"),
        (HEAD + "1,2:1\n1,2:1,2:1\n", "line 8 has 2 channels where line 7 has 1"),
        (HEAD + "1,2:1,2,3:1\n", "line 7 has channels of 2 to 3 steps"),
        (HEAD + "1,2:1,x:1\n", "line 7, channel 2, value 2 holds 'x' where a number belongs"),
        (HEAD + "1,?,3:1\n", "line 7, channel 1, value 2 lacks a value inside"),
        (HEAD + "?,?:1\n", "line 7 holds no values"),
        (HEAD.replace("false", "true") + "(0,1),(1;2):1\n", r"line 7, channel 1, value 2 is not a pair \(time,value\)"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text, sentence):
    with pytest.raises(UnreadableDataset, match=f"made.ts: {sentence}"):
        opened(text)
