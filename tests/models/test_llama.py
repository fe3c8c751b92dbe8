"""Products in int8 on whatever processor this is."""

import pytest
import torch

from impossible.models import llama
from impossible.models.llama import Int8Linear
from impossible.models.number_format import exact_int8


@pytest.mark.parametrize("rows", [1, 7, 64])
def test_sums_of_the_largest_products_are_whole(rows: int) -> None:
    """Some processors add by twos in 16 bits, where 255 · 127 · 2 has no room."""
    layer = Int8Linear(torch.ones(96, 576))
    torch.testing.assert_close(layer(torch.ones(rows, 576)), torch.full((rows, 96), 576.0))
    torch.testing.assert_close(layer(-torch.ones(rows, 576)), torch.full((rows, 96), -576.0))


@pytest.mark.parametrize("exact", [True, False])
def test_a_row_is_near_float32_and_the_same_in_any_batch(
    monkeypatch: pytest.MonkeyPatch, exact: bool
) -> None:
    if exact and not exact_int8():
        pytest.skip("this processor has no room for 8 bit")
    monkeypatch.setattr(llama, "exact_int8", lambda: exact)
    torch.manual_seed(0)
    weight, x = torch.randn(96, 576), torch.randn(50, 576)
    layer = Int8Linear(weight.clone())
    found, whole = layer(x), x @ weight.T
    assert (found - whole).pow(2).mean() < 0.02**2 * whole.pow(2).mean()
    assert torch.equal(found[:1], layer(x[:1])) and torch.equal(found[20:], layer(x[20:]))
