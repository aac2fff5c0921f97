// The results as a long table: one value a line.
#include "engine/report/escaping.h"
#include "models/observation/json_writer.h"
#include "models/study/results.h"

namespace meshmall::models {

std::string resultsCsv(const StudyResults& results) {
  std::vector<std::string> columns;
  for (const engine::SampleColumn& column : results.table.columns) columns.push_back(engine::csvField(column.scope) + ',' + engine::csvField(column.metric) + ',');
  std::string out = "variant,point,replication,scope,metric,value,fewData\n";
  for (const engine::SampleGroup& group : results.table.groups) {
    const std::string names = engine::csvField(group.variant) + ',' + engine::csvField(group.pointName()) + ',';
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
