// The files that an importer was given, read whole: a file as it is; of a folder those with the wanted endings, its folders' included but for hidden ones, in byte order; "-" is standard input.
// A named pipe is refused, one that the shell made (/dev/fd/63) is read.
// Bounded: 10,000 files and 64 MiB together. A path that isn't there, or cannot be read, is a problem and makes `unreadable` true.
#pragma once

#include <string>
#include <vector>

#include "models/scenario/problems.h"

namespace meshmall::models {

struct InputFile {
  std::string name, text;
  bool found = false;  // in a folder that was named
};

struct InputFiles {
  std::vector<InputFile> files;
  std::vector<Problem> problems;
  bool unreadable = false;
};

// `endings`: ".yaml", ".json", …
InputFiles readInputFiles(const std::vector<std::string>& paths, const std::vector<std::string>& endings);

}  // namespace meshmall::models
