// A table of text, columns aligned: the first to the left, the others to the right unless said otherwise. Widths count code points.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace meshmall::cli {

class TextTable {
 public:
  explicit TextTable(std::vector<std::string> headings);
  void alignLeft(std::size_t column) { left_[column] = true; }
  void add(std::vector<std::string> cells);  // as many as headings
  bool empty() const { return rows_.empty(); }
  // Lines ending in "\n", each beginning with `indent` spaces, none with spaces at its end. The heading is dimmed by `dim` ... `plain` (may be empty).
  std::string text(std::size_t indent, const std::string& dim, const std::string& plain) const;

 private:
  std::vector<std::string> headings_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<bool> left_;
};

std::size_t displayWidth(const std::string& text);

}  // namespace meshmall::cli
