#include "engine/report/escaping.h"

#include <algorithm>

#include "engine/report/utf8.h"

namespace meshmall::engine {
namespace {

bool unsafe(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
         c == 0xfeff || c == 0xfffe || c == 0xffff;
}

void appendHex(std::string& out, unsigned value, int digits) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out += "0123456789abcdef"[(value >> shift) & 0xf];
}

bool isPunctuation(char c) { return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~'); }

// Punctuation that means nothing to Markdown, nor to what its hosts make of text (links, mentions, emoji, mathematics), after a first character.
bool isHarmlessInMarkdown(char c) { return std::string_view(",()%;/+-='\"?").find(c) != std::string_view::npos; }

void appendEntity(std::string& out, char c) {
  if (c == '<' || c == '>' || c == '&') {
    out += c == '<' ? "&lt;" : c == '>' ? "&gt;" : "&amp;";
  } else {
    out += "&#" + std::to_string(static_cast<int>(c)) + ";";
  }
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) text.replace(at, what.size(), with);
  return text;
}

}  // namespace

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (out.size() >= limit) return out + "...";
    const Utf8 c = decodeUtf8(text, i);
    if (c.length == 0) {
      out += "\\x";
      appendHex(out, static_cast<unsigned char>(text[i]), 2);
      ++i;
      continue;
    }
    if (unsafe(c.point)) {
      out += "\\u";
      appendHex(out, static_cast<unsigned>(c.point), 4);
    } else {
      out += text.substr(i, c.length);
    }
    i += c.length;
  }
  return out;
}

std::string xmlText(std::string_view text, std::size_t limit) {
  std::string out;
  for (const char c : printable(text, limit)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string htmlText(std::string_view text, std::size_t limit) { return replaced(xmlText(text, limit), "//", "&#47;&#47;"); }

std::string markdownCode(std::string_view text, std::size_t limit) {
  std::string out = "<code>";
  for (const char c : printable(text, limit)) {
    if (!isPunctuation(c) || isHarmlessInMarkdown(c) || (c == '.' && out.back() != 'w' && out.back() != 'W')) {  // "www." makes a link
      out += c;
    } else {
      appendEntity(out, c);
    }
  }
  return out + "</code>";
}

std::string markdownProse(std::string_view text, std::size_t limit) {
  std::string out;
  bool at_start = true;  // nothing yet but digits: a mark here could make a list or a line
  for (const char c : printable(text, limit)) {
    const bool digit = c >= '0' && c <= '9';
    const bool harmless = isHarmlessInMarkdown(c) || (c == '.' && (out.empty() || (out.back() != 'w' && out.back() != 'W')));
    const bool plain = !isPunctuation(c) || (harmless && !at_start);
    at_start = at_start && digit;
    if (plain) {
      out += c;
      continue;
    }
    appendEntity(out, c);
    if (c == '@' || c == '#') out += "&#8288;";
  }
  return out;
}

std::string csvField(std::string_view text) {
  std::string field(text);
  if (!field.empty() && std::string_view("=+-@\t\r\n").find(field[0]) != std::string_view::npos) field.insert(field.begin(), '\'');
  if (field.find_first_of(",;\"\r\n") == std::string::npos) return field;
  return '"' + replaced(std::move(field), "\"", "\"\"") + '"';
}

std::string openMetricsLabel(std::string_view text) { return replaced(replaced(printable(text, kNoLimit), "\\", "\\\\"), "\"", "\\\""); }

std::string annotationMessage(std::string_view text, std::size_t limit) { return replaced(printable(text, limit), "%", "%25"); }

std::string annotationProperty(std::string_view text, std::size_t limit) {
  return replaced(replaced(annotationMessage(text, limit), ":", "%3A"), ",", "%2C");
}

std::string withoutWorkflowCommands(std::string_view text) {
  std::string out;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string line(text.substr(begin, end - begin));
    const std::size_t first = line.find_first_not_of(" \t\r\f\v");
    if (first != std::string::npos && line.compare(first, 2, "::") == 0) line.insert(first, "'");
    out += replaced(std::move(line), "##[", "##'[");
    if (end < text.size()) out += '\n';
    begin = end + 1;
  }
  return out;
}

}  // namespace meshmall::engine
