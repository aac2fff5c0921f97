// A row as one line of words: group, replication, fingerprint, the values ("-": no data, "!" behind one of few data), the counts as "part/whole".
#include <charconv>
#include <string_view>

#include "models/observation/json_writer.h"
#include "models/study/results.h"

namespace meshmall::models {

namespace {

class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) {}
  std::string_view next() {
    const std::size_t blank = rest_.find(' ');
    const std::string_view word = rest_.substr(0, blank);
    rest_ = blank == std::string_view::npos ? std::string_view() : rest_.substr(blank + 1);
    return word;
  }
  bool empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

template <class Number>
bool parse(std::string_view text, Number& number) {
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  return end.ec == std::errc() && end.ptr == text.data() + text.size();
}

}  // namespace

std::string rowLine(std::uint32_t group, const engine::SampleRow& row) {
  std::string line = std::to_string(group) + ' ' + std::to_string(row.replication) + ' ' + row.fingerprint;
  for (std::size_t c = 0; c < row.values.size(); ++c) {
    line += ' ';
    if (row.values[c]) {
      appendNumber(line, *row.values[c]);
    } else {
      line += '-';
    }
    if (row.few_data[c]) line += '!';
  }
  for (const engine::Counts& counts : row.counts) line += ' ' + std::to_string(counts.part) + '/' + std::to_string(counts.whole);
  return line;
}

std::optional<GroupRow> readRowLine(const std::string& line, const engine::SampleTable& table) {
  Words words(line);
  GroupRow out;
  if (!parse(words.next(), out.group) || out.group >= table.groups.size() || !parse(words.next(), out.row.replication)) return std::nullopt;
  out.row.fingerprint = std::string(words.next());
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    std::string_view word = words.next();
    const bool few = !word.empty() && word.back() == '!';
    if (few) word.remove_suffix(1);
    double value = 0;
    if (word != "-" && !parse(word, value)) return std::nullopt;
    out.row.values.push_back(word == "-" ? std::nullopt : std::optional<double>(value));
    out.row.few_data.push_back(few);
  }
  for (std::uint32_t i = 0; i < table.counted; ++i) {
    const std::string_view word = words.next();
    const std::size_t slash = word.find('/');
    engine::Counts counts;
    if (slash == std::string_view::npos || !parse(word.substr(0, slash), counts.part) || !parse(word.substr(slash + 1), counts.whole)) return std::nullopt;
    out.row.counts.push_back(counts);
  }
  if (!words.empty()) return std::nullopt;
  return out;
}

}  // namespace meshmall::models
