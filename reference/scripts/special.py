"""Truth for `stats::dist`: special functions, densities, tails and quantiles to twenty digits.

Run: python3 special.py [studentized | gamma | densities | quantiles]. It needs mpmath.
"""

import sys

from mpmath import (
    betainc, digamma, erfc, exp, gammainc, inf, log, loggamma, mp, mpf, nstr, pi, polygamma, sqrt,
)

mp.dps = 40


def show(*what):
    print(*[nstr(x, 20) if isinstance(x, type(mpf(0))) else x for x in what])


def upper_normal(z):
    return erfc(z / sqrt(2)) / 2


def trapezoid(f, centre, step):
    """∫ f for f ≥ 0, analytic, that vanishes at both ends."""
    total = f(centre)
    for direction in (1, -1):
        i = small = 0
        while small < 8:
            i += direction
            term = f(centre + i * step)
            total += term
            small = small + 1 if term < total * mpf(10) ** -19 else 0
    return total * step


def range_tail(w, k):
    """P(W > w) of the range of k normals: k ∫ φ(z) (Φ(z)^(k−1) − (Φ(z) − Φ(z − w))^(k−1)) dz."""

    def inside(z):
        a, b = upper_normal(-z), upper_normal(w - z)
        return exp(-z * z / 2) * (a ** (k - 1) - (a - b) ** (k - 1))

    return k / sqrt(2 * pi) * trapezoid(inside, w / 2, mpf(18) / 100 if k < 10 else mpf(8) / 100)


def studentized_tail(q, k, df):
    """P(Q > q) = ∫ f(s) P(W > qs) ds, s the root of χ² over its degrees of freedom."""
    q, df = mpf(q), mpf(df)
    constant = log(2) + df / 2 * log(df / 2) - loggamma(df / 2)
    centre = log(df / (df + q * q / 2)) / 2

    def inside(u):
        return exp(constant + df * u - df * exp(2 * u) / 2) * range_tail(q * exp(u), k)

    return trapezoid(inside, centre, min(mpf(9) / 100, mpf(4) / 10 / sqrt(df)))


def studentized():
    mp.dps = 25
    # Steps and precision are enough if what is known otherwise comes out: 2 P(t > q/√2).
    known = betainc(mpf(5) / 2, mpf(1) / 2, 0, 5 / (5 + mpf(3.5) ** 2 / 2), regularized=True)
    assert abs(studentized_tail(3.5, 2, 5) / known - 1) < mpf(10) ** -15
    for q in (1, 3.5, 6):
        for k in (2, 3, 8):
            for df in (5, 33.3, 1000):
                show("tail", q, k, df, studentized_tail(q, k, df))
                sys.stdout.flush()
    for q, k, df in ((20, 4, 10), (12, 5, 60), (9, 30, 1e6), (3, 50, 20), (50, 3, 2), (4, 6, 1.5), (0.5, 4, 12)):
        show("tail", q, k, df, studentized_tail(q, k, df))
        sys.stdout.flush()


def near(x):
    """The double next to x, which is what the program under test is given."""
    return mpf(float(x))


def gammas():
    for x in ("1e-5", "0.2", "0.999", "1.001", "1.46", "1.4616321449683622", "1.47", "1.56", "2.0001", "7.7", "12.5", "300", "1e8"):
        x = near(x)
        show("gamma", float(x), loggamma(x), digamma(x), polygamma(1, x))


def ln_poisson(y, mu):
    return y * log(mu) - mu - loggamma(y + 1)


def ln_nb(y, mu, theta):
    return loggamma(y + theta) - loggamma(theta) - loggamma(y + 1) + theta * log(theta / (theta + mu)) + y * log(mu / (theta + mu))


def ln_binomial(y, n, p):
    return loggamma(n + 1) - loggamma(y + 1) - loggamma(n - y + 1) + y * log(p) + (n - y) * log(1 - p)


def ln_beta_binomial(y, n, a, b):
    def ln_beta(a, b):
        return loggamma(a) + loggamma(b) - loggamma(a + b)

    return loggamma(n + 1) - loggamma(y + 1) - loggamma(n - y + 1) + ln_beta(y + a, n - y + b) - ln_beta(a, b)


def densities():
    mp.dps = 60
    for y, mu in ((0, 0.3), (3, 0.001), (7, 6.5), (1000, 1001.5), (10**6, 999000.0), (200, 1e-3)):
        show("poisson", y, mu, ln_poisson(mpf(y), mpf(mu)))
    for y, mu, theta in ((0, 4.7, 0.3), (3, 4.7, 0.3), (40, 4.7, 8.0), (3, 2.5, 1e12), (5, 1e-4, 1e-3), (1000, 900.0, 0.01), (12, 10.0, 1e6), (2, 1e-9, 3.0)):
        show("nb", y, mu, theta, ln_nb(mpf(y), mpf(mu), mpf(theta)))
    for y, n, p in ((3, 10, 0.25), (0, 50, 1e-10), (500, 1000, 0.5), (10**6, 10**9, 0.001), (999, 1000, 0.001), (10, 10, 0.999)):
        show("binomial", y, n, p, ln_binomial(mpf(y), mpf(n), mpf(p)))
    for y, n, a, b in ((3, 10, 2.0, 3.0), (0, 5, 0.1, 0.2), (50, 100, 1e10, 1e10), (7, 9, 1e-3, 1e3), (400, 1000, 12.5, 30.0)):
        show("beta_binomial", y, n, a, b, ln_beta_binomial(mpf(y), mpf(n), mpf(a), mpf(b)))


def root(f, low, high):
    """The root of an increasing f between two ends, by halving."""
    low, high = mpf(low), mpf(high)
    for _ in range(110):
        middle = (low + high) / 2
        if f(middle) < 0:
            low = middle
        else:
            high = middle
    return low


def quantiles():
    # Tails of 1e-30 are one minus a probability inside mpmath: that takes digits.
    mp.dps = 80

    def ln_gamma_lower(a, x):
        return log(gammainc(a, 0, x, regularized=True))

    def ln_gamma_upper(a, x):
        return log(gammainc(a, x, inf, regularized=True))

    for a, p in ((0.5, 0.025), (0.01, 0.5), (5.0, 1e-9), (200.0, 0.3), (0.1, 1e-20)):
        a, p = mpf(a), mpf(p)
        show("gamma lower", a, p, exp(root(lambda u: ln_gamma_lower(a, exp(u)) - log(p), -700, 10)))
    for a, p in ((0.5, 0.05), (2.0, 1e-12), (50.0, 0.001), (0.05, 1e-30)):
        a, p = mpf(a), mpf(p)
        show("gamma upper", a, p, exp(root(lambda u: log(p) - ln_gamma_upper(a, exp(u)), -20, 7)))

    def ln_beta_tail(a, b, u):
        return log(betainc(a, b, 0, 1 / (1 + exp(-u)), regularized=True))

    for a, b, p in ((2.0, 3.0, 1e-20), (0.1, 0.1, 0.025), (3.0, 8.0, 0.025), (500.0, 0.5, 0.5), (30.0, 1.0, 0.999)):
        a, b, p = mpf(a), mpf(b), mpf(p)
        u = root(lambda u: ln_beta_tail(a, b, u) - log(p), -80, 60)
        show("beta lower", a, b, p, 1 / (1 + exp(-u)))
    for m, n, p in ((2.5, 12.5, 0.05), (1.0, 400.0, 0.01), (90.0, 3.0, 1e-6)):
        m, n, p = mpf(m), mpf(n), mpf(p)
        u = root(lambda u: ln_beta_tail(n / 2, m / 2, u) - log(p), -60, 30)
        show("f upper", m, n, p, n / m * exp(-u))


PARTS = {"studentized": studentized, "gamma": gammas, "densities": densities, "quantiles": quantiles}

if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
