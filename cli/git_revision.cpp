#include "cli/git_revision.h"

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "cli/child_process.h"
#include "models/scenario/problems.h"

namespace meshmall::cli {
namespace {

constexpr std::size_t kMostFiles = 20'000;
constexpr std::size_t kLongestFile = std::size_t{32} * 1024 * 1024;

ChildResult git(std::vector<std::string> arguments, std::size_t most = 1024 * 1024) {
  std::vector<std::string> all = {"git", "-c", "core.quotePath=false", "--no-pager", "--literal-pathspecs", "--no-replace-objects"};
  all.insert(all.end(), std::make_move_iterator(arguments.begin()), std::make_move_iterator(arguments.end()));
  return runChild(all, most);
}

std::string trimmedLine(std::string text) {
  text.erase(std::min(text.find('\n'), text.size()));
  return text;
}

// git's own words, in one printable line.
std::string words(const ChildResult& result) {
  const std::string line = trimmedLine(result.error);
  return line.empty() ? "git failed" : models::printable(line, 300);
}

// What brings a revision into a shallow clone. An id is fetched as it is: a branch of that name would only get in its way.
std::string cure(const std::string& revision) {
  constexpr std::size_t kWholeId = 40;
  constexpr const char* kOrigin = "origin/";
  const auto all = [&](auto&& allowed) { return std::all_of(revision.begin(), revision.end(), allowed); };
  const std::string whole = "git fetch --unshallow", one = whole + ", or git fetch --depth=1 origin ";
  const bool id = all([](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (id) return revision.size() == kWholeId ? one + revision : whole;
  if (!all([](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '/' || c == '-'; }) || revision == "HEAD") return whole;
  if (revision.rfind(kOrigin, 0) == 0) return one + revision.substr(std::strlen(kOrigin)) + ":refs/remotes/" + revision;
  return one + revision + ":" + revision;
}

}  // namespace

std::optional<GitName> gitName(const std::string& input) {
  if (input.rfind("git:", 0) != 0) return std::nullopt;
  const std::string rest = input.substr(4);
  const std::size_t colon = rest.find(':');
  return GitName{rest.substr(0, colon), colon == std::string::npos ? "" : rest.substr(colon + 1)};
}

std::variant<GitRevision, GitTrouble> GitRevision::open(const std::string& revision) {
  GitRevision made;
  made.revision_ = revision;
  const std::string shown = models::inQuotes(revision);
  if (revision.empty() || revision[0] == '-' || revision.find('\0') != std::string::npos)
    return GitTrouble{ExitCode::wrong_input, "git: " + shown + " is no revision; write git:REVISION:PATH, e.g. git:main:scenarios/shop.json"};
  const ChildResult where = git({"rev-parse", "--show-prefix"});
  if (!where.started) return GitTrouble{ExitCode::no_baseline, "git is not installed, and " + shown + " is one of its revisions"};
  if (where.exit_code != 0) return GitTrouble{ExitCode::no_baseline, "no git repository here: " + words(where)};
  made.prefix_ = trimmedLine(where.out);
  const ChildResult commit = git({"rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}"});
  made.commit_ = trimmedLine(commit.out);
  if (commit.exit_code == 0 && !made.commit_.empty()) return made;
  const ChildResult shallow = git({"rev-parse", "--is-shallow-repository"});
  if (trimmedLine(shallow.out) == "true")
    return GitTrouble{ExitCode::no_baseline, "git: this clone is shallow and lacks the revision " + shown +
                                                 "; fetch it first: " + cure(revision) + " (actions/checkout: fetch-depth: 0)"};
  return GitTrouble{ExitCode::no_baseline, "git: there is no revision " + shown + " in this repository; fetch it first, e.g. git fetch origin"};
}

GitRevision::Kind GitRevision::kindOf(const std::string& path) const {
  const std::string top = fromTop(path);
  const ChildResult type = git({"cat-file", "-t", commit_ + ":" + top});
  if (type.exit_code != 0) return Kind::none;
  return trimmedLine(type.out) == "tree" ? Kind::folder : trimmedLine(type.out) == "blob" ? Kind::file : Kind::none;
}

std::string GitRevision::fromTop(const std::string& path) const {
  const auto plain = [](const std::string& p) {
    std::string text = std::filesystem::path(p).lexically_normal().generic_string();
    while (!text.empty() && text.back() == '/') text.pop_back();
    return text == "." ? std::string() : text;
  };
  const std::string below = plain(prefix_ + path);
  if (prefix_.empty()) return below;
  // From the current folder, as every path at the shell; else from the top, as git writes REV:PATH.
  return git({"cat-file", "-e", commit_ + ":" + below}).exit_code == 0 ? below : plain(path);
}

std::variant<std::vector<GitEntry>, GitTrouble> GitRevision::files(const std::string& path) const {
  std::vector<std::string> command = {"ls-tree", "-r", "-z", "--full-tree", commit_};
  if (!path.empty()) command.insert(command.end(), {"--", path});
  const ChildResult listed = git(std::move(command), kLongestFile);
  if (listed.exit_code != 0) return GitTrouble{ExitCode::file_trouble, "git: " + words(listed)};
  std::vector<GitEntry> found;
  for (std::size_t begin = 0; begin < listed.out.size();) {
    const std::size_t end = std::min(listed.out.find('\0', begin), listed.out.size());
    const std::string line = listed.out.substr(begin, end - begin);
    begin = end + 1;
    const std::size_t tab = line.find('\t');
    // "100644 blob HASH\tPATH"; links and submodules are no files
    if (tab == std::string::npos || line.rfind("100", 0) != 0) continue;
    const std::size_t space = line.rfind(' ', tab);
    found.push_back({line.substr(tab + 1), line.substr(space + 1, tab - space - 1)});
    if (found.size() > kMostFiles) return GitTrouble{ExitCode::wrong_input, "git: more than 20,000 files in " + models::inQuotes(path)};
  }
  std::sort(found.begin(), found.end(), [](const GitEntry& a, const GitEntry& b) { return a.path < b.path; });
  return found;
}

std::variant<std::string, GitTrouble> GitRevision::read(const GitEntry& entry) const {
  ChildResult blob = git({"cat-file", "blob", entry.object}, kLongestFile);
  if (blob.too_long) return GitTrouble{ExitCode::wrong_input, models::printable(entry.path) + " of revision " + models::printable(revision_) + " is larger than 32 MiB"};
  if (blob.exit_code != 0) return GitTrouble{ExitCode::no_baseline, "git: " + models::printable(entry.path) + ": " + words(blob)};
  return std::move(blob.out);
}

}  // namespace meshmall::cli
