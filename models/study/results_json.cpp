// The results as JSON, keys in a fixed order; the plan line is the same without rows.
#include <algorithm>
#include <limits>

#include "models/observation/json_writer.h"
#include "models/study/mean_interval.h"
#include "models/study/results.h"

namespace meshmall::models {

namespace {

constexpr double kLevel = 0.95;
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();  // written as null

void writeTexts(JsonWriter& w, std::string_view key, const std::vector<std::string>& texts) {
  w.key(key);
  w.beginArray();
  for (const std::string& text : texts) w.value(std::string_view(text));
  w.endArray();
}

void writeFacts(JsonWriter& w, const StudyFacts& facts) {
  w.member("study", facts.name);
  w.member("version", facts.version);
  w.member("fingerprint", facts.fingerprint);
  w.member("seed", facts.seed);
  w.key("baseline");
  if (facts.baseline.empty()) {
    w.null();
  } else {
    w.value(std::string_view(facts.baseline));
  }
  w.key("replications");
  w.beginObject();
  w.member("min", facts.replications.first);
  w.member("max", facts.replications.most);
  if (facts.replications.adaptive()) {
    w.member("metric", facts.watched);
    w.member("relativeHalfWidth", facts.replications.relative_half_width);
  }
  w.endObject();
  writeTexts(w, "metrics", facts.metrics);
  writeTexts(w, "gates", facts.gates);
}

void writeColumns(JsonWriter& w, const engine::SampleTable& table) {
  w.key("columns");
  w.beginArray();
  for (const engine::SampleColumn& column : table.columns) {
    w.beginObject();
    w.member("scope", column.scope);
    w.member("metric", column.metric);
    if (column.counts) w.member("counts", true);
    w.endObject();
  }
  w.endArray();
}

std::vector<double> positions(const std::vector<bool>& flags) {
  std::vector<double> at;
  for (std::size_t i = 0; i < flags.size(); ++i)
    if (flags[i]) at.push_back(static_cast<double>(i));
  return at;
}

void writeGroupFacts(JsonWriter& w, const engine::SampleGroup& group, const GroupFacts& facts) {
  w.member("variant", group.variant);
  w.key("point");
  w.beginObject();
  for (const auto& [pointer, value] : group.point) w.member(pointer, value);
  w.endObject();
  w.member("pointIndex", std::uint64_t{facts.point});
  w.member("scenario", facts.scenario);
  w.member("simulated", facts.simulated);
  w.member("warmupFound", facts.warmup_found);
  w.key("absent");
  w.numbers(positions(group.absent));
}

void writeSummary(JsonWriter& w, const engine::SampleTable& table, std::size_t at) {
  const engine::SampleGroup& group = table.groups[at];
  std::vector<double> mean, low, high, count;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    std::vector<double> x;
    for (const engine::SampleRow& row : group.rows)
      if (row.values[c]) x.push_back(*row.values[c]);
    const auto interval = meanInterval(table, at, c, kLevel);
    count.push_back(static_cast<double>(x.size()));
    mean.push_back(x.empty() ? kNone : engine::sampleMean(x));
    low.push_back(interval ? interval->low : kNone);
    high.push_back(interval ? interval->high : kNone);
  }
  w.key("summary");
  w.beginObject();
  w.member("level", kLevel);
  w.key("values");
  w.numbers(count);
  w.key("mean");
  w.numbers(mean);
  w.key("low");
  w.numbers(low);
  w.key("high");
  w.numbers(high);
  w.endObject();
}

void writeRows(JsonWriter& w, const engine::SampleGroup& group) {
  w.key("rows");
  w.beginArray();
  for (const engine::SampleRow& row : group.rows) {
    std::vector<double> values, counts;
    for (const auto& value : row.values) values.push_back(value.value_or(kNone));
    for (const engine::Counts& each : row.counts) {
      counts.push_back(static_cast<double>(each.part));
      counts.push_back(static_cast<double>(each.whole));
    }
    w.beginObject();
    w.member("replication", row.replication);
    w.member("fingerprint", row.fingerprint);
    w.key("values");
    w.numbers(values);
    w.key("fewData");
    w.numbers(positions(row.few_data));
    w.key("counts");
    w.numbers(counts);
    w.endObject();
  }
  w.endArray();
}

}  // namespace

std::vector<std::vector<std::uint32_t>> StudyFacts::blocks() const {
  std::vector<std::vector<std::uint32_t>> blocks;
  for (std::uint32_t g = 0; g < groups.size(); ++g) {
    if (blocks.size() <= groups[g].point) blocks.resize(groups[g].point + 1);
    blocks[groups[g].point].push_back(g);
  }
  return blocks;
}

std::string resultsJson(const StudyResults& results) {
  JsonWriter w;
  w.beginObject();
  w.member("meshmallResults", std::uint64_t{1});
  writeFacts(w, results.facts);
  writeColumns(w, results.table);
  w.key("groups");
  w.beginArray();
  for (std::size_t g = 0; g < results.table.groups.size(); ++g) {
    const engine::SampleGroup& group = results.table.groups[g];
    w.beginObject();
    writeGroupFacts(w, group, results.facts.groups[g]);
    w.member("warmup", results.facts.groups[g].warmup);
    writeSummary(w, results.table, g);
    writeRows(w, group);
    w.endObject();
  }
  w.endArray();
  w.endObject();
  return w.take();
}

std::string planLine(const StudyResults& results) {
  JsonWriter w;
  w.beginObject();
  w.member("meshmallPlan", std::uint64_t{1});
  writeFacts(w, results.facts);
  writeColumns(w, results.table);
  w.key("groups");
  w.beginArray();
  for (std::size_t g = 0; g < results.table.groups.size(); ++g) {
    w.beginObject();
    writeGroupFacts(w, results.table.groups[g], results.facts.groups[g]);
    // Of "auto" it is not known yet.
    w.member("warmup", results.facts.groups[g].warmup_found ? 0.0 : results.facts.groups[g].warmup);
    w.endObject();
  }
  w.endArray();
  w.endObject();
  std::string text = w.take();
  // Line ends in strings are escaped: what is left of them is layout.
  text.erase(std::remove(text.begin(), text.end(), '\n'), text.end());
  return text;
}

}  // namespace meshmall::models
