#include "models/security/identity.h"

namespace meshmall::models {

std::optional<Identity> parseIdentity(std::string_view text) {
  constexpr std::string_view kScheme = "spiffe://";
  if (text.substr(0, kScheme.size()) == kScheme) text.remove_prefix(kScheme.size());
  // Takes the part before `end` from the text; nothing when `end` is missing or the part is empty.
  const auto part = [&text](std::string_view end) -> std::optional<std::string> {
    const std::size_t at = text.find(end);
    if (at == std::string_view::npos || at == 0) return std::nullopt;
    std::string value(text.substr(0, at));
    if (value.find('/') != std::string::npos) return std::nullopt;
    text.remove_prefix(at + end.size());
    return value;
  };
  const auto trust_domain = part("/ns/");
  const auto ns = trust_domain ? part("/sa/") : std::nullopt;
  if (!ns || text.empty() || text.find('/') != std::string_view::npos) return std::nullopt;
  return Identity{*trust_domain, *ns, std::string(text)};
}

}  // namespace meshmall::models
