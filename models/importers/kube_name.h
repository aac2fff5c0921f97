// Names as Kubernetes allows them: a DNS label of RFC 1123 (services, subsets; 63 bytes) or several joined by dots (names of other objects; 253 bytes):
// lower-case letters, digits and hyphens, a letter or digit at both ends. Source: Kubernetes, "Object Names and IDs"; of a Service the first byte is a letter (RFC 1035).
#pragma once

#include <string>
#include <string_view>

namespace meshmall::models {

bool isKubeLabel(std::string_view name);
// What is nearest to the text among such labels: other bytes become hyphens. A text without a letter or digit gives "unnamed", one that begins with a digit gets an "s".
std::string kubeLabel(std::string_view text);
// The same for an object's name, which may have dots and begin with a digit.
std::string kubeObjectName(std::string_view text);

}  // namespace meshmall::models
