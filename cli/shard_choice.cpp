#include "cli/shard_choice.h"

#include <charconv>
#include <cstring>
#include <optional>
#include <vector>

namespace meshmall::cli {
namespace {

using Variable = std::function<const char*(const char*)>;
constexpr std::int64_t kMostShards = 100'000;

std::optional<std::int64_t> number(const char* text) {
  std::int64_t value = 0;
  const char* end = text + std::strlen(text);
  const auto read = std::from_chars(text, end, value);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return value;
}

struct Found {
  std::string from;
  std::optional<std::int64_t> index, count;  // from 1
  std::string hint;                          // where the count should come from
};

Found slurm(const Variable& variable) {
  Found found{std::string("SLURM_ARRAY_TASK_ID=") + variable("SLURM_ARRAY_TASK_ID"), {}, {}, "an array without gaps, such as --array=1-4"};
  const auto get = [&](const char* name, std::int64_t otherwise) {
    const char* text = variable(name);
    return text == nullptr ? std::optional<std::int64_t>(otherwise) : number(text);
  };
  const auto id = number(variable("SLURM_ARRAY_TASK_ID")), least = get("SLURM_ARRAY_TASK_MIN", 1), step = get("SLURM_ARRAY_TASK_STEP", 1);
  if (const char* count = variable("SLURM_ARRAY_TASK_COUNT")) found.count = number(count);
  if (id && least && step && *step >= 1 && *id >= *least && (*id - *least) % *step == 0) found.index = (*id - *least) / *step + 1;
  return found;
}

// An index from 0 and a count.
Found plain(const Variable& variable, const char* index, const char* count, std::string hint) {
  Found found{std::string(index) + "=" + variable(index), {}, {}, std::move(hint)};
  if (const auto value = number(variable(index))) found.index = *value + 1;
  if (const char* text = variable(count)) found.count = number(text);
  return found;
}

}  // namespace

std::variant<ShardChoice, std::string> chooseShard(const std::string& option, const Variable& variable) {
  if (!option.empty()) {
    const std::size_t slash = option.find('/');
    const auto index = slash == std::string::npos ? std::nullopt : number(option.substr(0, slash).c_str());
    const auto count = slash == std::string::npos ? std::nullopt : number(option.substr(slash + 1).c_str());
    if (!index || !count || *index < 1 || *index > *count || *count > kMostShards) return "--shard: k/n with k from 1 to n, such as 2/4 (got " + option + ")";
    return ShardChoice{{static_cast<std::uint32_t>(*index), static_cast<std::uint32_t>(*count)}, {}};
  }
  std::vector<Found> all;
  if (variable("SLURM_ARRAY_TASK_ID") != nullptr) all.push_back(slurm(variable));
  if (variable("JOB_COMPLETION_INDEX") != nullptr) all.push_back(plain(variable, "JOB_COMPLETION_INDEX", "MESHMALL_SHARDS", "MESHMALL_SHARDS, the Job's completions"));
  if (variable("OMPI_COMM_WORLD_RANK") != nullptr) all.push_back(plain(variable, "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_SIZE"));
  if (all.empty()) return ShardChoice{};
  if (all.size() > 1) return "both " + all[0].from + " and " + all[1].from + " are in the environment: say which slice this is by --shard k/n, or --shard 1/1 for all";
  const Found& found = all.front();
  if (!found.index || !found.count || *found.index < 1 || *found.index > *found.count || *found.count > kMostShards)
    return found.from + " is in the environment, but which slice of how many that is can't be told: it needs " + found.hint + "; or give --shard k/n, --shard 1/1 for all";
  return ShardChoice{{static_cast<std::uint32_t>(*found.index), static_cast<std::uint32_t>(*found.count)}, found.from};
}

}  // namespace meshmall::cli
