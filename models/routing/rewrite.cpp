#include "models/routing/rewrite.h"

#include <re2/re2.h>

#include <algorithm>

#include "models/routing/route.h"

namespace meshmall::models {

namespace {

bool takes(const HttpMatch& block, const std::string& line) {
  StringMatch uri = *block.uri;
  uri.ignore_case = block.ignore_uri_case;
  return StringMatcher(uri).matches(line);
}

}  // namespace

std::string rewrittenPath(const Rewrite& rewrite, const std::vector<HttpMatch>& match, std::string_view path) {
  const std::size_t mark = path.find('?');
  std::string line(path.substr(0, mark));
  const std::string query(mark == std::string_view::npos ? std::string_view{} : path.substr(mark));
  if (rewrite.regex) {
    const re2::RE2 regex(*rewrite.regex, re2::RE2::Quiet);
    if (regex.ok()) re2::RE2::GlobalReplace(&line, regex, rewrite.replacement);
    return line + query;
  }
  if (!rewrite.uri) return std::string(path);
  std::size_t prefix = 1;  // "/"
  for (const HttpMatch& block : match) {
    if (!block.uri || !takes(block, line)) continue;
    if (block.uri->kind == StringMatchKind::kExact) prefix = line.size();
    if (block.uri->kind == StringMatchKind::kPrefix) prefix = block.uri->value.size();
    break;
  }
  return *rewrite.uri + line.substr(std::min(prefix, line.size())) + query;
}

}  // namespace meshmall::models
