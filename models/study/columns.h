// What is kept of a run: the study's metrics for the whole mall, each service with its versions and operations, each edge and each traffic entry (not single
// endpoints: they come and go). One list of columns for all groups of a study; a group whose scenario lacks a service has those columns absent.
// Scopes are written as in metrics.csv: "mall", "service=bakery", "service=bakery version=v1", "edge=a->b", "traffic=lunch".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/experiment/sample_table.h"
#include "models/mall/plan.h"
#include "models/observation/result.h"
#include "models/study/study.h"

namespace meshmall::models {

// A value is of little use: a quantile with fewer than 100 samples beyond it, a mean or a rate of fewer than 100. No data: false.
bool fewData(const Metrics& metrics, Metric metric);

class StudyColumns {
 public:
  // Lays out every group of the study (not its plan: that is kept for the run). O(groups x scenario).
  explicit StudyColumns(const Study& study);

  // Columns and groups, no rows.
  const engine::SampleTable& table() const { return table_; }
  // What a run of the group gives.
  engine::SampleRow row(std::uint32_t group, const Result& result) const;

 private:
  struct Scope {
    ScopeKind kind = ScopeKind::mall;
    std::string first, second;
    std::vector<std::pair<Metric, std::uint32_t>> metrics;  // and its column
  };
  engine::SampleTable table_;
  std::vector<std::vector<Scope>> scopes_;  // by group
};

}  // namespace meshmall::models
