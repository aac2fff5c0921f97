#!/usr/bin/env python3
"""Markdown tables from the lines that MESHMALL_THEORY_REPORT=FILE collects: by type of model, and what is wider than wanted.

usage: table.py theory.json REPORT..."""
import collections
import json
import sys

types = {v["id"]: v["model"]["type"] for v in json.load(open(sys.argv[1], encoding="utf-8"))["vectors"]}
rows = {}
for name in sys.argv[2:]:
    for line in open(name, encoding="utf-8"):
        f = line.rstrip("\n").split("|")
        if f[-1] == "again":
            continue
        rows[(f[0], f[2], f[3], f[4])] = {"id": f[0], "name": f[3], "width": float(f[8]), "z": abs(float(f[9])), "inside": f[10] == "inside", "precise": f[11] == "precise",
                                            "judged": f[11] == "precise" or (f[11] == "wide" and float(f[8]) <= (0.04 if f[3].endswith(("p99", "p999")) else 0.02))}

groups = collections.defaultdict(list)
for row in rows.values():
    groups[types[row["id"]]].append(row)


def line(name, group):
    judged = [r for r in group if r["judged"]]
    print(f'| {name} | {len({r["id"] for r in group})} | {len(group)} | {sum(r["precise"] for r in group)} | {len(judged)} | {sum(r["inside"] for r in judged)} | '
          f'{max((r["z"] for r in judged), default=0):.2f} | {100 * max((r["width"] for r in judged), default=0):.1f} % |')


print("| type of model | entries | quantities | as narrow as wanted | judged | of these inside | largest abs. z | widest half-width |")
print("|---|---:|---:|---:|---:|---:|---:|---:|")
for name, group in sorted(groups.items()):
    line(name, group)
line("**all**", list(rows.values()))
print()
full = [i for i in {r["id"] for r in rows.values()} if all(r["precise"] for r in rows.values() if r["id"] == i)]
print(f"Entries with every quantity as narrow as wanted: {len(full)} of {len({r['id'] for r in rows.values()})}.")
for p in ("mean", "response_p50", "response_p95", "response_p99", "response_p999", "wait_p"):
    g = [r for r in rows.values() if r["name"].startswith(p) and (p != "response_p99" or r["name"] == p)]
    if g:
        print(f'{p}: {sum(r["precise"] for r in g)} of {len(g)} as narrow as wanted')
