// The reference mesh (probe/README.md) in meshmall, statistics on: customers per CPU second of this process.
// usage: mesh_bench [SCENARIO=tests/bench/probe/mesh_reference.json] [--set /pointer=VALUE]...
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

#include "models/mall/mall.h"
#include "models/scenario/decode_scenario.h"

int main(int argc, char** argv) {
  using namespace meshmall::models;
  std::string path = "tests/bench/probe/mesh_reference.json";
  std::vector<Problem> problems;
  std::vector<Override> overrides;
  for (int i = 1; i < argc; ++i) {
    if (std::string(argv[i]) == "--set" && i + 1 < argc) {
      if (auto setting = parseSetOption(argv[++i], problems)) overrides.push_back(*setting);
    } else {
      path = argv[i];
    }
  }
  DecodeResult decoded = loadScenario(path, overrides);
  problems.insert(problems.end(), decoded.problems.begin(), decoded.problems.end());
  for (const Problem& problem : problems) std::fprintf(stderr, "%s:%u: %s: %s\n", path.c_str(), problem.line, problem.pointer.c_str(), problem.message.c_str());
  if (!decoded.scenario) return 2;
  const std::clock_t start = std::clock();
  Mall mall(makePlan(std::move(*decoded.scenario)));
  mall.run();
  const Result result = mall.result();
  const double cpu = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  const double customers = result.metric("requests.total").value_or(0);
  std::printf("requests %.0f tries/req %.3f mean %.3f ms p50 %.2f p99 %.2f\ncpu %.3f s  %.0f requests/cpu-s  events/req %.2f\n", customers,
              result.metric("attempts.total").value_or(0) / customers, result.metric("latency.mean").value_or(0), result.metric("latency.p50").value_or(0),
              result.metric("latency.p99").value_or(0), cpu, customers / cpu, static_cast<double>(mall.events()) / customers);
  return 0;
}
