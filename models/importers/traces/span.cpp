#include "models/importers/traces/span.h"

#include <algorithm>
#include <array>

namespace meshmall::models::traces {

namespace {

constexpr std::size_t kLongestName = 200;
constexpr std::array<std::string_view, 9> kMethods = {"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "CONNECT", "TRACE"};

bool isHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); });
}
bool isNumber(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }); }
bool isLowerAlnum(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); });
}

// A part of a path that names one thing of many: a number, a UUID, sixteen and more hexadecimal digits.
bool isIdentifier(std::string_view part) {
  if (isNumber(part)) return true;
  if (part.size() == 36 && part[8] == '-' && part[13] == '-' && part[18] == '-' && part[23] == '-') return true;
  return part.size() >= 16 && isHex(part);
}

std::string cleanPath(std::string_view path) {
  path = path.substr(0, path.find_first_of("?#"));
  std::string out;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    if (begin > 0) out += '/';
    out += isIdentifier(part) ? "{id}" : std::string(part);
    begin = end + 1;
  }
  return out;
}

std::string printableName(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) c = '_';
  if (text.size() > kLongestName) text.resize(kLongestName);
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text.empty() ? "unnamed" : text;
}

// "package.Service/Method", as gRPC names its calls.
bool isProcedure(std::string_view name) {
  const std::size_t slash = name.rfind('/');
  return slash != std::string_view::npos && slash > 0 && slash + 1 < name.size() && name.find(' ') == std::string_view::npos && name.front() != '/' &&
         name.find('.') < slash;
}

// "reviews.default.svc.cluster.local:9080/*", as Istio's Envoys name their spans: where it was sent, not what was asked.
bool namesHostAndPort(std::string_view name) {
  const std::size_t colon = name.find(':'), slash = name.find('/');
  return colon != std::string_view::npos && slash != std::string_view::npos && colon > 0 && colon < slash && isNumber(name.substr(colon + 1, slash - colon - 1));
}

bool startsWith(std::string_view text, std::string_view start) { return text.substr(0, start.size()) == start; }

}  // namespace

std::uint64_t identifierHash(std::string_view text) {
  std::uint64_t h = 0xcbf29ce484222325;  // FNV-1a
  for (const char c : text) {
    h ^= static_cast<unsigned char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    h *= 0x100000001b3;
  }
  h = (h ^ (h >> 30)) * 0xBF58476D1CE4E5B9;  // finaliser of splitmix64
  h = (h ^ (h >> 27)) * 0x94D049BB133111EB;
  h ^= h >> 31;
  return h == 0 ? 1 : h;
}

std::uint32_t SpanLog::name(std::string_view text) {
  const auto [found, fresh] = by_name_.try_emplace(std::string(text), static_cast<std::uint32_t>(names_.size()));
  if (fresh) names_.emplace_back(text);
  return found->second;
}

std::uint32_t SpanLog::trace(std::string_view id) { return traces_.try_emplace(identifierHash(id), static_cast<std::uint32_t>(traces_.size())).first->second; }

std::string serviceName(std::string_view text) {
  std::string out(text.substr(0, kLongestName));
  for (char& c : out)
    if (c == '/' || static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) c = '_';
  return out;
}

std::string serviceOfPod(std::string_view pod) {
  const auto cut = [](std::string_view text, auto fits) -> std::string_view {
    const std::size_t dash = text.rfind('-');
    return dash != std::string_view::npos && dash > 0 && fits(text.substr(dash + 1)) ? text.substr(0, dash) : std::string_view();
  };
  const auto without_pod = cut(pod, [](std::string_view s) { return s.size() == 5 && isLowerAlnum(s); });
  if (!without_pod.empty()) {
    const auto without_set = cut(without_pod, [](std::string_view s) { return s.size() >= 8 && s.size() <= 10 && isLowerAlnum(s) && s.find_first_of("0123456789") != std::string_view::npos; });
    if (!without_set.empty()) return std::string(without_set);
  }
  const auto without_number = cut(pod, [](std::string_view s) { return s.size() <= 4 && isNumber(s); });
  return std::string(without_number.empty() ? pod : without_number);
}

std::string_view methodOf(std::string_view span_name) {
  if (startsWith(span_name, "HTTP ")) span_name.remove_prefix(5);
  const std::string_view word = span_name.substr(0, span_name.find(' '));
  const auto same = [&](std::string_view method) {  // Zipkin writes names in small letters
    return std::equal(word.begin(), word.end(), method.begin(), method.end(), [](char a, char b) { return (a >= 'a' && a <= 'z' ? a - ('a' - 'A') : a) == b; });
  };
  const auto found = std::find_if(kMethods.begin(), kMethods.end(), same);
  return found == kMethods.end() ? std::string_view() : *found;
}

std::string operationName(std::string_view span_name, std::string_view method, std::string_view route) {
  std::string_view name = span_name;
  if (startsWith(name, "HTTP ")) name.remove_prefix(5);
  if (method.empty()) method = methodOf(name);
  const bool bare = name == "HTTP" || (!route.empty() && namesHostAndPort(name)) || name.empty() || (!methodOf(name).empty() && name.size() == methodOf(name).size());
  if (!name.empty() && name.front() == '/') return printableName((method.empty() ? std::string() : std::string(method) + " ") + cleanPath(name));
  if (bare && !route.empty()) return printableName((method.empty() ? std::string() : std::string(method) + " ") + cleanPath(route));
  if (!methodOf(name).empty() && name.size() > method.size() + 1) return printableName(std::string(method) + " " + cleanPath(name.substr(method.size() + 1)));
  if (isProcedure(name)) return printableName(std::string(name.substr(name.rfind('/') + 1)));
  return printableName(std::string(name));
}

bool namesRemoteProcedure(std::string_view name, std::string_view own_service) {
  if (!isProcedure(name)) return false;
  std::string_view service = name.substr(0, name.rfind('/'));
  service = service.substr(service.rfind('.') + 1);
  return !std::equal(service.begin(), service.end(), own_service.begin(), own_service.end(),
                     [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == (b >= 'A' && b <= 'Z' ? b + ('a' - 'A') : b); });
}

bool namesStorage(std::string_view name) {
  constexpr std::array<std::string_view, 12> kStarts = {"SELECT ", "INSERT ", "UPDATE ", "DELETE ", "sql.", "Session.", "Transaction.", "jdbc", "redis.", "mongo", "db.", "BEGIN "};
  return std::any_of(kStarts.begin(), kStarts.end(), [&](std::string_view start) { return startsWith(name, start); });
}

}  // namespace meshmall::models::traces
