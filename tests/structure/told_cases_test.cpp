// Every told case and every published result has its place: docs/explanation/validation-published.md names the test, or the reason why there is none.
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

namespace meshmall {
namespace {

std::string textOf(const std::string& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

struct Row {
  std::set<std::string> ids;
  std::string where;
};

// The rows of the page's tables: ids in the first column, the rest as it is.
std::vector<Row> rows() {
  std::vector<Row> found;
  std::istringstream page(textOf("docs/explanation/validation-published.md"));
  const std::regex id("`([^`]+)`");
  for (std::string line; std::getline(page, line);) {
    if (line.rfind("| `", 0) != 0) continue;
    const std::size_t bar = line.find('|', 1);
    Row row;
    const std::string first = line.substr(0, bar);
    for (std::sregex_iterator at(first.begin(), first.end(), id), end; at != end; ++at) row.ids.insert((*at)[1]);
    row.where = line.substr(bar + 1);
    found.push_back(std::move(row));
  }
  return found;
}

TEST(ToldCases, EveryCaseStandsOnThePageOnce) {
  std::multiset<std::string> listed;
  for (const Row& row : rows()) listed.insert(row.ids.begin(), row.ids.end());
  std::size_t cases = 0;
  for (const char* file : {"narrative", "published-results"}) {
    for (const auto& one : nlohmann::json::parse(textOf("tests/conformance/vectors/" + std::string(file) + ".json"))) {
      EXPECT_EQ(listed.count(one["id"].get<std::string>()), 1u) << one["id"];
      ++cases;
    }
  }
  EXPECT_EQ(listed.size(), cases);
}

TEST(ToldCases, EveryTestThatIsNamedIsThere) {
  const std::regex file("`(tests/[a-z_/]+\\.cpp)`"), test("`([A-Z][A-Za-z]+)\\.([A-Z][A-Za-z0-9]+)`");
  for (const Row& row : rows()) {
    if (row.where.rfind(" none", 0) == 0) continue;
    std::string code;
    for (std::sregex_iterator at(row.where.begin(), row.where.end(), file), end; at != end; ++at) code += textOf((*at)[1]);
    EXPECT_FALSE(code.empty()) << row.where;
    std::size_t named = 0;
    for (std::sregex_iterator at(row.where.begin(), row.where.end(), test), end; at != end; ++at, ++named) {
      const std::string macro = "(" + (*at)[1].str() + ", " + (*at)[2].str() + ")";
      EXPECT_TRUE(code.find("TEST" + macro) != std::string::npos || code.find("TEST_P" + macro) != std::string::npos) << macro << " for " << *row.ids.begin();
    }
    EXPECT_GT(named, 0u) << row.where;
  }
}

}  // namespace
}  // namespace meshmall
