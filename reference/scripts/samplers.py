"""The numbers that the tests of `sim::sampler` pin: the samplers of the papers, on the ChaCha8 of seed.py.

Run: python3 samplers.py.
Poisson: inversion by sequential search below a mean of 10, from there PTRS (Hoermann 1993, page 43).
Gamma: Marsaglia & Tsang (2000); a shape below one is that of shape + 1 times u^(1/shape), u drawn first.
Columns: inversion of 64 bits, of which the upper 16 are drawn first, for the whole column; the others only
where they decide, that is where the upper 12 bits leave more than one value.
"""
import contextlib
import io
import math

with contextlib.redirect_stdout(io.StringIO()):
    from seed import halves, root, stream, uniform


def normal(words):
    radius = math.sqrt(-2 * math.log(uniform(words)))
    return radius * math.cos(2 * math.pi * uniform(words))


def gamma(words, shape):
    if shape < 1:
        u = uniform(words)
        return gamma(words, shape + 1) * u ** (1 / shape)
    d = shape - 1 / 3
    c = 1 / math.sqrt(9 * d)
    while True:
        x = normal(words)
        v = 1 + c * x
        if v <= 0:
            continue
        v = v**3
        u = uniform(words)
        if u < 1 - 0.0331 * x**4 or math.log(u) < x * x / 2 + d - d * v + d * math.log(v):
            return d * v


def poisson(words, mu):
    if mu < 10:
        u, k, p = uniform(words), 0, math.exp(-mu)
        total = p
        while u > total:
            k += 1
            p *= mu / k
            total += p
        return k
    b = 0.931 + 2.53 * math.sqrt(mu)
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    v_r = 0.9277 - 3.6224 / (b - 2)
    while True:
        u, v = uniform(words) - 0.5, uniform(words)
        us = 0.5 - abs(u)
        k = math.floor((2 * a / us + b) * u + mu + 0.43)
        if us >= 0.07 and v <= v_r:
            return k
        if k < 0 or (us < 0.013 and v > us):
            continue
        if math.log(v * inverse_alpha / (a / us**2 + b)) <= k * math.log(mu) - mu - math.lgamma(k + 1):
            return k


def column(words, n, cumulative):
    def value(u):
        return sum(u >= f for f in cumulative)

    both = halves(words)
    upper = [next(both) for _ in range(n + n % 2)][:n]
    values = []
    for half in upper:
        low = half >> 4 << 52
        x = value(low)
        if value(low | 2**52 - 1) != x:
            bits = next(words) | next(words) << 32
            x = value(half << 48 | bits >> 16)
        values.append(x)
    return values


def nb2_up_to(mu, theta):
    chance = math.exp(-theta * math.log1p(mu / theta))
    total, y, cumulative = chance, 0, []
    while total < 1 - 1e-15:
        cumulative.append(int(total * 2**64))
        chance *= (theta + y) / (y + 1) * mu / (theta + mu)
        y += 1
        total += chance
    return cumulative


def show(name, index, draw):
    words = stream(root(2011), index)
    print(name, [draw(words) for _ in range(6)])


show("few", 0, lambda w: poisson(w, 4.7))
show("many", 1, lambda w: poisson(w, 60.0))
show("nb2", 2, lambda w: poisson(w, 4.7 / 2.0 * gamma(w, 2.0)))
show("nb1", 3, lambda w: poisson(w, 0.8 * gamma(w, 4.7 / 0.8)))
show("gamma", 4, lambda w: gamma(w, 0.3))
found = column(stream(root(2011), 5), 20_001, nb2_up_to(math.exp(1.5), 4.0))
print("column", found[:12], sum(found), sum(i * y for i, y in enumerate(found)))
