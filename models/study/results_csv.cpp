// The results as a long table: one value a line.
#include "models/observation/json_writer.h"
#include "models/study/results.h"

namespace meshmall::models {

namespace {

// RFC 4180; and a text that a spreadsheet would take for a formula gets an apostrophe before it.
std::string field(std::string_view text) {
  std::string plain(text);
  if (!plain.empty() && std::string_view("=+-@\t\r").find(plain[0]) != std::string_view::npos) plain.insert(plain.begin(), '\'');
  if (plain.find_first_of(",\"\r\n") == std::string::npos) return plain;
  std::string quoted = "\"";
  for (const char c : plain) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace

std::string resultsCsv(const StudyResults& results) {
  std::vector<std::string> columns;
  for (const engine::SampleColumn& column : results.table.columns) columns.push_back(field(column.scope) + ',' + field(column.metric) + ',');
  std::string out = "variant,point,replication,scope,metric,value,fewData\n";
  for (const engine::SampleGroup& group : results.table.groups) {
    const std::string names = field(group.variant) + ',' + field(group.pointName()) + ',';
    for (const engine::SampleRow& row : group.rows) {
      const std::string start = names + std::to_string(row.replication) + ',';
      for (std::size_t c = 0; c < columns.size(); ++c) {
        if (group.absent[c]) continue;
        out += start;
        out += columns[c];
        if (row.values[c]) appendNumber(out, *row.values[c]);
        out += row.few_data[c] ? ",true\n" : ",false\n";
      }
    }
  }
  return out;
}

}  // namespace meshmall::models
