import math

import numpy as np
import pytest

from impossible.errors import DataError
from impossible.pipeline.forecast import Pilot, Price, forecast, slowest

SECONDS = np.array([10.0, 20.0, 10.0, 20.0])


def test_the_target_at_the_rates_of_the_pilot() -> None:
    seen = Pilot(SECONDS, {"paraphrase": np.array([1.0, 3.0, 0.0, 2.0]), "summary": np.ones(4)})
    one, other = forecast(seen, target=600, seed=7, watts=200, price=Price(0.5, "kWh"))
    assert one.pairs_per_context.value == 1.5 and one.contexts.value == 400
    assert one.pairs_per_hour.value == pytest.approx(360) and one.hours.value == pytest.approx(600 / 360)
    assert one.kwh.value == pytest.approx(0.2 * 600 / 360)
    assert one.money is not None and one.money.value == pytest.approx(0.1 * 600 / 360)
    for interval in (one.pairs_per_context, one.pairs_per_hour, one.contexts, one.hours, one.kwh, one.money):
        assert interval.low < interval.value < interval.high
    assert one.contexts.high == 600 / one.pairs_per_context.low
    assert other.contexts == type(other.contexts)(600, 600, 600)  # every context gave one pair
    assert other.hours.low < other.hours.value < other.hours.high  # but some took longer
    assert slowest([one, other]) is other


def test_the_interval_narrows_with_the_pilot() -> None:
    random = np.random.default_rng(3)
    few, many = (
        forecast(
            Pilot(np.full(n, 9.0), {"summary": random.poisson(2.0, n).astype(float)}), 1000, 7, 65, None
        )[0]
        for n in (10, 400)
    )
    assert many.hours.high - many.hours.low < (few.hours.high - few.hours.low) / 3
    assert many.hours.low < 1000 / 2 * 9 / 3600 < many.hours.high


def test_a_pilot_that_kept_nothing_promises_nothing() -> None:
    (none,) = forecast(Pilot(SECONDS, {"summary": np.zeros(4)}), 10, 7, 65, Price(2, "h"))
    assert none.pairs_per_context.value == 0
    assert math.isinf(none.contexts.value) and math.isinf(none.hours.low) and none.money is not None


@pytest.mark.parametrize("text", ["0.3", "cheap/kWh", "3/day", "/h", ""])
def test_a_price_needs_its_unit(text: str) -> None:
    with pytest.raises(DataError, match="0.30/kWh or 2.50/h"):
        Price.parse(text)


def test_prices() -> None:
    assert (Price.parse("0.30/kwh"), Price.parse("2.5/h")) == (Price(0.3, "kWh"), Price(2.5, "h"))
