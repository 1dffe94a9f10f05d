import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kann import UnreadableDataset, open_dataset


def opened(text: str, name: str = "beats.txt", **wishes):
    file = io.BytesIO(text.encode())
    file.name = name
    return open_dataset(file, **wishes)


def test_ucr_txt_has_its_label_first_and_one_channel():
    dataset = opened("   1.0000000e+00   3.5000000e+00  -7.0e-01\n  -1.0000000e+00   0.0e+00   1.0e+00\n")

    assert dataset.kind == "signal"
    assert dataset.labels.tolist() == [1, -1]
    assert dataset.labels.dtype == np.int64
    assert dataset.sequences[0].dtype == np.float32
    np.testing.assert_array_equal(dataset.sequences[0], np.float32([[3.5], [-0.7]]))


def test_nan_at_the_end_of_a_tsv_line_is_padding():
    dataset = opened("1\t0.5\t0.25\t1\n2\t7\tNaN\tNaN\n", "beats.tsv")

    assert dataset.lengths.tolist() == [3, 1]


def test_words_stay_words_as_labels():
    assert opened("walk 1 2\nrun 3 4\n").labels.tolist() == ["walk", "run"]


def test_blank_lines_and_windows_line_ends_do_not_count_as_sequences():
    assert len(opened("1,2,3\r\n\r\n2,3,4\r\n\r\n", "beats.csv")) == 2


@given(
    values=arrays(np.float32, (3, 4), elements=st.floats(-(2.0**90), 2.0**90, width=32)), sign=st.sampled_from("\t ,;")
)
def test_numbers_come_back_to_the_last_bit_whatever_parts_them(values, sign):
    text = "\n".join(sign.join(["1", *map(str, row.tolist())]) for row in values)

    np.testing.assert_array_equal(np.array(opened(text).sequences)[:, :, 0], values)


def test_a_header_names_the_label_wherever_it_stands():
    dataset = opened('t0,t1,"class",t2\n0.5,1,3,2\n0.25,2,4,3\n', "beats.csv")

    assert dataset.labels.tolist() == [3, 4]
    np.testing.assert_array_equal(dataset.sequences[1][:, 0], [0.25, 2, 3])


def test_the_last_column_of_a_csv_is_the_label_where_the_first_holds_fractions():
    assert opened("0.5,1.5,1.0\n0.25,2.5,0.0\n", "ecg.csv").labels.tolist() == [1, 0]


def test_the_last_column_of_a_csv_is_the_label_where_it_alone_repeats_its_values():
    rows = [f"{500 + 7 * row},{row},{row % 2}" for row in range(12)]

    assert opened("\n".join(rows), "counts.csv").labels.tolist() == [0, 1] * 6


def test_columns_overrule_what_the_content_says():
    wishes = {"label": 2, "values": [1, 3], "id": 0}

    dataset = opened("7,0.5,1,2.5\n8,0.25,2,3.5\n", "beats.csv", columns=wishes)

    assert dataset.labels.tolist() == [1, 2]
    assert dataset.ids.tolist() == [7, 8]
    np.testing.assert_array_equal(dataset.sequences[0], [[0.5], [2.5]])


def test_a_table_without_labels_opens_when_the_user_says_so():
    dataset = opened("0.5 1\n0.25 2\n", columns={"label": None})

    assert dataset.labels is None
    assert dataset.lengths.tolist() == [2, 2]


def test_symbols_are_whole_numbers_without_channels():
    dataset = opened("1 5 6 7\n", kind="symbols")

    assert dataset.sequences[0].dtype == np.int64
    assert dataset.sequences[0].tolist() == [5, 6, 7]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1 2 3\n\n1 2\n", "line 3 has 2 columns where the first line has 3"),
        ("1 2 3\n1 2 3 4\n", "line 2 has 4 columns where the first line has 3"),
        ("1 2 3\n1 2 x3\n", "line 2, column 3 holds 'x3' where a number belongs"),
        ("1\t2\t3\n1\tnan\t3\n", "line 2, column 2 lacks a value inside the series"),
        ("1\tnan\tnan\n", "line 1 holds no values: remove it"),
        ("nan\t2\t3\n1\t2\t3\n", "line 1, column 1 lacks a label"),
        ("1 2 3\n1 1e300 3\n", "line 2, column 2 holds 1e300, beyond the range of float32"),
        ("1 2 3\n1 -inf 3\n", "line 2, column 2 holds -inf, beyond"),
        ("0.5 2 3\n0.25 2 3\n", "there are no labels: .* starts with 0.5, .*columns={'label': None}"),
        ("1\n2\n3\n", "has one column only"),
        ("label,t0,t1\n1,2,3\n1,2\n", "line 3 has 2 columns"),
        ('1,2,3\n2,2,3\n1,"3"\r,3', "line 3 cannot be split into cells"),
    ],
)
def test_the_first_wrong_cell_is_named_with_its_line_and_column(text, sentence):
    with pytest.raises(UnreadableDataset, match=f"beats.txt: .*{sentence}"):
        opened(text)


def test_a_header_alone_is_no_data_set():
    with pytest.raises(UnreadableDataset, match="no sequence behind the header"):
        opened("label,t0,t1\n", kind="signal")


def test_fractions_are_no_symbols():
    with pytest.raises(UnreadableDataset, match="line 1 holds fractions"):
        opened("1 0.5 2\n", kind="symbols")


def test_a_column_that_there_is_not_is_refused_with_those_that_there_are():
    with pytest.raises(UnreadableDataset, match="no column 'mood': the header has label, t0, t1"):
        opened("label,t0,t1\n1,2,3\n", columns={"label": "mood"})
    with pytest.raises(UnreadableDataset, match="no column 9: there are 3, numbered from 0"):
        opened("1,2,3\n", columns={"label": 9})
