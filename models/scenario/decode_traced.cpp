// `traced`: the figures of the traces that a scenario was made from.
#include "models/scenario/decode_parts.h"

namespace meshmall::models {

namespace {

std::optional<TracedFigure> readFigure(ObjectReader& latency, std::string_view name) {
  const auto node = latency.get(name);
  if (!node) return std::nullopt;
  TracedFigure out;
  ObjectReader object(*node, "tracedFigure");
  if (const auto value = object.require("value")) out.value = readDuration(*value).value_or(Duration{});
  out.low = object.maybeDuration("low");
  out.high = object.maybeDuration("high");
  if (out.low.has_value() != out.high.has_value()) {
    node->error("has one limit: \"low\" and \"high\" come together");
  } else if (out.low && out.low->ns > out.high->ns) {
    node->error("\"low\" is above \"high\"");
  }
  return out;
}

}  // namespace

std::optional<TracedFigures> readTraced(ObjectReader& root) {
  const auto node = root.get("traced");
  if (!node) return std::nullopt;
  TracedFigures out;
  ObjectReader object(*node, "traced");
  out.requests = static_cast<std::uint64_t>(object.whole("requests", 0, 0, INT64_MAX));
  if (const auto latency = object.get("latency")) {
    ObjectReader figures(*latency, "tracedLatency");
    out.mean = readFigure(figures, "mean");
    out.p50 = readFigure(figures, "p50");
    out.p90 = readFigure(figures, "p90");
    out.p95 = readFigure(figures, "p95");
    out.p99 = readFigure(figures, "p99");
  }
  return out;
}

}  // namespace meshmall::models
