"""Terms that are ours, or that are used here in a special sense; help texts lead to them."""

import streamlit as st

from kann.ui.glossary import GLOSSARY

st.markdown(GLOSSARY.read_text(encoding="utf-8"))
