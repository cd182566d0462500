"""Least squares on the Longley data in exact fractions: the truth of kring-stats' test `longley`.

NIST certifies the same values (https://www.itl.nist.gov/div898/strd/lls/data/Longley.shtml).
Run in the folder `reference`: python3 scripts/longley.py (nothing but Python is needed). The data are
those of data/longley.csv in NIST's units.
"""

import csv
from decimal import Decimal, getcontext
from fractions import Fraction

getcontext().prec = 40


def digits(x):
    return format(Decimal(x.numerator) / Decimal(x.denominator), ".15g")


def root(x):
    return format((Decimal(x.numerator) / Decimal(x.denominator)).sqrt(), ".15g")


with open("data/longley.csv", newline="") as file:
    table = [{k: Fraction(v) for k, v in row.items()} for row in csv.DictReader(file)]
# R's data set has thousands and millions where NIST has units.
names = ["gnp_deflator", "gnp", "unemployed", "armed_forces", "population", "year"]
scale = dict(gnp=1000, unemployed=10, armed_forces=10, population=1000)
x = [[Fraction(1)] + [row[k] * scale.get(k, 1) for k in names] for row in table]
y = [row["employed"] * 1000 for row in table]
n, p = len(x), len(x[0])

# Gauss–Jordan on (X'X | I).
a = [[sum(x[i][j] * x[i][k] for i in range(n)) for k in range(p)] + [Fraction(j == k) for k in range(p)] for j in range(p)]
for j in range(p):
    a[j] = [v / a[j][j] for v in a[j]]
    for k in range(p):
        if k != j:
            a[k] = [v - a[k][j] * w for v, w in zip(a[k], a[j])]
inverse = [row[p:] for row in a]
xty = [sum(x[i][j] * y[i] for i in range(n)) for j in range(p)]
beta = [sum(u * v for u, v in zip(row, xty)) for row in inverse]
fitted = [sum(b * v for b, v in zip(beta, row)) for row in x]
rss = sum((u - v) ** 2 for u, v in zip(y, fitted))
mean = sum(y) / n
explained = sum((v - mean) ** 2 for v in fitted)
variance = rss / (n - p)
for j, name in enumerate(["(Intercept)"] + names):
    print(name, digits(beta[j]), root(variance * inverse[j][j]))
print("sigma", root(variance))
print("R squared", digits(explained / (explained + rss)))
print("F", digits(explained / (p - 1) / variance))
