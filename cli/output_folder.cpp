#include "cli/output_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

namespace meshmall::cli {
namespace {

constexpr const char* kLock = ".lock";

FileTrouble trouble(const std::string& what, int error) { return {ExitCode::file_trouble, what + ": " + std::strerror(error)}; }

// All of it, also where the system takes it in pieces. 0, or what went wrong.
int writeAll(int file, const std::string& content) {
  std::size_t done = 0;
  while (done < content.size()) {
    const ssize_t n = ::write(file, content.data() + done, content.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    done += static_cast<std::size_t>(n);
  }
  return ::fsync(file) == 0 ? 0 : errno;
}

}  // namespace

std::variant<OutputFolder, FileTrouble> OutputFolder::open(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return FileTrouble{ExitCode::file_trouble, path + ": " + error.message()};
  const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return trouble(path, errno);
  const int lock = ::openat(folder, kLock, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0) {
    const int why = errno;
    ::close(folder);
    return trouble(path + "/" + kLock, why);
  }
  OutputFolder made(path, folder, lock);
  if (::flock(lock, LOCK_EX | LOCK_NB) == 0) return made;
  if (errno != EWOULDBLOCK) return trouble(path + "/" + kLock, errno);
  ::close(std::exchange(made.lock_, -1));  // it is the other run's
  return FileTrouble{ExitCode::folder_in_use, path + ": another run is writing there"};
}

OutputFolder::OutputFolder(OutputFolder&& other) noexcept
    : path_(std::move(other.path_)), folder_(std::exchange(other.folder_, -1)), lock_(std::exchange(other.lock_, -1)) {}

OutputFolder::~OutputFolder() {
  // The lock's file stays: a run that waits to open it would otherwise hold a lock on a file that is gone.
  if (lock_ >= 0) ::close(lock_);
  if (folder_ >= 0) ::close(folder_);
}

std::optional<FileTrouble> OutputFolder::write(const std::string& name, const std::string& content) {
  const std::size_t slash = name.rfind('/');
  const std::string below = slash == std::string::npos ? "" : name.substr(0, slash + 1);
  for (std::size_t at = below.find('/'); at != std::string::npos; at = below.find('/', at + 1))
    if (::mkdirat(folder_, below.substr(0, at).c_str(), 0755) != 0 && errno != EEXIST) return trouble(path_ + "/" + name, errno);
  const std::string part = below + "." + name.substr(below.size()) + ".part";
  const int file = ::openat(folder_, part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (file < 0) return trouble(path_ + "/" + name, errno);
  int why = writeAll(file, content);
  if (::close(file) != 0 && why == 0) why = errno;
  if (why == 0 && ::renameat(folder_, part.c_str(), folder_, name.c_str()) != 0) why = errno;
  if (why == 0 && ::fsync(folder_) != 0) why = errno;
  if (why == 0) return std::nullopt;
  ::unlinkat(folder_, part.c_str(), 0);
  return trouble(path_ + "/" + name, why);
}

std::optional<FileTrouble> OutputFolder::remove(const std::string& name) {
  if (::unlinkat(folder_, name.c_str(), 0) == 0 || errno == ENOENT) return std::nullopt;
  return trouble(path_ + "/" + name, errno);
}

}  // namespace meshmall::cli
