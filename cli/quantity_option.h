// Sizes and counts as they are typed at the shell: "512MiB", "2GiB", "1.5GB", "5000000", "5e6".
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace meshmall::cli {

// Bytes; units B, kB, MB, GB, TB (powers of 1000), KiB, MiB, GiB, TiB, and K, M, G, T for the latter. Nothing: not a size, or below 1 MiB.
std::optional<std::uint64_t> parseBytes(const std::string& text);

// A whole number from 0 to 10^18, possibly as 5e6. Nothing: not one.
std::optional<std::uint64_t> parseCount(const std::string& text);

}  // namespace meshmall::cli
