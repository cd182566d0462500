# Tails of the noncentral F distribution with 40 digits, for the tests of `dist/noncentral.rs`.
# mpmath 1.3.0: the Poisson mixture of incomplete beta functions, summed until its terms are below 1e-45.
from mpmath import mp, mpf, betainc, exp, log, loggamma, findroot

mp.dps = 40


def tails(f, d1, d2, ncp):
    f, d1, d2, half = mpf(f), mpf(d1), mpf(d2), mpf(ncp) / 2
    x = d1 * f / (d1 * f + d2)
    lower = upper = mpf(0)
    spread = 16 * (half ** mpf("0.5")) + 90
    j = int(max(0, half - spread))
    while j <= half + spread:
        weight = exp(j * log(half) - half - loggamma(j + 1)) if half > 0 else mpf(j == 0)
        below = betainc(d1 / 2 + j, d2 / 2, 0, x, regularized=True)
        lower += weight * below
        upper += weight * betainc(d1 / 2 + j, d2 / 2, x, 1, regularized=True)
        j += 1
    return lower, upper


def limit(f, d1, d2, tail, upper, start):
    g = (lambda n: tails(f, d1, d2, n)[0] - tail) if upper else (lambda n: tails(f, d1, d2, n)[1] - tail)
    return findroot(g, start, solver="secant", tol=1e-25)


for case in [(2, 3, 10, 4), ("0.1", 2, 20, 30), (30, 2, 20, 5), (3, 4, "42.668", 100), (900, "3.6", 25, 4000)]:
    lower, upper = tails(*case)
    print(case, mp.nstr(lower, 18), mp.nstr(upper, 18))
a = mpf("0.025")
print("lower limit of 5.0 (3, 30)", mp.nstr(limit(5, 3, 30, a, False, (2, 3)), 18))
print("upper limit of 5.0 (3, 30)", mp.nstr(limit(5, 3, 30, a, True, (30, 40)), 18))
