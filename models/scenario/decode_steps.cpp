// What an operation does: its steps and its failures.
#include "models/scenario/decode_distribution.h"
#include "models/scenario/decode_parts.h"

#include <algorithm>
#include <charconv>

namespace meshmall::models {

namespace {

// Calls of one step one after another; more is a mistake of the file.
constexpr std::int64_t kMaxTimes = 100'000;

std::vector<std::pair<std::uint32_t, double>> readTimes(const Node& node) {
  if (node.value().members() == nullptr) {
    if (!node.value().number()) {
      node.wrong("a whole number, or {\"weighted\": {\"1\": 0.7, \"2\": 0.3}}");
      return {{1, 1.0}};
    }
    return {{static_cast<std::uint32_t>(readWhole(node, 0, kMaxTimes).value_or(1)), 1.0}};
  }
  ObjectReader object(node, "times");
  const auto weighted = object.require("weighted");
  std::vector<std::pair<std::uint32_t, double>> out;
  if (!weighted) return {{1, 1.0}};
  double sum = 0;
  for (const JsonMember* member : sortedMembers(*weighted)) {
    const Node entry(*weighted, *member);
    std::uint32_t times = 0;
    const char* end = member->key.data() + member->key.size();
    const auto read = std::from_chars(member->key.data(), end, times);
    const bool canonical = read.ec == std::errc() && read.ptr == end && std::to_string(times) == member->key && times <= kMaxTimes;
    if (!canonical) entry.keyError("must be a whole number between 0 and 100000 (got " + inQuotes(member->key) + ")");
    const double weight = readNumber(entry, 0, 1e12).value_or(1);
    out.emplace_back(times, weight);
    sum += weight;
  }
  if (!(sum > 0) && weighted->value().members() != nullptr) weighted->error("weights must add up to more than 0");
  std::sort(out.begin(), out.end());
  return out;
}

Call readCall(ObjectReader& object, const Node& target, const Decoding& decoding) {
  Call out;
  if (const auto to = decoding.names.target(target)) out.to = {to->service, to->operation};
  if (const auto times = object.get("times")) out.times = readTimes(*times);
  if (const auto timeout = object.get("timeout")) out.timeout = readPositiveDuration(*timeout);
  if (const auto or_else = object.get("orElse")) out.or_else = readSteps(*or_else, decoding);
  out.optional = object.flag("optional", false);
  return out;
}

Choose readChoose(const Node& node, const Decoding& decoding) {
  Choose out;
  double sum = 0;
  for (const Node& item : items(node)) {
    ObjectReader course(item, "course");
    const auto weight_node = course.get("weight");
    const double weight = weight_node ? readNumber(*weight_node, 0, 1e12).value_or(1) : 1;
    const auto steps = course.require("steps");
    out.courses.emplace_back(weight, steps ? readSteps(*steps, decoding) : Steps());
    sum += weight;
  }
  if (!(sum > 0) && node.value().items() != nullptr) node.error("needs courses whose weights add up to more than 0");
  return out;
}

Step readStep(const Node& node, const Decoding& decoding) {
  Step out;
  ObjectReader object(node, "step");
  out.probability = object.probability("probability", 1);
  const auto kind = object.exactlyOne({"busy", "wait", "call", "choose", "parallel"});
  if (!kind || kind->key() != "call") {
    for (const std::string_view key : {"times", "timeout", "orElse", "optional"}) {
      if (const auto extra = object.get(key); extra && kind) extra->keyError(inQuotes(key) + " only goes with \"call\"");
    }
  }
  if (!kind) {
    out.what = Wait{};
  } else if (kind->key() == "busy") {
    out.what = Busy{readDistribution(*kind, decoding.folder)};
  } else if (kind->key() == "wait") {
    out.what = Wait{readDistribution(*kind, decoding.folder)};
  } else if (kind->key() == "call") {
    out.what = readCall(object, *kind, decoding);
  } else if (kind->key() == "choose") {
    out.what = readChoose(*kind, decoding);
  } else {
    Parallel parallel;
    for (const Node& branch : items(*kind)) {
      if (branch.value().items() != nullptr) {
        parallel.branches.push_back(readSteps(branch, decoding));
      } else {
        parallel.branches.push_back({readStep(branch, decoding)});
      }
    }
    out.what = std::move(parallel);
  }
  return out;
}

}  // namespace

Steps readSteps(const Node& node, const Decoding& decoding) {
  Steps out;
  for (const Node& item : items(node)) out.push_back(readStep(item, decoding));
  return out;
}

Failure readFailure(const Node& node) {
  Failure out;
  ObjectReader object(node, "failure");
  out.probability = object.probability("probability", 1);
  out.status = static_cast<std::uint16_t>(object.whole("status", 503, 400, 599));
  if (const auto when = object.get("when")) {
    out.when = static_cast<Failure::When>(readChoice(*when, {"start", "afterFirstStep", "end"}).value_or(0));
  }
  return out;
}

}  // namespace meshmall::models
