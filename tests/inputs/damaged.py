"""Files with one byte changed, cut or added."""

from hypothesis import strategies as st

CHANGES = st.lists(
    st.tuples(st.sampled_from(("flip", "cut", "double", "insert", "truncate")), st.floats(0, 1), st.binary(max_size=9)),
    min_size=1,
    max_size=4,
)


def damaged(content, changes):
    for kind, where, data in changes:
        place = int(where * len(content))
        before, after = content[:place], content[place:]
        flipped = bytes(old ^ new for old, new in zip(after, data, strict=False))
        content = {
            "flip": before + flipped + after[len(flipped) :],
            "cut": before + after[len(data) :],
            "double": before + after[: 8 * len(data)] + after,
            "insert": before + data + after,
            "truncate": before,
        }[kind]
    return content
