"""The conditional odds ratio of tests/network-involved-fisher_exact with 40 digits (mpmath).

    python3 scripts/fisher_limits.py

Given 60 events among 55 and 60 persons, the first group has x of them with chance
C(55, x) C(60, 60 - x) psi^x / sum. Seen: 49. The estimate solves E(x) = 49, the limits give each tail
0.025. Exact whole numbers for the binomial coefficients, bisection for psi.
"""

from math import comb

from mpmath import mp, mpf

mp.dps = 40
SUPPORT = range(0, 56)
WEIGHTS = [comb(55, x) * comb(60, 60 - x) for x in SUPPORT]


def chances(psi):
    terms = [w * psi**x for x, w in zip(SUPPORT, WEIGHTS)]
    total = sum(terms)
    return [t / total for t in terms]


def bisect(f, low, high):
    low, high = mpf(low), mpf(high)
    for _ in range(140):
        middle = (low + high) / 2
        if f(middle) < 0:
            low = middle
        else:
            high = middle
    return low


def expectation(psi):
    return sum(x * p for x, p in zip(SUPPORT, chances(psi)))


print("estimate", mp.nstr(bisect(lambda psi: expectation(psi) - 49, 1, 1000), 16))
print("low     ", mp.nstr(bisect(lambda psi: sum(chances(psi)[49:]) - mpf("0.025"), 1, 1000), 16))
print("high    ", mp.nstr(bisect(lambda psi: mpf("0.025") - sum(chances(psi)[:50]), 1, 1000), 16))
