"""The glossary (docs/glossary.md); help texts link to its terms."""

import streamlit as st

from kann.ui.glossary import GLOSSARY

st.markdown(GLOSSARY.read_text(encoding="utf-8"))
