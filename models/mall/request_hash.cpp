// What of a request its caller's proxy hashes: a header or cookie that the customer brought, the client's address, a parameter of the query.
#include "models/balancing/hashing.h"
#include "models/mall/mall.h"

namespace meshmall::models {

namespace {

using HeaderFields = std::vector<std::pair<std::string, std::string>>;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// The value of `name` in "a=1; b=2"; of several the first, without quotes.
std::optional<std::string_view> cookieIn(std::string_view line, std::string_view name) {
  while (!line.empty()) {
    const std::size_t end = line.find(';');
    const std::string_view pair = trimmed(line.substr(0, end));
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && trimmed(pair.substr(0, equals)) == name) {
      std::string_view value = trimmed(pair.substr(equals + 1));
      if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
      return value;
    }
    if (end == std::string_view::npos) break;
    line.remove_prefix(end + 1);
  }
  return std::nullopt;
}

std::optional<std::string_view> cookieOf(const HeaderFields& headers, std::string_view name) {
  for (const auto& [field, value] : headers) {
    if (field != "cookie") continue;
    const auto found = cookieIn(value, name);
    if (found && !found->empty()) return found;
  }
  return std::nullopt;
}

// The value of `name` in "/search?q=bread&page=2".
std::optional<std::string_view> parameterOf(std::string_view path, std::string_view name) {
  const std::size_t mark = path.find('?');
  std::string_view query = mark == std::string_view::npos ? std::string_view{} : path.substr(mark + 1);
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    const std::size_t equals = pair.find('=');
    if (pair.substr(0, equals) == name) return equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
    if (end == std::string_view::npos) break;
    query.remove_prefix(end + 1);
  }
  return std::nullopt;
}

}  // namespace

// Nothing when the request does not carry it: the balancer then draws.
std::optional<std::uint64_t> Mall::hashOf(const PendingCall& call, const HashPolicy& policy) const {
  const HeaderFields& headers = header_sets_[call.headers].headers;
  if (policy.kind == HashPolicy::Kind::kHeader) {
    std::vector<std::string_view> values;
    for (const auto& [name, value] : headers)
      if (name == policy.name) values.push_back(value);
    return values.empty() ? std::nullopt : std::optional(hashOfValues(values));
  }
  std::string address;  // of the client as this proxy sees it: a customer's at the entrance, the application's own behind it
  if (policy.kind == HashPolicy::Kind::kSource || policy.generated) {
    const Proxy& proxy = proxies_[call.proxy];
    address = proxy.kind == Proxy::Kind::gateway ? "customer-" + std::to_string(customers_pool_[call.customer].who) : proxy.name;
  }
  return requestHash(std::span(&policy, 1), [&](const HashPolicy& part) -> std::optional<std::string_view> {
    switch (part.kind) {
      case HashPolicy::Kind::kSource: return address;
      case HashPolicy::Kind::kQueryParameter: {
        const PlanFlow& flow = plan_->flows[call.flow];
        return parameterOf(scenario().services[flow.service].operations[flow.operation].path, part.name);
      }
      case HashPolicy::Kind::kCookie: {
        const auto cookie = cookieOf(headers, part.name);
        return cookie || !part.generated ? cookie : std::optional<std::string_view>(address);
      }
      case HashPolicy::Kind::kHeader: break;
    }
    return std::nullopt;
  });
}

}  // namespace meshmall::models
