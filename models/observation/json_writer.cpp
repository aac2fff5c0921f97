#include "models/observation/json_writer.h"

#include <array>
#include <charconv>
#include <cmath>

namespace meshmall::models {

void appendNumber(std::string& out, std::uint64_t value) {
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  out.append(buffer.data(), end);
}

void appendNumber(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  std::array<char, 64> buffer;
  constexpr double kExact = 9007199254740992.0;  // 2^53
  char* end;
  if (std::nearbyint(value) == value && std::fabs(value) < kExact) {
    end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), static_cast<std::int64_t>(value)).ptr;
  } else {
    end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  }
  out.append(buffer.data(), end);
}

void appendString(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += "\\u00";
          out += kHex[static_cast<unsigned char>(c) >> 4];
          out += kHex[static_cast<unsigned char>(c) & 15];
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

void JsonWriter::newline() {
  out_ += '\n';
  out_.append(2 * empty_.size(), ' ');
}

void JsonWriter::separate() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (empty_.empty()) return;
  if (!empty_.back()) out_ += ',';
  empty_.back() = false;
  newline();
}

void JsonWriter::begin(char bracket) {
  separate();
  out_ += bracket;
  empty_.push_back(true);
}

void JsonWriter::end(char bracket) {
  const bool nothing = empty_.back();
  empty_.pop_back();
  if (!nothing) newline();
  out_ += bracket;
}

void JsonWriter::key(std::string_view name) {
  separate();
  appendString(out_, name);
  out_ += ": ";
  after_key_ = true;
}

void JsonWriter::value(double v) {
  separate();
  appendNumber(out_, v);
}
void JsonWriter::value(std::uint64_t v) {
  separate();
  appendNumber(out_, v);
}
void JsonWriter::value(bool v) {
  separate();
  out_ += v ? "true" : "false";
}
void JsonWriter::value(std::string_view v) {
  separate();
  appendString(out_, v);
}
void JsonWriter::null() {
  separate();
  out_ += "null";
}

void JsonWriter::numbers(const std::vector<double>& v) {
  separate();
  out_ += '[';
  for (std::size_t i = 0; i < v.size(); ++i) {
    if (i > 0) out_ += ", ";
    appendNumber(out_, v[i]);
  }
  out_ += ']';
}

std::string JsonWriter::take() {
  out_ += '\n';
  return std::move(out_);
}

}  // namespace meshmall::models
