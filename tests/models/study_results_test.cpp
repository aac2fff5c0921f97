// What a batch found, written and read back; rows as lines; shards joined.
#include "models/study/batch_records.h"

#include <cmath>

#include "models/mall/mall.h"
#include "models/study/columns.h"
#include "models/study/decode_study.h"
#include "models/study/mean_interval.h"

namespace meshmall::models {
namespace {

Study smallStudy(const std::string& more) {
  StudyDecodeResult decoded = decodeStudy(R"({"meshmallStudy": 1, "name": "small", "scenario": "2-lines.json", "variants": {"baseline": {}, "=odd, \"name\"": {"patch": {"services":
    {"checkout": {"versions": {"v2": {}}}}}}}, "sweep": {"/run/duration": ["100ms", "2s"]})" + more + "}",
                                          "small.json", "scenarios/article");
  for (const Problem& problem : decoded.problems) ADD_FAILURE() << textOf(problem);
  return std::move(*decoded.study);
}

// All runs of the study, by hand.
StudyResults ran(const Study& study, std::uint64_t replications) {
  const StudyColumns columns(study);
  StudyResults results;
  results.table = columns.table();
  results.facts.name = study.name;
  results.facts.version = "0";
  results.facts.fingerprint = study.fingerprint;
  results.facts.baseline = "baseline";
  results.facts.replications = {replications, replications, 0};
  results.facts.metrics = {"latency.p99"};
  for (const StudyGroup& group : study.groups) results.facts.groups.push_back({group.point, "x", 0.1, group.point == 1, group.scenario.run.duration.seconds()});
  for (std::uint32_t g = 0; g < study.groups.size(); ++g) {
    for (std::uint64_t r = 0; r < replications; ++r) {
      Scenario scenario = study.groups[g].scenario;
      scenario.run.warmup = engine::Duration{100'000'000};
      Mall mall(makePlan(scenario), {.seed = study.seed, .replication = r});
      mall.run();
      results.table.groups[g].rows.push_back(columns.row(g, mall.result()));
    }
  }
  return results;
}

TEST(StudyColumns, AreTheUnionOfAllGroupsAndSayWhichAGroupLacks) {
  const Study study = smallStudy(R"(, "metrics": ["latency.p99", "success.rate", "queue.max"])");
  const engine::SampleTable table = StudyColumns(study).table();
  ASSERT_EQ(table.groups.size(), 4u);
  const auto only_patched = table.column("service=checkout version=v2", "queue.max");
  ASSERT_TRUE(only_patched);
  EXPECT_EQ(table.groups[0].variant, "=odd, \"name\"");
  EXPECT_FALSE(table.groups[0].absent[*only_patched]);
  EXPECT_TRUE(table.groups[2].absent[*only_patched]);
  EXPECT_TRUE(table.column("mall", "latency.p99"));
  EXPECT_FALSE(table.column("mall", "queue.max")) << "not measured for the mall";
  EXPECT_TRUE(table.column("edge=shoppers->checkout", "success.rate"));
  EXPECT_TRUE(table.column("traffic=shoppers", "success.rate"));
  EXPECT_TRUE(table.columns[*table.column("mall", "success.rate")].counts);
  EXPECT_FALSE(table.columns[*table.column("mall", "latency.p99")].counts);
}

TEST(StudyColumns, ARowHoldsWhatTheResultSaysAndWhatIsOfFewData) {
  const Study study = smallStudy("");
  const StudyResults results = ran(study, 2);
  const engine::SampleTable& table = results.table;
  // 2 s at 600/s are about 1,200 customers: enough for p90 (1,000 needed), too few for p99 (10,000); 100 ms: 60, too few for p50 (200) and for the mean (100).
  const engine::SampleRow& longer = table.groups[3].rows[1];
  EXPECT_FALSE(longer.few_data[*table.column("mall", "latency.p90")]);
  EXPECT_TRUE(longer.few_data[*table.column("mall", "latency.p99")]);
  const engine::SampleRow& brief = table.groups[2].rows[0];
  for (const char* metric : {"latency.p50", "latency.mean", "success.rate", "throughput"}) EXPECT_TRUE(brief.few_data[*table.column("mall", metric)]) << metric;
  EXPECT_FALSE(brief.few_data[*table.column("mall", "requests.total")]);
  const auto success = *table.column("mall", "success.rate");
  const engine::Counts counts = longer.counts[*table.columns[success].counts];
  EXPECT_EQ(*longer.values[success], static_cast<double>(counts.part) / static_cast<double>(counts.whole));
  EXPECT_FALSE(longer.values[*table.column("mall", "latency.failed.p99")]) << "nobody failed: no data";
  EXPECT_EQ(longer.fingerprint.size(), 16u);
  EXPECT_NE(longer.fingerprint, table.groups[3].rows[0].fingerprint);
}

// 100 % in every run is not known for sure: n successes of n exclude at 95 % (two-sided) what makes n of n less likely than 2.5 %: p^n = 0.025.
TEST(StudyResults, ARatioThatNeverVariedHasTheExactInterval) {
  const StudyResults results = ran(smallStudy(R"(, "metrics": ["success.rate", "latency.mean"])"), 3);
  const auto success = *results.table.column("mall", "success.rate");
  double n = 0;
  for (const engine::SampleRow& row : results.table.groups[1].rows) n += static_cast<double>(row.counts[*results.table.columns[success].counts].whole);
  ASSERT_GT(n, 100);
  const auto interval = meanInterval(results.table, 1, success, 0.95);
  ASSERT_TRUE(interval);
  EXPECT_EQ(interval->high, 1);
  EXPECT_NEAR(interval->low, std::pow(0.025, 1 / n), 1e-12);
  const auto mean = *results.table.column("mall", "latency.mean");
  std::vector<double> values;
  for (const engine::SampleRow& row : results.table.groups[1].rows) values.push_back(*row.values[mean]);
  EXPECT_EQ(meanInterval(results.table, 1, mean, 0.95), engine::meanInterval(values, 0.95));
}

TEST(StudyResults, JsonReadsBackToTheSameBytesAndSoDoesEachRowsLine) {
  const Study study = smallStudy("");
  const StudyResults results = ran(study, 2);
  const std::string json = resultsJson(results);
  auto read = readResults(json);
  ASSERT_TRUE(std::holds_alternative<StudyResults>(read)) << std::get<std::string>(read);
  EXPECT_EQ(resultsJson(std::get<StudyResults>(read)), json);
  EXPECT_EQ(std::get<StudyResults>(read).table.groups[1].rows, results.table.groups[1].rows);
  for (std::uint32_t g = 0; g < 4; ++g) {
    for (const engine::SampleRow& row : results.table.groups[g].rows) {
      const auto again = readRowLine(rowLine(g, row), results.table);
      ASSERT_TRUE(again);
      EXPECT_EQ(again->group, g);
      EXPECT_EQ(again->row, row);
    }
  }
  const std::string plan = planLine(results);
  EXPECT_EQ(plan.find('\n'), std::string::npos);
  auto planned = readPlanLine(plan);
  ASSERT_TRUE(std::holds_alternative<StudyResults>(planned)) << std::get<std::string>(planned);
  EXPECT_EQ(planLine(std::get<StudyResults>(planned)), plan);
}

TEST(StudyResults, HostileTextsAreRefusedWithAReason) {
  const StudyResults results = ran(smallStudy(R"(, "metrics": ["cpu"])"), 1);
  const std::string json = resultsJson(results);
  for (const std::string& text : {std::string(), std::string("{}"), std::string("[1]"), json.substr(0, json.size() / 2), std::string(1000, '['), std::string("{\"meshmallResults\": 2}"),
                                  std::string("{\"meshmallResults\": 1, \"study\": 3}"), planLine(results)}) {
    const auto read = readResults(text);
    ASSERT_TRUE(std::holds_alternative<std::string>(read)) << text.substr(0, 40);
    EXPECT_FALSE(std::get<std::string>(read).empty());
  }
  const auto changed = [&](const std::string& key, const std::string& value) {  // of the last member of that name
    const std::size_t at = json.rfind("\"" + key + "\":") + key.size() + 3;
    return json.substr(0, at) + " " + value + json.substr(json.find_first_of(",\n", at));
  };
  EXPECT_TRUE(std::holds_alternative<StudyResults>(readResults(changed("seed", "7"))));
  for (const char* seed : {"-1", "18446744073709551615", "1.5", "\"1\""}) EXPECT_TRUE(std::holds_alternative<std::string>(readResults(changed("seed", seed)))) << seed;
  const std::size_t values = json.rfind("\"values\": ["), first = values + 11;
  const auto startingWith = [&](const std::string& value) { return json.substr(0, first) + value + json.substr(json.find_first_of(",]", first)); };
  EXPECT_TRUE(std::holds_alternative<StudyResults>(readResults(startingWith("0.5"))));
  for (const char* value : {"1e101", "-1e300", "\"1\"", "1e999"}) EXPECT_TRUE(std::holds_alternative<std::string>(readResults(startingWith(value)))) << value;
  const std::string line = rowLine(0, results.table.groups[0].rows[0]);
  for (const std::string& text : {std::string(), line + " 1", line.substr(0, line.rfind(' ')), "9" + line, std::string("0 x"), std::string("0 1 f abc")}) EXPECT_FALSE(readRowLine(text, results.table)) << text;
}

TEST(StudyResults, CsvIsTidyQuotedAndLeavesOutWhatAGroupLacks) {
  const StudyResults results = ran(smallStudy(R"(, "metrics": ["queue.max", "latency.failed.p99"])"), 2);
  const std::string csv = resultsCsv(results);
  EXPECT_EQ(csv.substr(0, csv.find('\n')), "variant,point,replication,scope,metric,value,fewData");
  EXPECT_NE(csv.find("\"'=odd, \"\"name\"\"\",/run/duration=100ms,0,service=checkout version=v2,queue.max,"), std::string::npos) << csv.substr(0, 2000);
  EXPECT_EQ(csv.find("baseline,/run/duration=100ms,0,service=checkout version=v2"), std::string::npos);
  EXPECT_NE(csv.find("baseline,/run/duration=2s,1,mall,latency.failed.p99,,false\n"), std::string::npos) << "no data is empty";
}

std::vector<std::string> journalOf(const StudyResults& results, engine::Shard shard, bool complete = true) {
  StudyResults planned = results;
  for (auto& group : planned.table.groups) group.rows.clear();
  std::vector<std::string> records{planRecord(planLine(planned)), shardRecord(shard), warmupRecord(1, {engine::Duration{250'000'000}, true})};
  for (std::uint32_t g = 0; g < 4; ++g)
    for (const engine::SampleRow& row : results.table.groups[g].rows)
      if ((row.replication * 4 + g) % shard.count == shard.index - 1) records.push_back(runRecord(g, row));
  if (complete) records.push_back(endRecord());
  return records;
}

ShardFolder folderOf(const std::string& name, const std::vector<std::string>& records) {
  auto read = readBatchRecords(records);
  EXPECT_TRUE(std::holds_alternative<std::optional<BatchRecords>>(read)) << std::get<std::string>(read);
  return {name, std::move(*std::get<std::optional<BatchRecords>>(read))};
}

TEST(Shards, JoinedInAnyOrderAreTheSingleRun) {
  const StudyResults results = ran(smallStudy(R"(, "metrics": ["cpu"])"), 3);
  const auto whole = joinShards({folderOf("one", journalOf(results, {1, 1}))});
  ASSERT_TRUE(std::holds_alternative<StudyResults>(whole)) << std::get<std::string>(whole);
  EXPECT_EQ(std::get<StudyResults>(whole).facts.groups[1].warmup, 0.25) << "of point 1, found by pilots";
  EXPECT_EQ(std::get<StudyResults>(whole).facts.groups[0].warmup, 0.1);
  const auto joined = joinShards({folderOf("c", journalOf(results, {3, 3})), folderOf("a", journalOf(results, {1, 3})), folderOf("b", journalOf(results, {2, 3}))});
  ASSERT_TRUE(std::holds_alternative<StudyResults>(joined)) << std::get<std::string>(joined);
  EXPECT_EQ(resultsJson(std::get<StudyResults>(joined)), resultsJson(std::get<StudyResults>(whole)));
}

TEST(Shards, GapsDuplicatesAndOtherPlansAreRefusedByName) {
  const StudyResults results = ran(smallStudy(R"(, "metrics": ["cpu"])"), 2);
  StudyResults other = results;
  other.facts.seed = 99;
  const auto refusal = [](const std::vector<ShardFolder>& shards) {
    const auto joined = joinShards(shards);
    return std::holds_alternative<std::string>(joined) ? std::get<std::string>(joined) : "accepted";
  };
  const ShardFolder first = folderOf("a", journalOf(results, {1, 2})), second = folderOf("b", journalOf(results, {2, 2}));
  EXPECT_EQ(refusal({first}), "replication 0 of variant \"=odd, \"name\"\" at /run/duration=2s is missing");
  EXPECT_EQ(refusal({first, second, second}), "b (shard 2/2): replication 0 of variant \"=odd, \"name\"\" at /run/duration=2s is in b (shard 2/2) too");
  EXPECT_EQ(refusal({first, folderOf("c", journalOf(other, {2, 2}))}), "c (shard 2/2): is of another plan than a (shard 1/2)");
  auto cut = journalOf(results, {2, 2}, false);
  cut.pop_back();
  EXPECT_NE(refusal({first, folderOf("b", cut)}).find("is missing; not finished: b (shard 2/2)"), std::string::npos);
  StudyResults longer = results;
  longer.table.groups[0].rows.push_back(results.table.groups[0].rows[0]);
  longer.table.groups[0].rows.back().replication = 7;
  EXPECT_NE(refusal({folderOf("a", journalOf(longer, {1, 1}))}).find("does not belong to the plan"), std::string::npos);
}

TEST(Shards, RecordsThatAreNotTheirPlansAreRefused) {
  const StudyResults results = ran(smallStudy(R"(, "metrics": ["cpu"])"), 1);
  const auto good = journalOf(results, {1, 1});
  const auto refused = [](const std::vector<std::string>& records) { return std::holds_alternative<std::string>(readBatchRecords(records)); };
  EXPECT_FALSE(refused(good));
  EXPECT_FALSE(std::get<0>(readBatchRecords({})));
  EXPECT_FALSE(std::get<0>(readBatchRecords({good[0]}))) << "cut off right at the start: nothing is lost";
  for (const char* record : {"run 0 1", "warmup 7 0 1", "warmup 0 -1 1", "warmup 0", "nonsense", "run 99 0 x 1"}) {
    auto records = good;
    records.emplace_back(record);
    EXPECT_TRUE(refused(records)) << record;
  }
  EXPECT_TRUE(refused({"run 0 0", good[1]}));
  EXPECT_TRUE(refused({good[0], "shard 3 2"}));
  EXPECT_TRUE(refused({"plan {}", good[1]}));
}

}  // namespace
}  // namespace meshmall::models
