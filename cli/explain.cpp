#include "cli/guard.h"
#include "cli/interrupt.h"
#include "cli/scenario_input.h"
#include "cli/simulation.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "engine/kernel/limit.h"
#include "models/mall/mall.h"
#include "models/observation/trip.h"

namespace meshmall::cli {
namespace {

constexpr int kSlice = 4096;

// Runs until the traced customer has left, or to the end. The signal that stopped it, or 0.
int runUntilGone(models::Mall& mall, const Limits& limits) {
  std::size_t seen = 0;
  for (bool moving = true; moving;) {
    for (int i = 0; i < kSlice && moving; ++i) {
      moving = mall.step();
      if (const int signal = InterruptWatch::signal()) return signal;
    }
    if (limits.memory_bytes && memoryInUse() > *limits.memory_bytes) engine::limitReached("the limit on memory was reached");
    const auto& records = mall.trips().records();
    for (; seen < records.size(); ++seen)
      if (records[seen].kind == models::TripRecordKind::customer_left) return 0;
  }
  return 0;
}

int tell(const ExplainOptions& options, const models::Scenario& scenario) {
  models::RunOptions settings;
  settings.seed = scenario.run.seed;
  settings.replication = options.replication;
  settings.trace_request = options.request;
  settings.max_events = options.limits.events;
  models::Mall mall(models::makePlan(scenario), settings);
  if (const int signal = runUntilGone(mall, options.limits)) return 128 + signal;
  const models::Trip trip = models::buildTrip(mall.trips(), options.request, mall.collector());
  if (!trip.found) {
    say("meshmall explain: --request: customer " + std::to_string(options.request) + " does not come within the run");
    return code(ExitCode::wrong_input);
  }
  const bool written = print(options.look.format == Format::json ? models::tripJson(trip) : models::tripText(trip));
  return code(written ? ExitCode::done : ExitCode::file_trouble);
}

}  // namespace

int explain(const ExplainOptions& options) {
  ScenarioInput input = readScenario(options.file, options.choice);
  sayProblems(input.problems);
  if (!input.scenario) return code(input.code);
  limitMemory(options.limits);
  const InterruptWatch watch;
  const auto replay = [&] {
    return "meshmall explain " + shellWord(options.file) + asTyped(options.choice) + " --seed " + std::to_string(input.scenario->run.seed) + " --replication " +
           std::to_string(options.replication) + " --request " + std::to_string(options.request);
  };
  return guarded([&] { return tell(options, *input.scenario); }, replay);
}

}  // namespace meshmall::cli
