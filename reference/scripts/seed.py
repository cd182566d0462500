"""The numbers that the tests of `core::seed` pin, from a ChaCha8 written here after Bernstein's paper.

Run: python3 seed.py. It checks itself against the known key stream of ChaCha8 with a key of zeros.
"""

import math
import struct

MASK = 0xFFFFFFFF


def block(key, counter, nonce):
    """The sixteen words of one block of ChaCha8 with a 64-bit counter and a 64-bit nonce."""
    start = list(struct.unpack("<4I", b"expand 32-byte k")) + list(struct.unpack("<8I", key))
    start += [counter & MASK, counter >> 32, nonce & MASK, nonce >> 32]
    x = start[:]

    def rotate(a, b):
        return ((a << b) | (a >> (32 - b))) & MASK

    def quarter(a, b, c, d):
        for p, q, r, by in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            x[p] = (x[p] + x[q]) & MASK
            x[r] = rotate(x[r] ^ x[p], by)

    for _ in range(4):
        for i in range(4):
            quarter(i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return [(a + b) & MASK for a, b in zip(x, start)]


known = struct.pack("<16I", *block(bytes(32), 0, 0)).hex()
assert known.startswith("3e00ef2f895f40d67f5bb8e81f09a5a12c840ec3ce9a7f3b181be188ef711a1e"), known


def root(number):
    return struct.pack("<Q", number) + b"kring: key of a seed, v1"


def fnv1a(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) & (2**64 - 1)
    return value


def child(key, purpose, index):
    return struct.pack("<8I", *block(key, index, 2**63 | fnv1a(purpose))[:8])


def stream(key, index):
    counter = 0
    while True:
        yield from block(key, counter, index)
        counter += 1


def below(words, n, bits=32):
    while True:
        product = next(words) * n
        if product % 2**bits >= 2**bits % n:
            return product >> bits


def halves(words):
    for word in words:
        yield word & 0xFFFF
        yield word >> 16


def uniform(words):
    low = next(words)
    return (((next(words) << 32 | low) >> 12) + 0.5) / 2**52


seed = root(2011)
words = stream(seed, 3)
print("words", [next(words) for _ in range(4)])
words = stream(child(seed, "bootstrap", 7), 0)
print("child", [next(words) for _ in range(4)])
print("number", struct.unpack("<Q", child(seed, "bootstrap", 7)[:8])[0])
draws = halves(stream(seed, 0))
print("dice", [below(draws, 6, 16) for _ in range(9)])
words = stream(seed, 0)
print("large", [below(words, 1_000_000) for _ in range(9)])
words, order = stream(seed, 1), list(range(10))
for i in range(9, 0, -1):
    j = below(words, i + 1)
    order[i], order[j] = order[j], order[i]
print("order", order)
words, choice = stream(seed, 1), list(range(10))
for i in range(3):
    j = i + below(words, 10 - i)
    choice[i], choice[j] = choice[j], choice[i]
print("choice", choice[:3])
print("uniform", repr(uniform(stream(seed, 2))))
words = stream(seed, 2)
radius = math.sqrt(-2 * math.log(uniform(words)))
print("normal", repr(radius * math.cos(2 * math.pi * uniform(words))))
