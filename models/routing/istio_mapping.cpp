#include "models/routing/istio_mapping.h"

#include <algorithm>
#include <string_view>

namespace meshmall::models {
namespace {

constexpr std::string_view kDefaultRetryOn = "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes";
constexpr std::string_view kCodes = "retriable-status-codes";

// The tokens that are no status codes, in order, with kCodes behind them if there were codes and it is missing.
std::string textForProxy(std::string_view retry_on) {
  std::string text;
  const auto tell = [&text](std::string_view token) { (text += text.empty() ? "" : ",") += token; };
  bool codes = false, codes_told = false;
  while (!retry_on.empty()) {
    const std::size_t comma = retry_on.find(',');
    std::string_view token = retry_on.substr(0, comma);
    retry_on = comma == std::string_view::npos ? std::string_view{} : retry_on.substr(comma + 1);
    const std::size_t first = token.find_first_not_of(" \t");
    if (first == std::string_view::npos) continue;
    token = token.substr(first, token.find_last_not_of(" \t") - first + 1);
    if (!parseIstioRetryOn(token).status_codes.empty()) {
      codes = true;
      continue;
    }
    codes_told = codes_told || token == kCodes;
    tell(token);
  }
  if (codes && !codes_told) tell(kCodes);
  return text;
}

}  // namespace

std::optional<ProxyRetries> convertRetries(const std::optional<IstioRetries>& retries, bool consistent_hash) {
  ProxyRetries out{istioDefaultRetryPolicy(consistent_hash), std::string(kDefaultRetryOn)};
  if (!retries) return out;
  if (retries->attempts <= 0) return std::nullopt;
  out.policy.attempts = static_cast<std::uint32_t>(std::min<std::int64_t>(retries->attempts, UINT32_MAX));
  const std::string text = textForProxy(retries->retry_on);
  if (text.empty()) return out;
  const IstioRetryOn parsed = parseIstioRetryOn(retries->retry_on);
  out.policy.on = parsed.on;
  out.policy.status_codes = parsed.status_codes;
  out.retry_on = text;
  return out;
}

std::vector<double> destinationShares(const std::vector<RouteDestination>& route) {
  if (route.size() == 1) return {1.0};
  std::uint64_t sum = 0;
  for (const RouteDestination& destination : route) sum += destination.weight;
  std::vector<double> shares;
  for (const RouteDestination& destination : route) {
    shares.push_back(sum == 0 ? 0.0 : static_cast<double>(destination.weight) / static_cast<double>(sum));
  }
  return shares;
}

std::optional<Fraction> mirrorFraction(std::optional<double> percentage, std::optional<std::uint32_t> deprecated) {
  Fraction fraction{100, 100};
  if (percentage)
    fraction = Fraction::ofPercent(*percentage);
  else if (deprecated)
    fraction = Fraction{*deprecated, 100};
  if (fraction.numerator == 0) return std::nullopt;
  return fraction;
}

bool isCatchAll(const HttpRoute& rule) {
  if (rule.match.empty()) return true;
  return std::any_of(rule.match.begin(), rule.match.end(), [](const HttpMatch& block) {
    if (!block.headers.empty() || !block.without_headers.empty() || !block.query_params.empty()) return false;
    if (block.method || block.scheme || block.authority || block.port != 0) return false;
    if (!block.source_labels.empty() || !block.source_namespace.empty() || !block.gateways.empty()) return false;
    return !block.uri || (block.uri->kind == StringMatchKind::kPrefix && block.uri->value == "/") ||
           (block.uri->kind == StringMatchKind::kRegex && block.uri->value == ".*");
  });
}

void moveCatchAllsLast(std::vector<HttpRoute>& rules) {
  std::stable_partition(rules.begin(), rules.end(), [](const HttpRoute& rule) { return !isCatchAll(rule); });
}

}  // namespace meshmall::models
