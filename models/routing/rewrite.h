// The path that a rule makes of a request's: a prefix replaced, or what a regular expression finds.
//
// `uri` replaces the prefix that took the request (a rule without a path condition, or with a regex, is taken by the prefix "/"), or the whole path after an
// exact match, as the proxies' prefix_rewrite does: "/" to "/new" makes "/newbread" of "/bread". The query stays. The authority is not looked at again.
// Source: Istio HTTPRewrite, pilot route.go; Envoy RouteAction prefix_rewrite, regex_rewrite.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace meshmall::models {

struct HttpMatch;

struct Rewrite {
  std::optional<std::string> uri;
  std::optional<std::string> regex;  // RE2; every place that it finds
  std::string replacement;           // \1 is the first group

  bool changesPath() const { return uri.has_value() || regex.has_value(); }
};

// match: the rule's; the first of its blocks whose path condition fits says which prefix goes.
std::string rewrittenPath(const Rewrite& rewrite, const std::vector<HttpMatch>& match, std::string_view path);

}  // namespace meshmall::models
