// Writes JSON piece by piece in the order given: two spaces of indentation, arrays of numbers on one line, numbers by std::to_chars (shortest that reads back the same;
// whole ones without exponent), strings escaped as RFC 8259 asks. NaN and infinities become null. The caller keeps objects and arrays balanced.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace meshmall::models {

void appendNumber(std::string& out, double value);  // NaN, infinite: "null"
void appendNumber(std::string& out, std::uint64_t value);
void appendString(std::string& out, std::string_view text);  // quoted and escaped

class JsonWriter {
 public:
  void beginObject() { begin('{'); }
  void beginArray() { begin('['); }
  void endObject() { end('}'); }
  void endArray() { end(']'); }
  void key(std::string_view name);  // then one value
  void value(double v);
  void value(std::uint64_t v);
  void value(bool v);
  void value(std::string_view v);
  void null();
  void numbers(const std::vector<double>& v);  // one line
  template <typename T>
  void member(std::string_view name, const T& v) {
    key(name);
    value(v);
  }
  void member(std::string_view name, const char* v) { member(name, std::string_view(v)); }
  void member(std::string_view name, const std::string& v) { member(name, std::string_view(v)); }

  std::string take();  // the text, with a newline at its end

 private:
  void begin(char bracket);
  void end(char bracket);
  void separate();  // comma, newline and indentation before a member or element
  void newline();

  std::string out_;
  std::vector<bool> empty_;  // of each open object or array: nothing in it yet
  bool after_key_ = false;
};

}  // namespace meshmall::models
