import pytest
from streamlit.testing.v1 import AppTest

from kann.ui.words import plain


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "**bold** _x_ `c`", "[a](http://b) ![](c)", ":red[x] $x$"]
)
def test_markup_in_user_text_is_escaped(text):
    escaped = plain(text)

    assert escaped.replace("\\", "") == text
    for sign in "<*[!:$`_":
        assert all(escaped[place - 1] == "\\" for place, found in enumerate(escaped) if found == sign)


def test_a_user_s_mistake_is_a_sentence_and_the_rest_stands():
    def script():
        import streamlit as st

        from kann.errors import OutOfRange
        from kann.ui.guard import guard

        with guard():
            raise OutOfRange("A rank of 0 is too small.")
        st.text("still here")

    app = AppTest.from_function(script).run()

    assert app.error[0].value == "A rank of 0 is too small\\."
    assert app.text[0].value == "still here"


def test_a_bug_is_not_swallowed():
    def script():
        from kann.ui.guard import guard

        with guard():
            raise ZeroDivisionError("a bug")

    assert AppTest.from_function(script).run().exception[0].value == "a bug"
