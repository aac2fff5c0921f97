#include "theory_case.h"

#include <fstream>

#include "families.h"

namespace meshmall::theory {

namespace {

void map(TheoryCase& out, const Json& model, const Json& expect) {
  const std::string& type = out.type;
  const auto is = [&type](const char* start) { return type.rfind(start, 0) == 0; };
  const auto no = [](const char* why) { throw NotExpressible(why); };
  if (is("M/M/1 two priority")) no("a counter's priorities are non-preemptive in the format");
  if (is("M/M/1 with setup")) no("workers need no time to get going: `startup` is of an endpoint, not of a busy period");
  if (is("M/M/1 with server breakdowns")) no("repeated events start one draw after the last start, up times here start at the last repair; a crash also loses the work");
  if (is("M/M/1, variance")) no("the variance of an estimator, not a figure of a mall");
  if (is("M/M/1 retrial")) return retrial(out, model, expect);
  if (is("M/G/c/c")) return erlangB(out, model, expect);
  if (is("M/G/infinity")) return infiniteServers(out, model, expect);
  if (is("M/") || is("D/M/1") || is("MMPP") || is("M^X") || is("circuit breaker")) return singleStation(out, model, expect);
  if (is("round robin") || is("random splitting") || is("power of d") || is("join shortest")) return balanced(out, model, expect);
  if (is("tandem") || is("open Jackson")) return openNetwork(out, model, expect);
  if (is("closed network")) return closedNetwork(out, model, expect);
  if (is("fork-join")) return forkJoin(out, model, expect);
  if (is("parallel fan-out")) return fanOut(out, model, expect);
  if (is("retries without")) return retries(out, model, expect);
  if (is("nested retries")) return nestedRetries(out, model, expect);
  if (is("exponential backoff")) return backoff(out, model, expect);
  if (is("outlier ejection")) return ejection(out, model, expect);
  if (is("per-try timeout")) return tryTimeouts(out, model, expect);
  if (is("uniform independent")) return hashing(out, model, expect);
  if (is("weighted split")) return canary(out, model, expect);
  if (is("serial dependency")) return series(out, model, expect);
  if (is("hedged request")) return hedged(out, model, expect);
  if (is("token bucket")) return tokenBucket(out, model, expect);
  if (is("consistent hash")) no("shares of an ideal ring are not a figure of one mall");
  if (is("quorum call")) no("`parallel` waits for all of its branches");
  if (is("horizontal autoscaler")) return autoscaled(out, model, expect);
  no("no scenario is known for this type of model");
}

}  // namespace

std::vector<TheoryCase> loadTheory(const std::string& path) {
  std::ifstream in(path);
  const Json file = Json::parse(in);
  std::vector<TheoryCase> out;
  for (const Json& entry : file.at("vectors")) {
    TheoryCase one{entry.at("id"), entry.at("kind"), entry.at("model").at("type"), {}, {}, {}};
    try {
      map(one, entry["model"], entry.at("expect"));
    } catch (const NotExpressible& problem) {
      one.runs.clear();
      one.left_out.clear();
      one.reason = problem.what();
    }
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace meshmall::theory
