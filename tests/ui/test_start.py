"""Visitors: a browser tab by Streamlit's session id; none outside a script run."""

import threading

from streamlit.testing.v1 import AppTest

from kann.ui.start import is_connected, leave_if_overtaken, tab


def page():
    import streamlit as st

    from kann.ui.start import is_connected, leave_if_overtaken, tab

    leave_if_overtaken()
    st.text(tab())
    st.text(bool(is_connected(tab())))


def test_a_script_run_is_that_of_its_tab():
    app = AppTest.from_function(page).run()

    assert [text.value for text in app.text] == ["test session id", "True"]


def test_nobody_asks_in_another_thread():
    found = []
    thread = threading.Thread(target=lambda: found.extend([tab(), leave_if_overtaken(), is_connected("any")]))
    thread.start()
    thread.join()

    assert found == [None, None, True]
