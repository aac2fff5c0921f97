// results.json and plan lines read back, with whatever a stranger's file may hold checked before it is used.
#include <cmath>
#include <nlohmann/json.hpp>

#include "models/study/results.h"
#include "models/study/study.h"

namespace meshmall::models {

namespace {

using Json = nlohmann::json;

constexpr double kGreatest = 1e100;  // no metric comes near it, and squares stay finite

struct Wrong {
  std::string what;
};

const Json& member(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) throw Wrong{std::string("\"") + key + "\" is missing"};
  return *found;
}

// A conversion would wrap what is negative or too large.
std::uint64_t natural(const Json& value, const char* what) {
  const double size = value.is_number() ? value.get<double>() : -1;  // 100000 may stand there as 1e+05
  if (!(size >= 0) || size >= 0x1p63 || size != std::floor(size)) throw Wrong{std::string("\"") + what + "\" must be a whole number from 0 to 2^63 - 1"};
  return value.get<std::uint64_t>();
}

std::vector<std::string> texts(const Json& list) {
  std::vector<std::string> out;
  for (const Json& item : list) out.push_back(item.get<std::string>());
  return out;
}

std::vector<bool> flags(const Json& positions, std::size_t size) {
  std::vector<bool> out(size, false);
  for (const Json& position : positions) {
    const auto at = position.get<std::uint64_t>();
    if (at >= size) throw Wrong{"a column's number is too high"};
    out[at] = true;
  }
  return out;
}

StudyFacts readFacts(const Json& root) {
  StudyFacts facts;
  facts.name = member(root, "study").get<std::string>();
  facts.version = member(root, "version").get<std::string>();
  facts.fingerprint = member(root, "fingerprint").get<std::string>();
  facts.seed = natural(member(root, "seed"), "seed");
  if (!member(root, "baseline").is_null()) facts.baseline = member(root, "baseline").get<std::string>();
  const Json& rule = member(root, "replications");
  facts.replications = {member(rule, "min").get<std::uint64_t>(), member(rule, "max").get<std::uint64_t>(), rule.value("relativeHalfWidth", 0.0)};
  if (facts.replications.first < 1 || facts.replications.most < facts.replications.first || facts.replications.most > kMostReplications)
    throw Wrong{"\"replications\" is out of range"};
  facts.watched = rule.value("metric", "");
  facts.metrics = texts(member(root, "metrics"));
  facts.gates = texts(member(root, "gates"));
  return facts;
}

void readColumns(const Json& root, engine::SampleTable& table) {
  for (const Json& column : member(root, "columns")) {
    std::optional<std::uint32_t> counts;
    if (column.value("counts", false)) counts = table.counted++;
    table.columns.push_back({member(column, "scope").get<std::string>(), member(column, "metric").get<std::string>(), counts});
  }
}

engine::SampleRow readRow(const Json& json, const engine::SampleTable& table) {
  engine::SampleRow row;
  row.replication = natural(member(json, "replication"), "replication");
  row.fingerprint = member(json, "fingerprint").get<std::string>();
  for (const Json& value : member(json, "values")) {
    if (value.is_null()) {
      row.values.emplace_back();
    } else {
      const double number = value.get<double>();
      if (!(std::abs(number) <= kGreatest)) throw Wrong{"a value is out of range"};
      row.values.emplace_back(number);
    }
  }
  if (row.values.size() != table.columns.size()) throw Wrong{"a row has not as many values as there are columns"};
  row.few_data = flags(member(json, "fewData"), table.columns.size());
  const Json& counts = member(json, "counts");
  if (counts.size() != std::size_t{2} * table.counted) throw Wrong{"a row has not as many counts as its columns ask for"};
  for (std::size_t i = 0; i < counts.size(); i += 2) row.counts.push_back({natural(counts[i], "counts"), natural(counts[i + 1], "counts")});
  for (const engine::SampleColumn& column : table.columns) {
    const auto metric = column.counts ? findMetric(column.metric) : std::nullopt;
    if (metric && info(*metric).unit == MetricUnit::ratio && row.counts[*column.counts].part > row.counts[*column.counts].whole)
      throw Wrong{"of " + column.metric + " a part is more than the whole"};
  }
  return row;
}

StudyResults readRoot(const Json& root, const char* mark) {
  if (!root.is_object() || !root.contains(mark)) throw Wrong{std::string("\"") + mark + "\" is missing"};
  if (root[mark] != 1) throw Wrong{"it is of another version of the format"};
  StudyResults results{readFacts(root), {}};
  readColumns(root, results.table);
  const std::size_t columns = results.table.columns.size();
  const Json& groups = member(root, "groups");
  for (const Json& json : groups) {
    engine::SampleGroup group;
    group.variant = member(json, "variant").get<std::string>();
    for (const auto& item : member(json, "point").items()) group.point.emplace_back(item.key(), item.value().get<std::string>());
    group.absent = flags(member(json, "absent"), columns);
    GroupFacts facts{member(json, "pointIndex").get<std::uint32_t>(), member(json, "scenario").get<std::string>(), member(json, "warmup").get<double>(),
                     member(json, "warmupFound").get<bool>(), member(json, "simulated").get<double>()};
    if (facts.point >= groups.size()) throw Wrong{"a \"pointIndex\" is too high"};
    if (json.contains("rows"))
      for (const Json& row : json["rows"]) {
        group.rows.push_back(readRow(row, results.table));
        if (group.rows.size() > 1 && group.rows[group.rows.size() - 2].replication >= group.rows.back().replication) throw Wrong{"rows are not in order"};
      }
    results.table.groups.push_back(std::move(group));
    results.facts.groups.push_back(std::move(facts));
  }
  if (results.table.groups.empty()) throw Wrong{"it has no groups"};
  return results;
}

std::variant<StudyResults, std::string> read(const std::string& text, const char* mark) {
  try {
    return readRoot(Json::parse(text), mark);
  } catch (const Wrong& wrong) {
    return wrong.what;
  } catch (const Json::exception&) {
    return std::string("it is damaged, or was not written by this program");
  }
}

}  // namespace

std::variant<StudyResults, std::string> readResults(const std::string& text) { return read(text, "meshmallResults"); }
std::variant<StudyResults, std::string> readPlanLine(const std::string& text) { return read(text, "meshmallPlan"); }

}  // namespace meshmall::models
