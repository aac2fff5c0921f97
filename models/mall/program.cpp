#include "models/mall/program.h"

#include <utility>

namespace meshmall::models {

ProgramWriter::ProgramWriter(Program& program, FlowOf flow_of, RingOf ring_of)
    : program_(program), flow_of_(std::move(flow_of)), ring_of_(std::move(ring_of)) {}

std::uint32_t ProgramWriter::append(Instruction instruction) {
  program_.code.push_back(instruction);
  return static_cast<std::uint32_t>(program_.code.size() - 1);
}

ProgramWriter::Written ProgramWriter::write(const Operation& operation) {
  ordinal_ = 0;
  after_first_ = kNoEntry;
  Written written;
  std::uint32_t exit = append({});  // the end
  const Failure& failure = operation.failure;
  if (failure.probability > 0) {
    program_.fail_points.push_back({failure.probability, failure.status});
    const auto point = static_cast<std::uint32_t>(program_.fail_points.size() - 1);
    const auto when = operation.steps.empty() && failure.when == Failure::When::after_first_step ? Failure::When::end : failure.when;
    if (when == Failure::When::start) written.start_failure = point;
    if (when == Failure::When::end) exit = append({Instruction::Op::fail_point, false, 0, point, exit, 1});
    if (when == Failure::When::after_first_step) after_first_ = append({Instruction::Op::fail_point, false, 0, point, exit, 1});
  }
  written.entry = writeSteps(operation.steps, exit, true);
  return written;
}

// Instructions of one list are reserved first, in order; so every step knows the next one's place before it is written.
std::uint32_t ProgramWriter::writeSteps(const Steps& steps, std::uint32_t exit, bool top) {
  if (steps.empty()) return exit;
  const auto first = static_cast<std::uint32_t>(program_.code.size());
  program_.code.resize(program_.code.size() + steps.size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto pc = first + static_cast<std::uint32_t>(i);
    std::uint32_t next = i + 1 < steps.size() ? pc + 1 : exit;
    const bool very_first = top && i == 0;
    if (very_first && after_first_ != kNoEntry) {
      program_.code[after_first_].next = next;
      next = after_first_;
    }
    writeStep(steps[i], pc, next, very_first);
  }
  return first;
}

void ProgramWriter::writeStep(const Step& step, std::uint32_t pc, std::uint32_t next, bool first) {
  Instruction instruction;
  instruction.ordinal = ordinal_++;
  instruction.next = next;
  instruction.probability = step.probability;
  if (const auto* busy = std::get_if<Busy>(&step.what)) {
    instruction.op = Instruction::Op::busy;
    instruction.first_work = first && step.probability >= 1;
    program_.times.push_back(busy->time);
    instruction.argument = static_cast<std::uint32_t>(program_.times.size() - 1);
  } else if (const auto* wait = std::get_if<Wait>(&step.what)) {
    instruction.op = Instruction::Op::wait;
    instruction.first_work = first && step.probability >= 1;
    program_.times.push_back(wait->time);
    instruction.argument = static_cast<std::uint32_t>(program_.times.size() - 1);
  } else if (const auto* call = std::get_if<Call>(&step.what)) {
    instruction.op = Instruction::Op::call;
    instruction.argument = callSite(*call);
  } else if (const auto* choose = std::get_if<Choose>(&step.what)) {
    instruction.op = Instruction::Op::choose;
    Choice choice;
    std::vector<double> weights;
    for (const auto& [weight, course] : choose->courses) {
      weights.push_back(weight);
      choice.entries.push_back(writeSteps(course, next, false));
    }
    choice.which.emplace(weights);
    program_.choices.push_back(std::move(choice));
    instruction.argument = static_cast<std::uint32_t>(program_.choices.size() - 1);
  } else if (const auto* parallel = std::get_if<Parallel>(&step.what)) {
    instruction.op = Instruction::Op::parallel;
    std::vector<std::uint32_t> entries;
    for (const Steps& branch : parallel->branches) entries.push_back(writeSteps(branch, append({}), false));
    program_.fan_outs.push_back(std::move(entries));
    instruction.argument = static_cast<std::uint32_t>(program_.fan_outs.size() - 1);
  }
  program_.code[pc] = instruction;
}

std::uint32_t ProgramWriter::callSite(const Call& call) {
  CallSite site;
  site.flow = flow_of_(call.to);
  if (call.timeout) site.timeout = ring_of_(*call.timeout);
  site.optional = call.optional;
  if (call.times.size() == 1) {
    site.always_times = call.times.front().first;
  } else {
    std::vector<double> weights;
    for (const auto& [times, weight] : call.times) {
      site.times.push_back(times);
      weights.push_back(weight);
    }
    site.times_choice.emplace(weights);
  }
  if (!call.or_else.empty()) site.or_else = writeSteps(call.or_else, append({}), false);
  program_.calls.push_back(std::move(site));
  return static_cast<std::uint32_t>(program_.calls.size() - 1);
}

}  // namespace meshmall::models
