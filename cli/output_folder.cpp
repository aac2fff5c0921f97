#include "cli/output_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
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

// The folders on the way to `path` that are not there, the innermost first.
std::vector<std::string> missingFolders(const std::string& path) {
  std::vector<std::string> missing;
  std::error_code error;
  std::filesystem::path at = path;
  if (!at.has_filename()) at = at.parent_path();  // "out/"
  for (; !at.empty() && !std::filesystem::exists(at, error) && !error; at = at.parent_path()) missing.push_back(at.string());
  return missing;
}

// The file that is open stands in the folder under that name: nobody took it away meanwhile.
bool stillThere(int file, int folder, const char* name) {
  struct stat mine {}, present {};
  return ::fstat(file, &mine) == 0 && ::fstatat(folder, name, &present, AT_SYMLINK_NOFOLLOW) == 0 && mine.st_ino == present.st_ino && mine.st_dev == present.st_dev;
}

}  // namespace

std::variant<OutputFolder, FileTrouble> OutputFolder::open(const std::string& path) {
  std::vector<std::string> made = missingFolders(path);
  for (int attempts = 0;; ++attempts) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) return FileTrouble{ExitCode::file_trouble, path + ": " + error.message()};
    OutputFolder taken(path);
    bool gone = false;
    const auto failed = taken.take(gone);
    if (gone && attempts < 100) continue;
    taken.made_ = std::move(made);
    if (failed) return *failed;
    return taken;
  }
}

// `gone`: another run, which ended at this moment, took the folder or the lock away; worth another try.
std::optional<FileTrouble> OutputFolder::take(bool& gone) {
  folder_ = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_ < 0) {
    gone = errno == ENOENT;
    return trouble(path_, errno);
  }
  const int lock = ::openat(folder_, kLock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (lock < 0) {
    gone = errno == ENOENT;
    return trouble(path_ + "/" + kLock, errno);
  }
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    const int why = errno;
    ::close(lock);
    if (why != EWOULDBLOCK) return trouble(path_ + "/" + kLock, why);
    return FileTrouble{ExitCode::folder_in_use, path_ + ": another run is writing there"};
  }
  gone = !stillThere(lock, folder_, kLock);
  if (!gone) {
    lock_ = lock;
    return std::nullopt;
  }
  ::close(lock);
  return FileTrouble{ExitCode::folder_in_use, path_ + ": other runs come and go there"};
}

OutputFolder::OutputFolder(OutputFolder&& other) noexcept
    : path_(std::move(other.path_)), made_(std::move(other.made_)), folder_(std::exchange(other.folder_, -1)), lock_(std::exchange(other.lock_, -1)) {}

OutputFolder::~OutputFolder() {
  if (lock_ >= 0) {
    ::unlinkat(folder_, kLock, 0);  // before it is let go: who opened it meanwhile sees that it is gone, and opens anew
    ::close(lock_);
    for (const std::string& folder : made_)
      if (::rmdir(folder.c_str()) != 0) break;  // not empty: there are results
  }
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

std::string OutputFolder::ends(const std::string& name) const {
  constexpr off_t kLooked = 4096;
  const int file = ::openat(folder_, name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0) return {};
  std::string text;
  struct stat about {};
  if (::fstat(file, &about) == 0 && S_ISREG(about.st_mode)) {
    for (const off_t from : {off_t{0}, std::max(kLooked, about.st_size - kLooked)}) {
      char part[kLooked];
      const ssize_t n = ::pread(file, part, sizeof part, from);
      if (n > 0) text.append(part, static_cast<std::size_t>(n));
    }
  }
  ::close(file);
  return text;
}

std::optional<FileTrouble> OutputFolder::remove(const std::string& name) {
  if (::unlinkat(folder_, name.c_str(), 0) == 0 || errno == ENOENT) return std::nullopt;
  return trouble(path_ + "/" + name, errno);
}

}  // namespace meshmall::cli
