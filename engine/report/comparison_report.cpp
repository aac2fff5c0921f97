#include "engine/report/comparison_report.h"

#include <array>

namespace meshmall::engine {
namespace {

template <std::size_t N, typename E>
std::string_view at(const std::array<std::string_view, N>& names, E value) {
  return names[static_cast<std::size_t>(value)];
}

}  // namespace

std::string_view name(GateOutcome outcome) { return at(std::array<std::string_view, 3>{"passed", "failed", "inconclusive"}, outcome); }
std::string_view name(RuleSeverity severity) { return at(std::array<std::string_view, 3>{"fail", "warn", "info"}, severity); }
std::string_view name(PairState state) { return at(std::array<std::string_view, 3>{"compared", "new", "deleted"}, state); }
std::string_view name(GateMode mode) { return at(std::array<std::string_view, 2>{"alarm", "prove"}, mode); }
std::string_view name(Scale scale) { return at(std::array<std::string_view, 4>{"log_ratio", "share", "difference", "value"}, scale); }

}  // namespace meshmall::engine
