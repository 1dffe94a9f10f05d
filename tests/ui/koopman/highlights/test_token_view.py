"""The shaded words stay readable: contrast of the text on the strongest ground, in both themes."""

import re
import tomllib
from pathlib import Path

import pytest

from kann.figures.style import DARK, LIGHT
from kann.ui.koopman.highlights.token_view import _places

ROOT = Path(__file__).parents[4]
TOKENS = ROOT / "kann" / "ui" / "koopman" / "highlights" / "tokens.js"
STRONGEST = float(re.search(r"STRONGEST = ([\d.]+)", TOKENS.read_text()).group(1))


def rgb(colour):
    return [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]


def luminance(colour):
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("theme", "palette"), [("light", LIGHT), ("dark", DARK)])
@pytest.mark.parametrize("tint", ["accent", "negative"])
def test_text_on_the_strongest_tint_keeps_the_contrast_that_small_type_needs(theme, palette, tint):
    colours = tomllib.loads((ROOT / ".streamlit/config.toml").read_text())["theme"][theme]
    ground, shade = rgb(colours["secondaryBackgroundColor"]), rgb(getattr(palette, tint))
    mixed = [STRONGEST * over + (1 - STRONGEST) * under for over, under in zip(shade, ground, strict=True)]

    # Source: Web Content Accessibility Guidelines 2.2, criterion 1.4.3.
    assert contrast(rgb(colours["textColor"]), mixed) >= 4.5


def test_what_a_browser_sends_is_checked():
    assert _places([3, 1, 1], 5) == [1, 3]
    assert _places([-1, 5, "2", None, True, 2.0, [1]], 5) == []
    assert _places({"0": 1}, 5) == _places(None, 5) == []
