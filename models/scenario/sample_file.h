// Numbers in a file beside the scenario: one a line, or a column of a CSV file. For empirical distributions and arrival traces.
// Only regular files inside the scenario's folder are read (after all symbolic links are resolved), at most 256 MiB and 10,000,000 rows.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/kernel/time.h"

namespace meshmall::models {

struct SampleFile {
  std::vector<engine::Duration> values;
  std::string error;  // empty: all is well; names the file's line where it can
};

// `file` is relative to `folder` (empty: there is no folder, nothing is read). Without `column` every line is one number.
// unit_ns: what 1 means; 0: each value carries its own unit ("250us"). Blank lines are skipped; quotes of CSV are understood; line ends may be CRLF.
SampleFile readSampleFile(const std::string& folder, const std::string& file, const std::optional<std::string>& column, std::int64_t unit_ns);

// The text of a regular file, at most `limit` bytes; never waits (a FIFO or a device is refused).
struct FileText {
  std::string text;
  std::string error;        // empty: all is well
  bool unreadable = false;  // not there, or no permission, or the disk failed
};
FileText readRegularFile(const std::string& path, std::size_t limit);

}  // namespace meshmall::models
