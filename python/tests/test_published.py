"""Published figures."""

from __future__ import annotations

import kring
import pytest


def test_digits_define_agreement() -> None:
    six, fine = kring.published("6"), kring.published("4.70")
    assert (six.value, six.limits, six.percent) == (6.0, (5.5, 6.5), False)
    assert six.admits(5.7)
    assert not six.admits(6.6)
    assert fine.limits == pytest.approx((4.695, 4.705))
    assert (str(fine), repr(fine), fine.text) == ("4.70", "<kring.Published 4.70>", "4.70")
    bound = kring.published("< .001")
    assert bound.limits[0] is None
    assert bound.admits(0.0004)
    assert not bound.admits(0.002)
    assert kring.published("18%").percent
    assert kring.published("1.511,5", locale="nl").value == 1511.5


def test_grim() -> None:
    # 28 whole numbers: 145 / 28 = 5.179 and 146 / 28 = 5.214; no mean prints as 5.19.
    wrong = kring.grim("5.19", 28)
    assert (wrong["kind"], wrong["outcome"]) == ("grim", "inconsistent")
    assert "145/28" in wrong["arithmetic"]
    assert kring.grim("5.18", 28)["outcome"] == "consistent"
    assert kring.grim("5.19", 28, items=10)["outcome"] == "consistent"


def test_a_number_has_lost_its_zeros() -> None:
    with pytest.raises(TypeError, match=r'as in "5\.19".*trailing zeros'):
        kring.grim(5.19, 28)  # type: ignore[arg-type]


def test_a_percentage_of_a_sample_is_a_share_of_people() -> None:
    # 12/55 = 21.8% and 13/55 = 23.6%.
    found = kring.check_figures("23.4%", sample=55)
    assert [(one["kind"], one["outcome"]) for one in found] == [("grim", "inconsistent")]
    with pytest.raises(kring.InputError, match="nothing to check"):
        kring.check_figures("5.19", sample=28)
    test = "χ²(1, N = 115) = 0.78"
    found = kring.check_figures("0.78", test=test, p_value=".38")
    assert found[0]["outcome"] == "consistent"
