import re

from kann.ui.glossary import GLOSSARY, term
from tests.ui.pages import open_app

# Every link that a help text makes; a call is found by its first argument, which must be a literal.
CALL = re.compile(r"""term\((?:'|")([^'"]+)(?:'|")""")


def anchors():
    headings = re.findall(r"^## (.+)$", GLOSSARY.read_text(), re.M)
    return {heading.lower().replace(" ", "-") for heading in headings}


def test_every_link_leads_to_a_term():
    ui = GLOSSARY.parents[1] / "kann" / "ui"
    linked = {name for path in ui.rglob("*.py") for name in CALL.findall(path.read_text())}

    assert {"innovation", "shading", "target", "null model", "untrained twin", "half-life", "held out"} <= linked
    assert {term(name).partition("#")[2].rstrip(")") for name in linked} <= anchors()


def test_the_page_shows_the_terms(data_root):
    app = open_app("pages/start/glossary.py")

    assert "## Untrained twin" in app.markdown[0].value
