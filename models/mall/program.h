// What the staff of a counter does for one operation: its steps flattened into instructions that a strand of work walks through.
// Every instruction says where to go next, so the courses of a choice and skipped steps need no jumps. Ordinals number an operation's steps in
// writing order; they address the steps' random draws, so other operations and services never shift them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "engine/kernel/time.h"
#include "engine/random/distribution.h"
#include "engine/random/weighted_choice.h"
#include "models/scenario/scenario.h"

namespace meshmall::models {

struct Instruction {
  enum class Op : std::uint8_t { busy, wait, call, choose, parallel, fail_point, end };
  Op op = Op::end;
  bool first_work = false;   // draws its time from the try's own block
  std::uint32_t ordinal = 0;
  std::uint32_t argument = 0;  // index: distribution | call site | choice | fan-out | failure
  std::uint32_t next = 0;
  double probability = 1;    // else the step is skipped
};

struct CallSite {
  std::uint32_t flow = 0;                  // who calls what (Plan::flows)
  std::optional<std::uint32_t> timeout;    // ring: the application's own
  std::optional<std::uint32_t> or_else;    // where the alternative starts
  bool optional = false;
  std::uint32_t always_times = 1;          // when `times` is empty
  std::vector<std::uint32_t> times;        // drawn, by `times_choice`
  std::optional<engine::WeightedChoice> times_choice;
};

struct Choice {
  std::optional<engine::WeightedChoice> which;
  std::vector<std::uint32_t> entries;
};

struct FailPoint {
  double probability = 0;
  std::uint16_t status = 503;
};

inline constexpr std::uint32_t kNoEntry = ~std::uint32_t{0};

struct Program {
  std::vector<Instruction> code;
  std::vector<engine::Distribution> times;  // of busy and wait
  std::vector<CallSite> calls;
  std::vector<Choice> choices;
  std::vector<std::vector<std::uint32_t>> fan_outs;  // entries of the branches
  std::vector<FailPoint> fail_points;
};

// Appends one operation, as one version does it, to a program.
class ProgramWriter {
 public:
  // flow_of: which flow a call of this operation belongs to; ring_of: the timer ring of a length. Both may add to the plan.
  using FlowOf = std::function<std::uint32_t(const OperationRef&)>;
  using RingOf = std::function<std::uint32_t(engine::Duration)>;
  ProgramWriter(Program& program, FlowOf flow_of, RingOf ring_of);

  struct Written {
    std::uint32_t entry = 0;
    std::uint32_t start_failure = kNoEntry;  // fail point asked when a worker takes the request
  };
  Written write(const Operation& operation);

 private:
  std::uint32_t writeSteps(const Steps& steps, std::uint32_t exit, bool top);
  void writeStep(const Step& step, std::uint32_t pc, std::uint32_t next, bool first);
  std::uint32_t append(Instruction instruction);
  std::uint32_t callSite(const Call& call);

  Program& program_;
  FlowOf flow_of_;
  RingOf ring_of_;
  std::uint32_t ordinal_ = 0;
  std::uint32_t after_first_ = kNoEntry;  // fail point to put behind the first step
};

}  // namespace meshmall::models
