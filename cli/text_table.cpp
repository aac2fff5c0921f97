#include "cli/text_table.h"

#include <algorithm>

namespace meshmall::cli {

std::size_t displayWidth(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

TextTable::TextTable(std::vector<std::string> headings) : headings_(std::move(headings)), left_(headings_.size(), false) {
  if (!left_.empty()) left_[0] = true;
}

void TextTable::add(std::vector<std::string> cells) {
  cells.resize(headings_.size());
  rows_.push_back(std::move(cells));
}

std::string TextTable::text(std::size_t indent, const std::string& dim, const std::string& plain) const {
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < headings_.size(); ++c) {
    widths.push_back(displayWidth(headings_[c]));
    for (const auto& row : rows_) widths[c] = std::max(widths[c], displayWidth(row[c]));
  }
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string out(indent, ' ');
    for (std::size_t c = 0; c < cells.size(); ++c) {
      const std::string gap(widths[c] - displayWidth(cells[c]), ' ');
      if (c > 0) out += "  ";
      out += left_[c] ? cells[c] + gap : gap + cells[c];
    }
    out.erase(out.find_last_not_of(' ') + 1);
    return out;
  };
  std::string out = dim + line(headings_) + plain + "\n";
  for (const auto& row : rows_) out += line(row) + "\n";
  return out;
}

}  // namespace meshmall::cli
