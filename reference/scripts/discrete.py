"""Tails of discrete and noncentral distributions with 40 digits (mpmath): the truth of the tests in
crates/kring-stats/src/dist/discrete.rs and noncentral.rs.

    python3 scripts/discrete.py
"""

from mpmath import binomial, exp, factorial, gammainc, inf, mp, mpf, nstr, nsum

mp.dps = 40


def binomial_pmf(x, n, p):
    p = mpf(p)
    return binomial(n, x) * p**x * (1 - p) ** (n - x)


def poisson_pmf(x, rate):
    rate = mpf(rate)
    return exp(-rate) * rate**x / factorial(x)


def hypergeometric_pmf(x, m, n, k):
    return binomial(m, x) * binomial(n, k - x) / binomial(m + n, k)


def noncentral(x, df, ncp, upper):
    x, df, ncp = mpf(x), mpf(df), mpf(ncp)
    reach = 60 * mp.sqrt(ncp / 2) + 400
    first = max(0, int(ncp / 2 - reach))
    total = mpf(0)
    for j in range(first, int(ncp / 2 + reach)):
        a = df / 2 + j
        part = gammainc(a, x / 2, inf, regularized=True) if upper else gammainc(a, 0, x / 2, regularized=True)
        total += exp(-ncp / 2) * (ncp / 2) ** j / factorial(j) * part
    return total


def show(name, value):
    print(f"{name:45s} {nstr(value, 17)}")


show("binomial pmf 3 of 10, 0.2", binomial_pmf(3, 10, "0.2"))
show("binomial pmf 500000 of 1000000, 0.5", binomial_pmf(500000, 1000000, "0.5"))
show("binomial P(X >= 20) of 1000, 0.001", sum(binomial_pmf(x, 1000, "0.001") for x in range(20, 1001)))
show("binomial P(X <= 300) of 1000, 0.5", sum(binomial_pmf(x, 1000, "0.5") for x in range(301)))
show("poisson pmf 150, 100", poisson_pmf(150, 100))
show("poisson P(X >= 60), 10", sum(poisson_pmf(x, 10) for x in range(60, 400)))
show("poisson P(X <= 3), 40", sum(poisson_pmf(x, 40) for x in range(4)))
show("hypergeometric 49; 55, 60, 60", hypergeometric_pmf(49, 55, 60, 60))
show("hypergeometric 5100; 10000, 990000, 500000", hypergeometric_pmf(5100, 10000, 990000, 500000))
for x, df, ncp in [(5, 3, 2), (300, 2, 100), (10, 4, 80), (9500, 1, 9000), ("0.001", 1, "1e-12"), (57.5, 1, 30)]:
    show(f"noncentral {x}; {df}, {ncp}: lower", noncentral(x, df, ncp, False))
    show(f"noncentral {x}; {df}, {ncp}: upper", noncentral(x, df, ncp, True))
