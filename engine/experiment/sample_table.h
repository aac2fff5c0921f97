// What an experiment measured: for each group (one variant at one sweep point) a row of values by replication; the same columns for all groups.
// A batch writes it, a merge joins it, a comparison reads it. A plain value: the order of groups and columns is the plan's, rows are by replication, so the
// same experiment gives the same table however it was run. Limiting cases: a value without data is nothing; a column that a group does not have at all
// (its part of the model is not there) is nothing in each of its rows, and `absent` says so.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace meshmall::engine {

struct SampleColumn {
  std::string scope;   // the part of the model that was measured, as the model writes it
  std::string metric;  // what was measured of it
  // A metric that is a quotient of two counts (a rate of success) has those too: index into SampleRow::counts. Nothing: it has none.
  std::optional<std::uint32_t> counts;
  std::string key() const { return scope + "|" + metric; }
  friend bool operator==(const SampleColumn&, const SampleColumn&) = default;
};

struct Counts {  // value = part / whole
  std::uint64_t part = 0, whole = 0;
  friend bool operator==(const Counts&, const Counts&) = default;
};

struct SampleRow {
  std::uint64_t replication = 0;
  std::string fingerprint;                    // of the run
  std::vector<std::optional<double>> values;  // by column
  std::vector<bool> few_data;                 // by column: too few samples to rely on the value
  std::vector<Counts> counts;                 // of the columns that have them
  friend bool operator==(const SampleRow&, const SampleRow&) = default;
};

struct SampleGroup {
  std::string variant;
  std::vector<std::pair<std::string, std::string>> point;  // what was swept and its value, both as they were written; empty: nothing is swept
  std::vector<bool> absent;                                // by column
  std::vector<SampleRow> rows;                             // ascending by replication, none twice

  // "/run/seed=7 /a/b=2", or empty.
  std::string pointName() const;
};

struct SampleTable {
  std::vector<SampleColumn> columns;
  std::uint32_t counted = 0;  // columns with counts
  std::vector<SampleGroup> groups;

  // Linear search.
  std::optional<std::size_t> column(std::string_view scope, std::string_view metric) const;
  std::optional<std::size_t> group(std::string_view variant, std::string_view point_name) const;
};

}  // namespace meshmall::engine
