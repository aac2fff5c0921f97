// One code point of UTF-8, strictly: no overlong forms, no surrogates, nothing beyond U+10FFFF (Unicode standard, table 3-7).
#pragma once

#include <cstddef>
#include <string_view>

namespace meshmall::engine {

struct Utf8 {
  char32_t point = 0;
  std::size_t length = 0;  // bytes; 0: not UTF-8 here
};

// The code point that starts at text[at]; at < text.size().
inline Utf8 decodeUtf8(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) -> unsigned { return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u; };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xc0u) == 0x80u; };
  const unsigned a = byte(0);
  if (a < 0x80) return {a, 1};
  if (a >= 0xc2 && a <= 0xdf && follows(1)) return {((a & 0x1fu) << 6) | (byte(1) & 0x3fu), 2};
  if (a >= 0xe0 && a <= 0xef && follows(1) && follows(2)) {
    const char32_t c = ((a & 0x0fu) << 12) | ((byte(1) & 0x3fu) << 6) | (byte(2) & 0x3fu);
    if (c >= 0x800 && (c < 0xd800 || c > 0xdfff)) return {c, 3};
  }
  if (a >= 0xf0 && a <= 0xf4 && follows(1) && follows(2) && follows(3)) {
    const char32_t c = ((a & 0x07u) << 18) | ((byte(1) & 0x3fu) << 12) | ((byte(2) & 0x3fu) << 6) | (byte(3) & 0x3fu);
    if (c >= 0x10000 && c <= 0x10ffff) return {c, 4};
  }
  return {};
}

}  // namespace meshmall::engine
