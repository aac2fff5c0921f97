#!/usr/bin/env python3
"""A large mesh as a scenario, for looking at memory: SERVICES services of ENDPOINTS endpoints each, every one calling two services below it, DEPTH levels deep.
usage: tests/bench/big_mesh.py [SERVICES=1000] [ENDPOINTS=10] [SECONDS=60] [RATE=400] [DEPTH=8] > big.json"""
import json
import sys

services, endpoints, seconds, rate, depth = ([int(a) for a in sys.argv[1:]] + [1000, 10, 60, 400, 8][len(sys.argv) - 1:])
per_level = max(1, services // depth)


def name(level, i):
    return f"s{level}-{i % per_level}"


def operation(level, i):
    steps = [{"busy": {"exponential": {"mean": "1ms"}}}]
    if level + 1 < depth:
        steps += [{"call": name(level + 1, 2 * i + k) + "/x"} for k in (0, 1)]
    return {"x": {"steps": steps}}


made = {name(l, i): {"versions": {"v1": {"replicas": endpoints, "workers": 2, "concurrency": "async"}}, "operations": operation(l, i)}
        for l in range(depth) for i in range(per_level)}
entries = min(per_level, 100)
json.dump({"meshmall": 1, "name": "big-mesh", "run": {"duration": f"{seconds}s"},
           "network": {"sameZone": {"exponential": {"mean": "250us"}}},
           "services": made,
           "traffic": [{"name": f"t{i}", "to": name(0, i) + "/x", "arrivals": {"poisson": {"rate": f"{rate / entries}/s"}}} for i in range(entries)]}, sys.stdout)
