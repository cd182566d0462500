"""Upper quantiles of Student's t and the normal to 20 digits: the truth of `stats::dist`'s tests.

Run: python3 quantiles.py (needs mpmath).
"""

from mpmath import betainc, erfc, findroot, mp, mpf, sqrt

mp.dps = 40


def t_tail(x, df):
    df = mpf(df)
    return betainc(df / 2, mpf(1) / 2, 0, df / (df + x * x), regularized=True) / 2


for tail, df, start in [
    ("0.025", "1e6", "1.96"),
    ("0.025", "17", "2.1"),
    ("0.025", "3", "3.2"),
    ("0.025", "1.5", "5.9"),
]:
    root = findroot(lambda x: t_tail(x, df) - mpf(tail), mpf(start))
    print("t", tail, df, mp.nstr(root, 20))
root = findroot(lambda x: erfc(x / sqrt(2)) / 2 - mpf("0.025"), mpf("1.96"))
print("normal", "0.025", mp.nstr(root, 20))
