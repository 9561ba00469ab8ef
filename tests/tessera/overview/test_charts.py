from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessera.overview import charts
from tessera.overview.charts import HEIGHT, WIDTH, Tick

NUMBERS = st.floats(-1e9, 1e9)


@given(st.lists(NUMBERS, min_size=1, max_size=40))
def test_a_line_stays_inside_its_picture(values: list[float]) -> None:
    picture = charts.sparkline(values, "users")
    points = re.findall(r"(-?[\d.]+),(-?[\d.]+)", picture)
    assert len(points) == len(values)
    assert all(0 <= float(x) <= WIDTH and 0 <= float(y) <= HEIGHT for x, y in points)
    ElementTree.fromstring(picture)


@given(NUMBERS, NUMBERS, NUMBERS, st.floats(0, 1e9))
def test_an_interval_stays_inside_its_picture(lower: float, difference: float, upper: float, reach: float) -> None:
    picture = ElementTree.fromstring(charts.interval(lower, difference, upper, reach, "lift"))
    places = [float(shape.get(key) or 0) for shape in picture for key in ("x1", "x2", "cx")]
    assert all(0 <= place <= WIDTH for place in places)


@pytest.mark.parametrize(("lower", "upper", "kind"), [(0.1, 0.3, "up"), (-0.3, -0.1, "down"), (-0.1, 0.1, "even")])
def test_an_interval_says_on_which_side_of_zero_it_lies(lower: float, upper: float, kind: str) -> None:
    assert f'class="range {kind}"' in charts.interval(lower, (lower + upper) / 2, upper, 0.5, "lift")


def test_what_lies_beyond_its_limit_is_marked() -> None:
    assert charts.limited([0.2, 0.9, 1.4, 7.0], "category").count('class="over"') == 2


def test_words_in_pictures_are_escaped() -> None:
    picture = charts.strip([Tick("drift", 1.0, 'a "b" <c>')], "<d>")
    assert "<c>" not in picture
    assert "<d>" not in picture
    ElementTree.fromstring(picture)


def test_nothing_to_draw_is_no_picture() -> None:
    assert charts.sparkline([], "users") == charts.strip([], "verdicts") == charts.limited([], "price") == ""
