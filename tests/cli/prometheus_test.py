#!/usr/bin/env python3
"""What `run --export` writes is read by Prometheus itself: promtool parses the text, the history is loaded, and a query gives what the run counted.

  prometheus_test.py MESHMALL ROOT. Ends with 77 (skipped), saying so, where Debian's package `prometheus` is not installed.
"""
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

kStart = 1735689600     # simulated time 0 in the exported files
kReady = 60             # seconds that a server may take to come up on a busy machine


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def query(port, expression, at):
    address = f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": expression, "time": at})
    with urllib.request.urlopen(address, timeout=10) as answer:
        return json.load(answer)["data"]["result"]


def when_ready(port):
    until = time.monotonic() + kReady
    while time.monotonic() < until:
        try:
            query(port, "1", kStart)
            return True
        except OSError:
            time.sleep(0.2)
    return False


def main():
    program, root = os.path.abspath(sys.argv[1]), sys.argv[2]
    if shutil.which("promtool") is None or shutil.which("prometheus") is None:
        print("skipped: promtool and prometheus are not installed (Debian: prometheus)")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        run = subprocess.run([program, "run", os.path.join(root, "scenarios/bookinfo.json"), "--duration", "30s", "--format", "json", "--quiet", "--export", "prometheus=m.txt",
                              "--export", "openmetrics=m.om"], stdout=subprocess.PIPE, check=True)
        result = json.loads(run.stdout)
        calls = sum(edge["metrics"]["requests.ok"] + edge["metrics"]["requests.failed"] for edge in result["edges"])

        with open("m.txt", "rb") as text:
            checked = subprocess.run(["promtool", "check", "metrics"], stdin=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        remarks = checked.stdout.decode().strip().splitlines()
        # 3: it is sound, with remarks on style; the one there is, is on Istio's own choice of milliseconds.
        assert checked.returncode in (0, 3), remarks
        assert all("use base unit" in remark for remark in remarks), remarks

        subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", "m.om", "data"], stdout=subprocess.DEVNULL, check=True)
        with open("config.yml", "w") as config:
            config.write("global: {}\n")
        port = free_port()
        server = subprocess.Popen(["prometheus", "--config.file=config.yml", "--storage.tsdb.path=data", "--storage.tsdb.retention.time=100y", f"--web.listen-address=127.0.0.1:{port}"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            assert when_ready(port), "Prometheus did not come up"
            end = kStart + result["warmup"] + result["simulated"]
            counted = query(port, 'sum(istio_requests_total{reporter="source"})', end)
            assert float(counted[0]["value"][1]) == calls, (counted, calls)
            arrived = query(port, 'sum by (destination_service_name) (istio_requests_total{reporter="destination"})', end)
            at_services = {name: sum(endpoint["metrics"]["requests.ok"] + endpoint["metrics"]["requests.failed"] for endpoint in service["endpoints"])
                           for name, service in result["services"].items()}
            assert {each["metric"]["destination_service_name"]: float(each["value"][1]) for each in arrived} == at_services, (arrived, at_services)
            split = query(port, 'istio_requests_total{reporter="destination",destination_service_name="reviews",response_code="200"}', end)
            assert {each["metric"]["destination_version"] for each in split} == {"v1", "v2"}, split
            median = query(port, 'histogram_quantile(0.5, sum by (le) (istio_request_duration_milliseconds_bucket{reporter="source",source_app="istio-ingressgateway"}))', end)
            # Istio's buckets are wide: the median lies in the one from 10 to 25 ms, or at its edge.
            assert 5 <= float(median[0]["value"][1]) <= 25, median
        finally:
            server.terminate()
            server.wait()
    print("Prometheus counts", calls, "calls, as the run does")
    return 0


if __name__ == "__main__":
    sys.exit(main())
