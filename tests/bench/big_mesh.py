#!/usr/bin/env python3
"""A large mesh as a scenario (JSON on stdout), for looking at memory: every service calls two of the level below it."""
import argparse
import json
import sys


def whole(least):
    def parse(text):
        number = int(text)
        if number < least:
            raise argparse.ArgumentTypeError(f"must be at least {least} (got {text})")
        return number
    parse.__name__ = "whole number"
    return parse


def mesh(services, endpoints, seconds, rate, depth):
    per_level = services // depth

    def name(level, i):
        return f"s{level}-{i % per_level}"

    def operation(level, i):
        steps = [{"busy": {"exponential": {"mean": "1ms"}}}]
        if level + 1 < depth:
            steps += [{"call": name(level + 1, 2 * i + k) + "/x"} for k in (0, 1)]
        return {"x": {"steps": steps}}

    made = {name(level, i): {"versions": {"v1": {"replicas": endpoints, "workers": 2, "concurrency": "async"}}, "operations": operation(level, i)}
            for level in range(depth) for i in range(per_level)}
    entrances = min(per_level, 100)
    return {"meshmall": 1, "name": "big-mesh", "run": {"duration": f"{seconds}s"},
            "network": {"sameZone": {"exponential": {"mean": "250us"}}},
            "services": made,
            "traffic": [{"name": f"t{i}", "to": name(0, i) + "/x", "arrivals": {"poisson": {"rate": f"{rate / entrances}/s"}}} for i in range(entrances)]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, epilog="A customer causes 2 ** DEPTH - 1 calls: with the defaults 100 s are 10 million. "
                                     "example: tests/bench/big_mesh.py 1000 10 100 > big.json && /usr/bin/time -v meshmall run big.json -q > report.txt")
    for name, default, least, what in (("services", 1000, 1, "in all levels together"), ("endpoints", 10, 1, "of each service"), ("seconds", 60, 1, "of simulated time"),
                                       ("rate", 400, 1, "customers a second"), ("depth", 8, 1, "levels")):
        parser.add_argument(name, nargs="?", type=whole(least), default=default, help=f"{what} (default {default})")
    chosen = parser.parse_args()
    if chosen.services < chosen.depth:
        parser.error(f"services must be at least depth, one on each level (got {chosen.services} and {chosen.depth})")
    json.dump(mesh(**vars(chosen)), sys.stdout)


if __name__ == "__main__":
    main()
