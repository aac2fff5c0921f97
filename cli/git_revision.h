// Files of a git revision, read without touching the work tree: git is run by argument vector (no shell), its object store only read.
// A revision that is not there (a shallow clone lacks it) is told from a path that is not in it. Limits: 20,000 files, 32 MiB each.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/exit_code.h"

namespace meshmall::cli {

struct GitTrouble {
  ExitCode code = ExitCode::no_baseline;
  std::string message;  // with the cure where there is one
};

struct GitName {  // "git:main:scenarios/shop.json"
  std::string revision, path;
};
// Nothing: it does not begin with "git:". Both parts may be empty: that is for the caller to refuse.
std::optional<GitName> gitName(const std::string& input);

struct GitEntry {
  std::string path;  // from the top of the repository
  std::string object;
};

class GitRevision {
 public:
  // Resolves the revision in the repository of the current folder.
  static std::variant<GitRevision, GitTrouble> open(const std::string& revision);

  const std::string& commit() const { return commit_; }
  // The path, given from the current folder or else from the top, is a file, a folder, or not there.
  enum class Kind : std::uint8_t { none, file, folder };
  Kind kindOf(const std::string& path) const;
  // The path from the top of the repository.
  std::string fromTop(const std::string& path) const;
  // Regular files at or below the path (from the top), in byte order.
  std::variant<std::vector<GitEntry>, GitTrouble> files(const std::string& path) const;
  std::variant<std::string, GitTrouble> read(const GitEntry& entry) const;

 private:
  std::string revision_, commit_, prefix_;  // prefix: the current folder below the top, "" or "a/b/"
};

}  // namespace meshmall::cli
