from impossible.report.facts import Frontier
from impossible.report.plots import frontier


def test_the_densest_cell_is_drawn_although_its_density_is_rounded_above_1() -> None:
    # 0.2 + 0.8 * (log1p(31) / log1p(31)) > 1 in floating point
    assert frontier("paraphrase", Frontier(((0.5, 0.9, 31), (0.4, 0.8, 2)), (), ()), ()).startswith("<svg")
