#include "models/importers/input_files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace meshmall::models {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostFiles = 10'000;
constexpr std::size_t kMostBytes = std::size_t{64} * 1024 * 1024;

class Reader {
 public:
  Reader(const std::vector<std::string>& endings, InputFiles& out) : endings_(endings), out_(out) {}

  void readPath(const std::string& path) {
    std::error_code error;
    if (path == "-") return readFile("/dev/stdin", "standard input");
    const fs::file_status status = fs::status(path, error);
    if (!fs::exists(status)) return trouble(path, "there is no such file or folder");
    // A pipe by its name waits for who may never write. The shell's own, <(kubectl get …), have one.
    if (fs::is_fifo(status) && path.rfind("/dev/", 0) != 0 && path.rfind("/proc/", 0) != 0) return trouble(path, "is not a regular file (a pipe: give - and its text as standard input)");
    if (!fs::is_directory(status)) return readFile(path, path);
    in_folder_ = true;
    std::vector<std::string> found;
    fs::recursive_directory_iterator at(path, fs::directory_options::skip_permission_denied, error);
    for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
      std::error_code ignored;
      if (at->path().filename().string().front() == '.') {  // .git, .github, an editor's
        if (at->is_directory(ignored)) at.disable_recursion_pending();
        continue;
      }
      if (at->is_regular_file(ignored) && wanted(at->path())) found.push_back(at->path().generic_string());
      if (found.size() > kMostFiles) return refuse(path, "more than 10,000 files");
    }
    if (error) return trouble(path, error.message());
    std::sort(found.begin(), found.end());
    if (found.empty()) refuse(path, "no file in this folder ends with " + endingsText());
    for (const std::string& file : found) readFile(file, file);
    in_folder_ = false;
  }

 private:
  bool wanted(const fs::path& path) const { return std::find(endings_.begin(), endings_.end(), path.extension().string()) != endings_.end(); }
  std::string endingsText() const {
    std::string text;
    for (const std::string& ending : endings_) text += (text.empty() ? "" : " or ") + ending;
    return text;
  }

  void readFile(const std::string& path, const std::string& shown) {
    if (full_) return;
    std::ifstream in(path, std::ios::binary);
    if (!in) return trouble(shown, "cannot be read");
    std::string text;
    std::vector<char> block(1 << 16);
    while (in) {
      in.read(block.data(), static_cast<std::streamsize>(block.size()));
      text.append(block.data(), static_cast<std::size_t>(in.gcount()));
      if (bytes_ + text.size() > kMostBytes) {
        full_ = true;
        return refuse(shown, "the files are more than 64 MiB together");
      }
    }
    if (in.bad()) return trouble(shown, "cannot be read");
    bytes_ += text.size();
    out_.files.push_back({shown, std::move(text), in_folder_});
    if (out_.files.size() <= kMostFiles) return;
    full_ = true;
    refuse(shown, "more than 10,000 files");
  }

  void refuse(const std::string& path, const std::string& why) {
    Problem problem;
    problem.file = path;
    problem.message = why;
    out_.problems.push_back(std::move(problem));
  }
  void trouble(const std::string& path, const std::string& why) {
    refuse(path, why);
    out_.unreadable = true;
  }

  const std::vector<std::string>& endings_;
  InputFiles& out_;
  std::size_t bytes_ = 0;
  bool full_ = false, in_folder_ = false;
};

}  // namespace

InputFiles readInputFiles(const std::vector<std::string>& paths, const std::vector<std::string>& endings) {
  InputFiles out;
  Reader reader(endings, out);
  for (const std::string& path : paths) reader.readPath(path);
  return out;
}

}  // namespace meshmall::models
