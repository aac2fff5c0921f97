#!/usr/bin/env python3
"""A scenario in which every caller uses every endpoint, for looking at memory: CALLERS endpoints of one service call ENDPOINTS of another; POLICY is maglev or
least (LEAST_REQUEST). Each pair is chosen TIMES times on average, so a share of 1 - e^-TIMES of them is used (5: 99.3 %).
usage: tests/bench/all_pairs.py [POLICY=maglev] [CALLERS=1000] [ENDPOINTS=1000] [TIMES=5] > pairs.json; /usr/bin/time -v meshmall run pairs.json -q"""
import json
import sys

policy = sys.argv[1] if len(sys.argv) > 1 else "maglev"
callers, endpoints, times = ([int(a) for a in sys.argv[2:]] + [1000, 1000, 5][len(sys.argv[2:]):])
balancer = {"maglev": {"consistentHash": {"httpHeaderName": "x-user", "maglev": {}}}, "least": {"simple": "LEAST_REQUEST"}}[policy]
rate = 100_000
customers = callers * endpoints * times
json.dump({"meshmall": 1, "name": "all-pairs", "run": {"duration": f"{customers / rate}s"}, "network": {"sameZone": "250us"},
           "services": {"front": {"versions": {"v1": {"replicas": callers, "concurrency": "async"}}, "operations": {"x": {"steps": [{"call": "back/y"}]}}},
                        "back": {"versions": {"v1": {"replicas": endpoints, "workers": 8}}, "operations": {"y": {"steps": [{"busy": "1ms"}]}}}},
           "traffic": [{"name": "t", "to": "front/x", "arrivals": {"constant": {"rate": f"{rate}/s"}}, "headers": {"x-user": {"uniform": {"n": 1_000_000_000}}}}],
           "mesh": {"destinationRules": {"front": {"trafficPolicy": {"loadBalancer": {"simple": "ROUND_ROBIN"}}}, "back": {"trafficPolicy": {"loadBalancer": balancer}}}}}, sys.stdout)
