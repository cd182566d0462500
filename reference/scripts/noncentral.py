"""Tails of the noncentral t, χ² and F to 17 digits: the truth of `stats::dist::noncentral`'s tests.

Run: python3 noncentral.py (needs mpmath; a minute). t by quadrature of its definition with 50 digits,
χ² and F by their Poisson mixtures. Last, the limits of a published interval that R finds to six digits only.
"""

from mpmath import betainc, erfc, exp, gamma, gammainc, inf, log, loggamma, mp, mpf, quad, sqrt

mp.dps = 50


def normal_upper(x):
    return erfc(x / sqrt(mpf(2))) / 2


def t_upper(t, nu, delta):
    """P(T > t): the mean of Φ̄(t s − δ) over s = sqrt(χ²_ν / ν)."""
    t, nu, delta = mpf(t), mpf(nu), mpf(delta)
    constant = log(mpf(2)) + nu / 2 * log(nu / 2) - loggamma(nu / 2)

    def f(s):
        return exp(constant + (nu - 1) * log(s) - nu * s * s / 2) * normal_upper(t * s - delta)

    # Where the integrand has its mode, by a crude search, and a width to split at.
    grid = [mpf(10) ** (mpf(i) / 200) for i in range(-800, 400)]
    mode = max(grid, key=f)
    width = min(1 / sqrt(2 * nu), mode)
    points = sorted({mpf(0), inf, *(mode + k * width for k in range(-12, 13) if mode + k * width > 0)})
    if delta * t > 0:
        points = sorted({*points, *(delta / t + mpf(k) / abs(t) for k in range(-12, 13, 3) if delta / t + mpf(k) / abs(t) > 0)})
    # mpmath's quadrature stops at an absolute error: the integrand is taken relative to its mode.
    top = f(mode)
    return quad(lambda s: f(s) / top, points) * top


def mixture(tail, half):
    """Σ Poisson(j; λ/2) tail(j), over all j that count at 50 digits."""
    half = mpf(half)
    if half == 0:
        return tail(0)
    total, j = mpf(0), 0
    weight = exp(-half)
    while True:
        term = weight * tail(j)
        total += term
        j += 1
        weight *= half / j
        if j > half and weight < total * mpf(10) ** -45:
            return total


def chi_squared(x, k, ncp, upper):
    x, k = mpf(x) / 2, mpf(k) / 2
    if upper:
        return mixture(lambda j: gammainc(k + j, x, inf, regularized=True), mpf(ncp) / 2)
    return mixture(lambda j: gammainc(k + j, 0, x, regularized=True), mpf(ncp) / 2)


def f_tail(x, m, n, ncp, upper):
    x, m, n = mpf(x), mpf(m), mpf(n)
    y = n / (n + m * x)
    if upper:
        return mixture(lambda j: betainc(n / 2, m / 2 + j, 0, y, regularized=True), mpf(ncp) / 2)
    return mixture(lambda j: betainc(m / 2 + j, n / 2, 0, 1 - y, regularized=True), mpf(ncp) / 2)


def show(name, args, value):
    print(name, *args, mp.nstr(value, 17))


for args in [
    ("2", "113", "0"),
    ("2", "113", "0.5"),
    ("-2", "17", "3"),
    ("-2", "17", "-3"),
    ("10", "17", "0.5"),
    ("40", "3", "2"),
    ("3", "1", "1"),
    ("3", "0.5", "-4"),
    ("0", "5", "-6"),
    ("0.1", "5", "-30"),
    ("60", "200", "10"),
    ("60", "200", "90"),
    ("5", "1e6", "2"),
    ("-5", "1e6", "20"),
    ("900", "40", "1000"),
    ("1500", "40", "1000"),
    ("1e-3", "2", "20"),
    ("1000", "1.5", "3"),
]:
    show("t_upper", args, t_upper(*args))
    t, nu, delta = args
    show("t_lower", args, t_upper(-mpf(t), nu, -mpf(delta)))
for args in [
    ("3", "4", "0"),
    ("3", "4", "2.5"),
    ("0.01", "0.5", "30"),
    ("400", "4", "30"),
    ("60", "4", "400"),
    ("1000", "3", "900"),
    ("1500", "90", "900"),
]:
    show("chi_squared_upper", args, chi_squared(*args, True))
    show("chi_squared_lower", args, chi_squared(*args, False))
for args in [
    ("3", "4", "12.5", "0"),
    ("3", "4", "12.5", "2.5"),
    ("0.01", "2", "60", "30"),
    ("50", "3", "20", "10"),
    ("8", "2", "1000", "100"),
    ("300", "3", "400", "600"),
]:
    show("f_upper", args, f_tail(*args, True))
    show("f_lower", args, f_tail(*args, False))

# The limits of d, g and Δ of data/problems-baseline.csv, for `explained.toml`: R's effectsize finds them
# with a simplex, to some six digits. Run in the folder `reference`: python3 scripts/noncentral.py
import csv  # noqa: E402

from mpmath import findroot, mpf as number  # noqa: E402

try:
    with open("data/problems-baseline.csv", newline="") as file:
        rows = list(csv.DictReader(file))
except FileNotFoundError:
    rows = []
if rows:
    x, y = ([number(row["value"]) for row in rows if row["group"] == arm] for arm in ("EKC", "WT"))
    mean = lambda v: sum(v) / len(v)
    square = lambda v: sum((a - mean(v)) ** 2 for a in v) / (len(v) - 1)
    n, m = len(x), len(y)
    pooled = ((n - 1) * square(x) + (m - 1) * square(y)) / (n + m - 2)
    q = number(1) / n + number(1) / m
    df = number(n + m - 2)
    j = gamma(df / 2) / (sqrt(df / 2) * gamma((df - 1) / 2))
    mp.dps = 30
    for name, s2, h, nu, factor in [
        ("d", pooled, q, df, 1),
        ("g", pooled, q, df, j),
        ("delta", square(y), number(1) / m + square(x) / square(y) / n, number(m - 1), 1),
    ]:
        t = (mean(x) - mean(y)) / sqrt(s2 * h)
        tail = number("0.025")
        low = findroot(lambda d: t_upper(t, nu, d) - tail, (t - 2, t - number("1.9")), solver="secant", tol=1e-22)
        high = findroot(lambda d: t_upper(-t, nu, -d) - tail, (t + 2, t + number("1.9")), solver="secant", tol=1e-22)
        print(name, *(mp.nstr(factor * sqrt(h) * v, 17) for v in (t, low, high)))
