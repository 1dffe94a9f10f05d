"""The dashboard: `streamlit run app.py`, or `uvicorn app:app`.

The file is read twice: the server imports it for `app`, and every visit runs it as a script.
"""

import streamlit as st

if __name__ == "__main__":
    st.set_page_config(page_title="kann", page_icon="🫀", layout="wide")

    from kann.ui.frame import frame
    from kann.ui.guard import guard
    from kann.ui.start import service

    OPEN = st.Page("pages/start/home.py", title="Open", icon=":material/folder_open:", url_path="home", default=True)
    SPECTRUM = st.Page("pages/states/spectrum.py", title="Spectrum", icon=":material/blur_on:", url_path="spectrum")
    COMPARE = st.Page("pages/states/compare.py", title="Compare", icon=":material/compare:", url_path="compare")
    MODES = st.Page("pages/states/modes.py", title="Modes", icon=":material/ssid_chart:", url_path="modes")
    HIGHLIGHTS = st.Page(
        "pages/states/highlights.py", title="Highlights", icon=":material/highlight:", url_path="highlights"
    )
    GLOSSARY = st.Page("pages/start/glossary.py", title="Glossary", icon=":material/menu_book:", url_path="glossary")
    page = st.navigation({"Start": [OPEN, GLOSSARY], "Hidden states": [SPECTRUM, MODES, HIGHLIGHTS, COMPARE]})
    with service().visit():
        frame()
        with guard():
            page.run()
else:
    from starlette.middleware import Middleware

    from kann.ui.server import SecurityHeaders, warm

    app = st.App("app.py", lifespan=warm, middleware=[Middleware(SecurityHeaders)])
