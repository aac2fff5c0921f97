#include "cli/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "models/scenario/problems.h"

namespace meshmall::cli {
namespace {

// All of it, flushed where it is a regular file. 0, or what went wrong.
int writeAndClose(int file, const std::string& content, bool flush) {
  int why = 0;
  for (std::size_t done = 0; done < content.size() && why == 0;) {
    const ssize_t n = ::write(file, content.data() + done, content.size() - done);
    if (n >= 0) done += static_cast<std::size_t>(n);
    else if (errno != EINTR) why = errno;
  }
  if (why == 0 && flush && ::fsync(file) != 0) why = errno;
  if (::close(file) != 0 && why == 0) why = errno;
  return why;
}

}  // namespace

std::optional<FileTrouble> writeFile(const std::string& path, const std::string& content) {
  const auto trouble = [&path](int why) { return FileTrouble{ExitCode::file_trouble, path + ": " + std::strerror(why)}; };
  struct stat there {};
  if (::stat(path.c_str(), &there) == 0 && !S_ISREG(there.st_mode)) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    const int why = file < 0 ? errno : writeAndClose(file, content, false);
    return why == 0 ? std::nullopt : std::optional(trouble(why));
  }
  const std::size_t slash = path.rfind('/');
  const std::size_t name = slash == std::string::npos ? 0 : slash + 1;
  const std::string part = path.substr(0, name) + "." + path.substr(name) + ".part";
  const int file = ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (file < 0) return trouble(errno);
  int why = writeAndClose(file, content, true);
  if (why == 0 && ::rename(part.c_str(), path.c_str()) != 0) why = errno;
  if (why == 0) return std::nullopt;
  ::unlink(part.c_str());
  return trouble(why);
}

std::string writtenOverInput(const std::string& path, const std::vector<std::string>& inputs) {
  std::error_code error;
  if (path.empty() || !std::filesystem::is_regular_file(path, error)) return "";
  for (const std::string& input : inputs)
    if (std::filesystem::equivalent(path, input, error) && !error) return models::inQuotes(path) + " is read here and would be written over: choose another name; nothing was written";
  return "";
}

}  // namespace meshmall::cli
