// The folder a run writes into: made when it is not there, held by one run at a time, and never with a half-written file under its final name.
// Each file is written beside its place, flushed to the disk, and renamed. A run that wrote nothing takes away the folders that it made. Limiting case: a run that
// is killed leaves at most its lock, which holds nobody up, and files called `.NAME.part`.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/exit_code.h"

namespace meshmall::cli {

struct FileTrouble {
  ExitCode code = ExitCode::file_trouble;  // or folder_in_use
  std::string message;                     // "out/result.json: No space left on device"
};

class OutputFolder {
 public:
  // Makes the folder (and those above it) and takes its lock, a file `.lock` in it that is gone when this is.
  static std::variant<OutputFolder, FileTrouble> open(const std::string& path);
  OutputFolder(OutputFolder&& other) noexcept;
  OutputFolder& operator=(OutputFolder&&) = delete;
  OutputFolder(const OutputFolder&) = delete;
  ~OutputFolder();

  // Where it is, as it was named.
  const std::string& path() const { return path_; }
  // Replaces the file of this name, which may be in a folder below ("runs/1.json"; made when it is not there). From any thread. Nothing: done.
  std::optional<FileTrouble> write(const std::string& name, const std::string& content);
  // The first and the last 4 KiB of a file of this name; nothing: it is not there, or no plain file.
  std::string ends(const std::string& name) const;
  // Takes away a file of this name that an earlier run left; none there is fine. Nothing: done.
  std::optional<FileTrouble> remove(const std::string& name);

 private:
  explicit OutputFolder(std::string path) : path_(std::move(path)) {}
  std::optional<FileTrouble> take(bool& gone);

  std::string path_;
  std::vector<std::string> made_;  // folders that were not there, the innermost first
  int folder_ = -1, lock_ = -1;
};

}  // namespace meshmall::cli
