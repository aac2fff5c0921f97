#include "engine/experiment/sample_table.h"

namespace meshmall::engine {

std::string SampleGroup::pointName() const {
  std::string name;
  for (const auto& [what, value] : point) name += (name.empty() ? "" : " ") + what + "=" + value;
  return name;
}

std::optional<std::size_t> SampleTable::column(std::string_view scope, std::string_view metric) const {
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (columns[i].scope == scope && columns[i].metric == metric) return i;
  return std::nullopt;
}

std::optional<std::size_t> SampleTable::group(std::string_view variant, std::string_view point_name) const {
  for (std::size_t i = 0; i < groups.size(); ++i)
    if (groups[i].variant == variant && groups[i].pointName() == point_name) return i;
  return std::nullopt;
}

}  // namespace meshmall::engine
