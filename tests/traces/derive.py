#!/usr/bin/env python3
"""Derives a scenario from distributed traces, and the figures a run of it is compared with.

  derive.py SYSTEM spans.csv --scenario    the scenario, as JSON
  derive.py SYSTEM spans.csv --expected    the traced figures, as JSON
SYSTEM: online-boutique | train-ticket. Needs nothing but Python 3.9. The method is explained in docs/explanation/real-traces.md.

Input: TraceID,SpanID,ParentID ("root"),PodName,OperationName,StartTimeUnixNano,EndTimeUnixNano,... with client, server and in-process spans.
Only derived numbers leave this script: weights of call patterns, means, coefficients of variation, rates. All times inside are milliseconds.
"""
import argparse
import collections
import csv
import json
import math
import re
import statistics

kReplicaSuffix = re.compile(r"-[0-9a-f]{8,10}-[0-9a-z]{5}$")                        # of a pod's name: replica set and pod
kDatabase = re.compile(r"^(SELECT|INSERT|UPDATE|DELETE|sql\.|Session\.|Transaction\.)")
kUnseenCalls = {"hipstershop.CheckoutService/ConvertCurrency"}
kKeptApart = {("ts-travel2-service", "/api/v1/basicservice/basic/travels")}      # one caller's calls that differ from the others': an operation of their own
kOuter = {"ts-gateway-service", "ts-food-service", "ts-inside-payment-service", "ts-preserve-other-service"}      # their calls take longer on the way than the others'
kFewSamples = 5        # below it a spread is not fitted but taken from the system's other operations
kTailFactor = 4        # a value above 4 medians belongs to the tail
kStallMs = 12          # Train Ticket: a gap above it is a stall in the caller, not a hop
kSlotMs, kSlowMs = 500, 40     # Online Boutique: half a second whose mean gap to currencyservice exceeds 40 ms belongs to a slow spell


class Span:
    def __init__(self, row):
        self.trace, self.parent_id = row["TraceID"], row["ParentID"]
        self.service, self.name = kReplicaSuffix.sub("", row["PodName"]), row["OperationName"]
        self.start, self.end = int(row["StartTimeUnixNano"]) / 1e6, int(row["EndTimeUnixNano"]) / 1e6
        self.parent, self.children = None, []

    def duration(self):
        return self.end - self.start

    def is_server(self):
        return self.parent is None or self.parent.service != self.service

    def descend(self):
        """The spans below this one inside the same service, and the server spans it calls; nothing beyond those."""
        for child in self.children:
            yield child
            if child.service == self.service:
                yield from child.descend()


class Call:
    """A client span and its server span. What the caller waits for is their union: some servers outlast their client span, and the caller's next step waits for them."""
    def __init__(self, server):
        self.server, self.client = server, server.parent
        self.start, self.end = min(server.start, self.client.start), max(server.end, self.client.end)
        self.gap = (self.end - self.start) - server.duration()


def load(path):
    with open(path, newline="") as file:
        spans = {(row["TraceID"], row["SpanID"]): Span(row) for row in csv.DictReader(file)}
    for span in spans.values():
        if span.parent_id != "root":
            span.parent = spans[(span.trace, span.parent_id)]
            span.parent.children.append(span)
    for span in spans.values():
        span.children.sort(key=lambda child: child.start)
    return list(spans.values())


def calls_of(span):
    return sorted((Call(child) for child in span.descend() if child.service != span.service), key=lambda call: call.start)


def unseen_calls_of(span):
    """Calls whose server recorded nothing: the application calls currencyservice there, its traces break off. The caller waits."""
    return [child for child in span.descend() if child.name in kUnseenCalls]


def own_times(span):
    """(busy, waiting) of a server span: what its calls, seen and unseen, leave of it; leaf database spans are waiting."""
    own, reached = -sum(child.duration() for child in unseen_calls_of(span)), span.start
    for call in calls_of(span):
        own += max(0.0, min(call.start, span.end) - reached)
        reached = max(reached, min(call.end, span.end))
    own += max(0.0, span.end - reached)
    waiting = sum(child.duration() for child in span.descend() if child.service == span.service and not child.children and kDatabase.match(child.name))
    return max(0.0, own - waiting), min(own, waiting)


def own_total(span):
    return sum(own_times(span)) + sum(child.duration() for child in unseen_calls_of(span))


def operation_name(span, system):
    if system == "online-boutique":
        return span.name.rsplit("/", 1)[-1]
    if span.parent is None:
        return span.name
    suffix = "?from=" + span.parent.service if (span.parent.service, span.name) in kKeptApart else ""
    return span.parent.name.replace("HTTP ", "", 1) + " " + span.name + suffix


def target(span, system):
    return span.service + "/" + operation_name(span, system)


# --- fitting -----------------------------------------------------------------------------------------------------------------------------------------

def duration(ms):
    if ms >= 1000:
        return f"{round(ms / 1000, 4):g}s"
    return f"{round(ms, 2):g}ms" if ms >= 10 else f"{round(ms * 1000):d}us"


def spread(values):
    mean = statistics.fmean(values)
    return statistics.pstdev(values) / mean if mean > 0 else 0.0


def lognormal(mean, cv):
    return duration(mean) if cv < 0.01 or mean < 0.001 else {"lognormal": {"mean": duration(mean), "cv": round(cv, 2)}}


def split_tail(values):
    """(body, tail): the tail is what exceeds four medians, if the values spread enough to have one."""
    if len(values) < kFewSamples or spread(values) <= 1:
        return values, []
    limit = kTailFactor * statistics.median(values)
    return [v for v in values if v <= limit], [v for v in values if v > limit]


def fit(values, usual_cv):
    """A lognormal, or body and tail where one lognormal would not do. Its mean is the mean of the values."""
    if len(values) < kFewSamples:
        return lognormal(statistics.fmean(values), usual_cv)
    body, tail = split_tail(values)
    if not tail:
        return lognormal(statistics.fmean(values), spread(values))
    return mixture([(len(body) / len(values), lognormal(statistics.fmean(body), spread(body))),
                    (len(tail) / len(values), lognormal(statistics.fmean(tail), spread(tail) if len(tail) >= kFewSamples else usual_cv))])


def mixture(parts):
    return {"mixture": [{"weight": round(weight, 4), "of": of} for weight, of in parts]}


def fit_hop(gaps):
    """One-way delay of a hop, from gaps (there and back): half the mean each way and root two of the spread; a tail hits one of the two ways."""
    body, tail = split_tail(gaps)
    one_way = lognormal(statistics.fmean(body) / 2, spread(body) * math.sqrt(2))
    if not tail:
        return one_way
    weight = len(tail) / len(gaps) / 2
    return mixture([(1 - weight, one_way), (weight, lognormal(statistics.fmean(tail) - statistics.fmean(body) / 2, spread(tail)))])


# --- operations --------------------------------------------------------------------------------------------------------------------------------------

class Deriver:
    def __init__(self, system, spans):
        self.system, self.spans = system, spans
        self.roots = sorted((span for span in spans if span.parent is None), key=lambda span: span.start)
        self.servers = collections.defaultdict(list)
        for span in spans:
            if span.is_server():
                self.servers[target(span, system)].append(span)
        spreads = [spread([sum(own_times(s)) for s in group]) for group in self.servers.values() if len(group) >= kFewSamples]
        self.usual_cv = statistics.median(spreads)
        self.calls = [call for span in spans if span.is_server() for call in calls_of(span)]
        self.gaps = collections.defaultdict(list)        # (caller operation, callee operation) -> all gaps
        for span in (s for s in spans if s.is_server()):
            for call in calls_of(span):
                self.gaps[(target(span, system), target(call.server, system))].append(call.gap)

    def stall(self, caller, callee):
        """The caller's stall before a call, as a step, where its traces show one (Train Ticket only)."""
        gaps = self.gaps[(caller, callee)]
        slow = [gap for gap in gaps if gap > kStallMs]
        if self.system != "train-ticket" or not slow:
            return []
        usual = statistics.fmean(call.gap for call in self.calls if call.gap <= kStallMs)
        over = [gap - usual for gap in slow]
        return [{"wait": fit(over, self.usual_cv), "probability": round(len(slow) / len(gaps), 4)}]

    def own_steps(self, group, alike):
        """What the service itself does, first the work, then what it waits for. Patterns with few samples are taken from all such patterns of the operation, `alike`.
        Work that exceeds four medians is work that stood still: the excess is waited, with the probability of such a case."""
        samples = group if len(group) >= kFewSamples or len(alike) < kFewSamples else alike
        body, tail = split_tail([own_times(span)[0] for span in samples])
        waiting = [own_times(span)[1] for span in samples]
        steps = [{"busy": fit(body, self.usual_cv)}]
        if tail:
            excess = [value - statistics.fmean(body) for value in tail]
            steps.append({"wait": fit(excess, self.usual_cv), "probability": round(len(tail) / len(samples), 4)})
        if sum(waiting) > 0:
            steps.append({"wait": fit(waiting, self.usual_cv)})
        return steps

    def course(self, caller, group, alike):
        """The steps of one call pattern: the own time first, then the calls in the traced order."""
        steps = self.own_steps(group, alike)
        unseen = [child.duration() for span in self.servers[caller] for child in unseen_calls_of(span)]
        for callee in self.pattern(group[0]):
            if callee is None:
                steps.append({"wait": fit(unseen, self.usual_cv)})
                continue
            stall = self.stall(caller, callee)
            if not stall and steps[-1].get("call") == callee:
                steps[-1]["times"] = steps[-1].get("times", 1) + 1
            else:
                steps += stall + [{"call": callee}]
        return steps

    def pattern(self, span):
        """What a server span calls, in order: `service/operation`, or None for an unseen call."""
        calls = [(call.start, target(call.server, self.system)) for call in calls_of(span)]
        calls += [(child.start, None) for child in unseen_calls_of(span)]
        return tuple(callee for _, callee in sorted(calls, key=lambda call: call[0]))

    def operation(self, name):
        group = self.servers[name]
        patterns = collections.defaultdict(list)
        for span in group:
            patterns[self.pattern(span)].append(span)
        most_frequent_first = sorted(patterns.items(), key=lambda item: (-len(item[1]), str(item[0])))
        alike = [span for spans in patterns.values() if len(spans) < kFewSamples for span in spans]
        courses = [{"weight": len(spans), "steps": self.course(name, spans, alike)} for _, spans in most_frequent_first]
        return {"steps": courses[0]["steps"] if len(courses) == 1 else [{"choose": courses}]}

    def services(self):
        result = {}
        for name in sorted(self.servers):
            service, operation = name.split("/", 1)
            entry = result.setdefault(service, {"versions": {"v1": {"workers": 4, "concurrency": "async"}}, "operations": {}})
            entry["operations"][operation] = self.operation(name)
        return result

    def arrivals(self):
        starts = [root.start for root in self.roots]
        between = [b - a for a, b in zip(starts, starts[1:])]
        return {"renewal": {"interarrival": {"gamma": {"mean": duration(statistics.fmean(between)), "cv": round(spread(between), 2)}}}}

    def expected(self):
        customers = len(self.roots)
        times = sorted(root.duration() for root in self.roots)
        services = collections.defaultdict(list)
        for span in self.spans:
            if span.is_server():
                services[span.service].append(span)
        return {"customers": customers, "rootMs": {"mean": round(statistics.fmean(times), 2), "p50": round(statistics.median(times), 2), "p95": round(times[math.ceil(0.95 * customers) - 1], 2)},
                "services": {name: {"callsPerCustomer": round(len(spans) / customers, 5), "serverMs": round(statistics.fmean(s.duration() for s in spans), 4),
                                    "ownMs": round(statistics.fmean(own_total(s) for s in spans), 4)} for name, spans in sorted(services.items())}}


# --- the two scenarios -------------------------------------------------------------------------------------------------------------------------------

def slow_spells(calls):
    """The slots of kSlotMs, counted from the first call, whose mean gap is above kSlowMs, as runs of neighbours; the calls in them; the other calls."""
    first = min(call.start for call in calls)
    by_slot = collections.defaultdict(list)
    for call in calls:
        by_slot[int((call.start - first) / kSlotMs)].append(call)
    slow = sorted(slot for slot, group in by_slot.items() if statistics.fmean(call.gap for call in group) > kSlowMs)
    runs = []
    for slot in slow:
        if runs and runs[-1][-1] == slot - 1:
            runs[-1].append(slot)
        else:
            runs.append([slot])
    in_slow = [call for slot in slow for call in by_slot[slot]]
    in_calm = [call for slot in sorted(set(by_slot) - set(slow)) for call in by_slot[slot]]
    return runs, in_slow, in_calm


def online_boutique(deriver):
    def touches(call, service):
        return service in (call.client.service, call.server.service)
    to_currency = [call for call in deriver.calls if touches(call, "currencyservice")]
    with_checkout = [call for call in deriver.calls if touches(call, "checkoutservice")]
    others = [call for call in deriver.calls if not touches(call, "currencyservice") and not touches(call, "checkoutservice")]
    runs, in_slow, in_calm = slow_spells(to_currency)
    length = kSlotMs * sum(map(len, runs)) / len(runs)
    share = len(in_slow) / len(to_currency)       # of the calls, not of the time: customers cause the spells, so more of them meet one
    calm_gaps, slow_gaps = [c.gap for c in in_calm], [c.gap for c in in_slow]
    extra = statistics.fmean(slow_gaps) - statistics.fmean(calm_gaps)
    extra_variance = max(0.0, statistics.pvariance(slow_gaps) - statistics.pvariance(calm_gaps))
    delay = {"gamma": {"mean": duration(extra), "cv": round(math.sqrt(extra_variance) / extra, 2)}}      # all on the way there, where most of it was traced
    services = deriver.services()
    for name, entry in services.items():
        place = {"currencyservice": "currency", "checkoutservice": "checkout"}.get(name, "floor")
        entry["versions"]["v1"]["replicas"] = {place: 1}
    return {
        "meshmall": 1, "name": "online-boutique", "description": kOnlineBoutique,
        "run": {"duration": "4h", "warmup": "20s", "seed": 1},
        "localities": {"floor": {"region": "shop", "zone": "floor"}, "checkout": {"region": "shop", "zone": "checkout"}, "currency": {"region": "bank", "zone": "currency"}},
        "network": {"sameZone": fit_hop([c.gap for c in others]), "sameRegion": fit_hop([c.gap for c in with_checkout]), "crossRegion": fit_hop(calm_gaps)},
        "gateway": {"replicas": {"floor": 1}},
        "services": services,
        "traffic": [{"name": "shoppers", "to": "frontend/Recv.", "via": "gateway", "arrivals": deriver.arrivals()}],
        "events": [{"at": "0s", "every": {"exponential": {"mean": duration(length / share)}}, "for": {"exponential": {"mean": duration(length)}},
                    "network": {"from": "floor", "to": "currency", "delay": delay}, "note": "a slow spell on the way to currencyservice"}],
        "slos": ["latency.p50 < 200ms", "latency.p95 < 1100ms", "success.rate >= 99.9%"]}


def train_ticket(deriver):
    hops = [call for call in deriver.calls if call.gap <= kStallMs]
    services = deriver.services()
    for name, entry in services.items():
        entry["versions"]["v1"]["replicas"] = {"outer" if name in kOuter else "inner": 1}
    return {
        "meshmall": 1, "name": "train-ticket", "description": kTrainTicket,
        "run": {"duration": "240h", "warmup": "60s", "seed": 1},
        "localities": {"outer": {"region": "station", "zone": "outer"}, "inner": {"region": "station", "zone": "inner"}},
        "network": {"sameZone": fit_hop([c.gap for c in hops if c.client.service not in kOuter]), "sameRegion": fit_hop([c.gap for c in hops if c.client.service in kOuter])},
        "gateway": {"replicas": {"outer": 1}},
        "services": services,
        "traffic": [{"name": "travellers", "to": "ts-gateway-service//*", "via": "gateway", "arrivals": deriver.arrivals()}],
        "slos": ["latency.p50 < 250ms", "latency.p95 < 1s", "success.rate >= 99.9%"]}


kOnlineBoutique = (
    "Where do the customers of a web shop lose their time? Ten services of Online Boutique with sidecars, worked out from 502 traced requests. "
    "Answer: on the way to one of them. A call of currencyservice is served in 3.5 ms, and its caller waits another 49 ms for the answer, in spells that hit everybody at once: "
    "64 % of the time that customers wait. Delete the one entry of `events`, and the 95th percentile falls from 680 ms to 320 ms.")
kTrainTicket = (
    "Why does a search for a train take a quarter of a second, and now and then more than half of one? Twenty-five services of Train Ticket, worked out from 71 traced requests. "
    "Answer: a search is up to 24 calls one after another, and 17 of the 783 traced calls stalled for 0.23 s before they left their caller; 14 of the 36 searches met such a stall. "
    "Without those of ts-basic-service (set the probability of its waits to 0), the 95th percentile falls from 530 ms to 400 ms.")


def compact(value, indent=0, room=150):
    """JSON with every object or list on one line that has room there."""
    line = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, (dict, list)) or len(line) + indent <= room:
        return line
    inner = " " * (indent + 2)
    if isinstance(value, dict):
        parts = [inner + json.dumps(key, ensure_ascii=False) + ": " + compact(child, indent + 2, room) for key, child in value.items()]
    else:
        parts = [inner + compact(child, indent + 2, room) for child in value]
    opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
    return opening + "\n" + ",\n".join(parts) + "\n" + " " * indent + closing


def main():
    parser = argparse.ArgumentParser(description="Derives a scenario, or the figures it is compared with, from traces.")
    parser.add_argument("system", choices=["online-boutique", "train-ticket"])
    parser.add_argument("spans")
    parser.add_argument("--expected", action="store_true")
    arguments = parser.parse_args()
    deriver = Deriver(arguments.system, load(arguments.spans))
    if arguments.expected:
        print(compact(deriver.expected()))
    else:
        print(compact({"online-boutique": online_boutique, "train-ticket": train_ticket}[arguments.system](deriver)))


if __name__ == "__main__":
    main()
