"""The app: what all pages share."""

from pathlib import Path

import streamlit as st

from apps.bi import frame

HERE = Path(__file__).parent

st.set_page_config(page_title="Cadabra", page_icon=str(HERE / "static" / "icon.svg"), layout="wide")
st.logo(str(HERE / "static" / "logo.svg"), size="large")
frame.run()
