// What a study file says, before its scenarios are put together.
#include <algorithm>
#include <set>

#include "models/scenario/nearest_name.h"
#include "models/scenario/overrides.h"
#include "models/study/canonical_json.h"
#include "models/study/study_parts.h"

namespace meshmall::models {

namespace {

constexpr std::size_t kMostVariants = 1'000;
constexpr std::size_t kMostGates = 1'000;
constexpr std::uint64_t kDefaultReplications = 20, kDefaultMin = 10, kDefaultMax = 200;
constexpr std::int64_t kMost = static_cast<std::int64_t>(kMostReplications);

void readVersion(ObjectReader& root) {
  const auto node = root.require("meshmallStudy");
  if (node && (node->value().integer() == nullptr || *node->value().integer() != 1)) node->wrong("1, the version of the format");
}

bool usablePointer(const Node& node, const JsonMember& member) {
  const auto tokens = pointerTokens(member.key);
  const Node at(node, member);
  if (!tokens || tokens->empty() || tokens->size() > 64) {
    at.keyError("is not a JSON pointer to a value of the scenario, such as /run/duration");
    return false;
  }
  if (member.key == "/run/seed" || member.key == "/run") {
    at.keyError(member.key == "/run" ? "all variants and points have one seed: set what is in /run one by one" : "all variants and points have one seed, the scenario's; --seed gives another");
    return false;
  }
  return true;
}

std::string readFile(ObjectReader& object, JsonPlace& at) {
  const auto node = object.get("scenario");
  if (!node) return {};
  const auto text = readText(*node);
  at = node->value().at;
  if (text && text->empty()) node->wrong("the name of a scenario file");
  return text.value_or("");
}

VariantParts readVariant(const Node& node, std::string name) {
  VariantParts variant;
  variant.name = std::move(name);
  ObjectReader object(node, "variant");
  object.text("description");
  variant.scenario = readFile(object, variant.scenario_at);
  if (const auto patch = object.get("patch")) {
    const JsonMember* run = patch->value().find("run");
    if (patch->value().members() == nullptr) {
      patch->wrong("an object, a merge patch of the scenario");
    } else if (run != nullptr && (run->value.members() == nullptr || run->value.find("seed") != nullptr)) {
      Node(*patch, *run).error("all variants and points have one seed, the scenario's; --seed gives another");
    } else {
      variant.patch = &patch->value();
    }
  }
  if (const auto sets = object.get("set")) {
    for (const JsonMember* member : sortedMembers(*sets))
      if (usablePointer(*sets, *member)) variant.sets.push_back({member->key, member->key_at, &member->value});
  }
  return variant;
}

void readVariants(ObjectReader& root, Study& study, StudyParts& parts) {
  const auto node = root.get("variants");
  if (node) {
    const auto members = sortedMembers(*node);
    if (node->value().members() != nullptr && members.empty()) node->error("must have at least one variant");
    if (members.size() > kMostVariants) return node->error("must be at most 1,000 variants (got " + std::to_string(members.size()) + ")");
    for (const JsonMember* member : members) {
      const Node variant(*node, *member);
      if (const auto problem = nameProblem(member->key)) variant.keyError(*problem);
      parts.variants.push_back(readVariant(variant, member->key));
    }
  } else {
    parts.variants.push_back({"baseline", {}, {}, nullptr, {}});
  }
  for (const VariantParts& variant : parts.variants) study.variants.push_back(variant.name);
  const bool bare = std::any_of(parts.variants.begin(), parts.variants.end(), [](const VariantParts& v) { return v.scenario.empty(); });
  if (bare && !root.has("scenario") && root.isObject()) root.node().error("needs \"scenario\", the file that its variants change");
}

void readBaseline(ObjectReader& root, Study& study) {
  const auto position = [&](std::string_view name) -> std::optional<std::uint32_t> {
    const auto found = std::find(study.variants.begin(), study.variants.end(), name);
    if (found == study.variants.end()) return std::nullopt;
    return static_cast<std::uint32_t>(found - study.variants.begin());
  };
  const auto node = root.get("baseline");
  if (!node) {
    study.baseline = study.variants.size() == 1 ? std::optional<std::uint32_t>(0) : position("baseline");
    return;
  }
  const auto name = readText(*node);
  if (!name) return;
  study.baseline = position(*name);
  if (study.baseline) return;
  const std::vector<std::string_view> known(study.variants.begin(), study.variants.end());
  node->error("there is no variant " + inQuotes(*name), suggestion(*name, known));
}

void readSweep(ObjectReader& root, Study& study, StudyParts& parts) {
  const auto node = root.get("sweep");
  std::uint64_t points = 1;
  if (node) {
    for (const JsonMember* member : sortedMembers(*node)) {
      const Node axis_node(*node, *member);
      SweepAxis axis{member->key, member->key_at, {}};
      std::set<std::string> seen;
      for (const Node& item : items(axis_node)) {
        if (!seen.insert(canonicalJson(item.value())).second) item.error("stands here twice");
        axis.values.push_back(&item.value());
      }
      if (axis_node.value().items() != nullptr && axis.values.empty()) axis_node.error("must have at least one value");
      points *= std::max<std::uint64_t>(1, axis.values.size());
      if (points * study.variants.size() > kMostGroups) return node->error("variants x points must be at most 10,000");
      if (usablePointer(*node, *member) && !axis.values.empty()) parts.sweep.push_back(std::move(axis));
    }
  }
  points = 1;
  for (const SweepAxis& axis : parts.sweep) points *= axis.values.size();
  for (std::uint64_t i = 0; i < points; ++i) {
    const std::vector<std::size_t> choice = sweepChoice(parts.sweep, i);
    SweepPoint point;
    for (std::size_t a = 0; a < choice.size(); ++a) {
      const JsonValue& value = *parts.sweep[a].values[choice[a]];
      point.emplace_back(parts.sweep[a].pointer, value.string() != nullptr ? *value.string() : canonicalJson(value));
    }
    study.points.push_back(std::move(point));
  }
}

std::optional<Metric> readMetric(const Node& node) {
  const auto name = readText(node);
  if (!name) return std::nullopt;
  const auto metric = findMetric(*name);
  if (!metric) node.error("unknown metric " + inQuotes(*name), "did you mean " + inQuotes(nearestMetric(*name)) + "?");
  return metric;
}

void readReplications(ObjectReader& root, Study& study) {
  study.replications = {kDefaultReplications, kDefaultReplications, 0};
  const auto node = root.get("replications");
  if (!node) return;
  if (node->value().members() == nullptr) {
    if (node->value().integer() == nullptr) return node->wrong("a whole number, or an object with \"metric\" and \"relativeHalfWidth\"");
    const auto fixed = static_cast<std::uint64_t>(readWhole(*node, 1, kMost).value_or(1));
    study.replications = {fixed, fixed, 0};
    return;
  }
  ObjectReader object(*node, "precision");
  engine::ReplicationRule& rule = study.replications;
  rule.first = static_cast<std::uint64_t>(object.whole("min", static_cast<std::int64_t>(kDefaultMin), 2, kMost));
  rule.most = static_cast<std::uint64_t>(object.whole("max", static_cast<std::int64_t>(std::max(kDefaultMax, rule.first)), 2, kMost));
  if (rule.most < rule.first) node->error("\"max\" (" + std::to_string(rule.most) + ") is below \"min\" (" + std::to_string(rule.first) + ")");
  if (const auto metric = object.require("metric")) study.watched = readMetric(*metric);
  if (study.watched && !info(*study.watched).measuredFor(ScopeKind::mall))
    object.get("metric")->error(std::string(info(*study.watched).name) + " is not measured for the whole mall");
  if (const auto width = object.require("relativeHalfWidth")) rule.relative_half_width = readNumber(*width, 0.0001, 1).value_or(1);
}

void readMetrics(ObjectReader& root, Study& study, StudyParts& parts) {
  const auto node = root.get("metrics");
  std::vector<bool> wanted(kMetrics, false);
  if (node) {
    for (const Node& item : items(*node))
      if (const auto metric = readMetric(item)) wanted[static_cast<std::size_t>(*metric)] = true;
    if (node->value().items() != nullptr && node->value().items()->empty()) node->error("must name at least one metric");
    for (const Expression& gate : study.gates)
      for (const ExpressionNode& part : gate.nodes)
        if (part.kind == ExpressionNode::Kind::comparison) wanted[static_cast<std::size_t>(part.metric)] = true;
    if (study.watched) wanted[static_cast<std::size_t>(*study.watched)] = true;
  }
  parts.all_metrics = !node;
  for (std::size_t m = 0; m < kMetrics; ++m)
    if (parts.all_metrics || wanted[m]) study.metrics.push_back(metricAt(m));
}

void readGates(ObjectReader& root, Study& study, StudyParts& parts) {
  const auto node = root.get("gates");
  if (!node) return;
  const auto texts = items(*node);
  if (texts.size() > kMostGates) return node->error("must be at most 1,000 (got " + std::to_string(texts.size()) + ")");
  for (const Node& item : texts) {
    const auto text = readText(item);
    if (!text) continue;
    auto parsed = parseExpression(*text);
    if (const auto* problem = std::get_if<ExpressionProblem>(&parsed)) {
      item.errorInside(problem->column - 1, problem->message, problem->hint);
      continue;
    }
    Expression& gate = std::get<Expression>(parsed);
    for (const ExpressionNode& part : gate.nodes) {
      if (part.kind != ExpressionNode::Kind::comparison || part.term == TermKind::value) continue;
      if (!study.baseline) {
        item.errorInside(part.column - 1, "increase() and decrease() compare with a baseline, and the study has none", "name one of the variants as \"baseline\"");
      } else if (study.variants.size() < 2) {
        item.errorInside(part.column - 1, "increase() and decrease() compare with the baseline, and there is no other variant");
      } else {
        continue;
      }
      break;
    }
    parts.gates.push_back({item.value().at, item.document().writtenPlainly(item.value().at, *text), item.pointer()});
    study.gates.push_back(std::move(gate));
  }
}

}  // namespace

std::vector<std::size_t> sweepChoice(const std::vector<SweepAxis>& sweep, std::uint64_t index) {
  std::vector<std::size_t> choice(sweep.size());
  for (std::size_t a = sweep.size(); a-- > 0; index /= sweep[a].values.size()) choice[a] = static_cast<std::size_t>(index % sweep[a].values.size());
  return choice;
}

StudyParts readStudyFile(const Node& node, Study& study) {
  StudyParts parts;
  ObjectReader root(node, "study");
  readVersion(root);
  study.name = root.text("name");
  study.description = root.text("description");
  parts.scenario = readFile(root, parts.scenario_at);
  readVariants(root, study, parts);
  readBaseline(root, study);
  readSweep(root, study, parts);
  readReplications(root, study);
  readGates(root, study, parts);
  readMetrics(root, study, parts);
  return parts;
}

}  // namespace meshmall::models
