"""Writes tests/data/circles/networkx_1.graphml to networkx_4.graphml from the invented tables beside them.

So GraphML is read as networkx writes it. The files are committed, and the tests need no Python.

    pip install networkx==3.6.1
    python tests/make_circle_graphs.py
"""

import csv
from pathlib import Path

import networkx as nx

DATA = Path(__file__).parent / "data" / "circles"


def rows(name):
    with open(DATA / name, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def filled(row, *without):
    return {key: value for key, value in row.items() if value and key not in without}


for number, family in enumerate(rows("families.csv"), start=1):
    here = {"family": family["family"], "wave": family["wave"]}
    graph = nx.Graph(**filled(family))
    for row in rows("alters.csv"):
        if here.items() <= row.items():
            graph.add_node(row["person"], **filled(row, "family", "wave", "person"))
    for row in rows("ties.csv"):
        if here.items() <= row.items():
            graph.add_edge(row["from"], row["to"], sign=row["sign"])
    nx.write_graphml(graph, DATA / f"networkx_{number}.graphml")
