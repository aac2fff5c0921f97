// The shape of the source tree: engine <- models <- {cli, gui}, libraries only where they belong, and files that speak of nothing but the project.
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string_view>

namespace meshmall {
namespace {

namespace fs = std::filesystem;

struct SourceFile {
  std::string path;    // relative to the project's root, which is the working directory
  std::string folder;  // its first component, e.g. "engine"
  std::vector<std::string> lines;
};

std::vector<std::string> linesOf(const fs::path& path) {
  std::ifstream in(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

bool isCode(const fs::path& path) { return path.extension() == ".h" || path.extension() == ".cpp"; }

// Every regular file below the given folders, in path order; folders that do not exist yet hold none.
std::vector<SourceFile> filesIn(const std::vector<std::string>& folders, bool (*wanted)(const fs::path&)) {
  std::vector<SourceFile> files;
  for (const std::string& folder : folders) {
    if (!fs::exists(folder)) continue;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file() && wanted(entry.path())) files.push_back({entry.path().generic_string(), folder, linesOf(entry.path())});
    }
  }
  std::sort(files.begin(), files.end(), [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return files;
}

struct Include {
  std::string header;
  bool own = false;  // written with quotes
};

// The header of an #include line, or an empty one.
Include includeOf(std::string_view line) {
  const std::size_t hash = line.find_first_not_of(" \t");
  if (hash == std::string_view::npos || line[hash] != '#') return {};
  const std::size_t word = line.find_first_not_of(" \t", hash + 1);
  if (word == std::string_view::npos || line.substr(word, 7) != "include") return {};
  const std::size_t open = line.find_first_of("\"<", word);
  if (open == std::string_view::npos) return {};
  const std::size_t close = line.find_first_of("\">", open + 1);
  return {std::string(line.substr(open + 1, close - open - 1)), line[open] == '"'};
}

std::string at(const SourceFile& file, std::size_t line) { return file.path + ":" + std::to_string(line + 1) + ": "; }

// Lines "path:line: header" of the includes for which `wrong` says so.
template <typename Wrong>
std::vector<std::string> includesThat(const std::vector<std::string>& folders, Wrong wrong) {
  std::vector<std::string> found;
  for (const SourceFile& file : filesIn(folders, isCode)) {
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const Include include = includeOf(file.lines[i]);
      if (!include.header.empty() && wrong(file, include)) found.push_back(at(file, i) + include.header);
    }
  }
  return found;
}

bool startsWith(std::string_view text, std::string_view start) { return text.substr(0, start.size()) == start; }

TEST(Structure, ReadsTheIncludesItChecks) {
  EXPECT_EQ(includeOf("#include \"engine/kernel/time.h\"").header, "engine/kernel/time.h");
  EXPECT_TRUE(includeOf("#include \"engine/kernel/time.h\"").own);
  EXPECT_EQ(includeOf("  #  include <QWidget>").header, "QWidget");
  EXPECT_EQ(includeOf("// #include <QWidget>").header, "");
  EXPECT_FALSE(filesIn({"engine"}, isCode).empty()) << "the working directory must be the project's root";
}

TEST(Structure, IncludesFollowTheDependencyRule) {
  const std::map<std::string, std::set<std::string>> may_include = {
      {"engine", {"engine"}}, {"models", {"engine", "models"}}, {"cli", {"engine", "models", "cli"}}, {"gui", {"engine", "models", "gui"}}};
  const auto against_the_rule = includesThat({"engine", "models", "cli", "gui"}, [&](const SourceFile& file, const Include& include) {
    const std::string folder = include.header.substr(0, include.header.find('/'));
    if (startsWith(include.header, "../")) return true;
    return include.own ? may_include.at(file.folder).count(folder) == 0 : may_include.count(folder) == 1;
  });
  EXPECT_EQ(against_the_rule, std::vector<std::string>()) << "engine <- models <- {cli, gui}, by full path in quotes";
}

TEST(Structure, QtIsOnlyInTheDashboard) {
  const auto qt = includesThat({"engine", "models", "cli"}, [](const SourceFile&, const Include& include) {
    const std::string& header = include.header;
    return startsWith(header, "Qt") || (header.size() > 1 && header[0] == 'Q' && std::isupper(static_cast<unsigned char>(header[1])));
  });
  EXPECT_EQ(qt, std::vector<std::string>());
}

TEST(Structure, HeavyLibrariesStayOutOfHeaders) {
  const auto heavy = includesThat({"engine", "models", "cli"}, [](const SourceFile& file, const Include& include) {
    const bool header = file.path.substr(file.path.size() - 2) == ".h";
    return header && (include.header == "nlohmann/json.hpp" || startsWith(include.header, "boost/graph/") || startsWith(include.header, "Eigen/"));
  });
  EXPECT_EQ(heavy, std::vector<std::string>()) << "include them in the .cpp that needs them; each costs seconds a file";
}

TEST(Structure, ModelsNeitherPrintNorOpenFilesOutsideScenarioAndImporters) {
  const auto printing = includesThat({"engine/kernel", "engine/random", "engine/statistics", "models"}, [](const SourceFile& file, const Include& include) {
    if (include.header == "iostream" || include.header == "cstdio" || include.header == "stdio.h") return true;
    if (startsWith(file.path, "models/scenario/") || startsWith(file.path, "models/importers/")) return false;
    return include.header == "fstream" || include.header == "filesystem";
  });
  EXPECT_EQ(printing, std::vector<std::string>());
}

TEST(Structure, TheEngineDoesNotKnowTheMall) {
  const std::vector<std::string> words = {"sidecar", "shop", "mesh", "pastry", "kubernetes", "istio"};
  std::vector<std::string> found;
  for (const SourceFile& file : filesIn({"engine"}, isCode)) {
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      std::string line = file.lines[i];
      std::transform(line.begin(), line.end(), line.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      for (std::size_t name = line.find("meshmall"); name != std::string::npos; name = line.find("meshmall")) line.erase(name, 8);
      for (const std::string& word : words) {
        if (line.find(word) != std::string::npos) found.push_back(at(file, i) + word);
      }
    }
  }
  EXPECT_EQ(found, std::vector<std::string>()) << "engine/ is an engine for any model";
}

TEST(Structure, FoldersAreNamedForWhatTheyHold) {
  const std::set<std::string> shrugs = {"common", "util", "utils", "helper", "helpers", "misc"};
  std::vector<std::string> found;
  for (const SourceFile& file : filesIn({"engine", "models", "cli", "gui", "tests"}, isCode)) {
    for (const fs::path& part : fs::path(file.path)) {
      if (shrugs.count(part.stem().string()) == 1) found.push_back(file.path);
    }
  }
  EXPECT_EQ(found, std::vector<std::string>());
}

bool isText(const fs::path& path) {
  static const std::set<std::string> kinds = {".h", ".cpp", ".md", ".json", ".txt", ".cmake", ".sh", ".yaml", ".yml", ".csv", ".py", ""};
  return kinds.count(path.extension().string()) == 1;
}

// Paths of one person's machine make a file useless on every other. Each word is written in two parts here, so that this file does not hold it.
TEST(Structure, NoFileNamesAFolderOfOneMachine) {
  const std::vector<std::string> places = {std::string("/ho") + "me/", std::string("/wo") + "rk/", std::string("/Us") + "ers/", std::string("/ro") + "ot/"};
  std::vector<std::string> found;
  const auto check = [&](const SourceFile& file) {
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      for (const std::string& place : places) {
        const std::size_t where = file.lines[i].find(place);
        // Only absolute paths count: "docs/home/" or "{root}/tmp/" is a folder inside something else.
        const bool absolute =
            where != std::string::npos && (where == 0 || std::string_view(" \t\"'`(=:<>").find(file.lines[i][where - 1]) != std::string_view::npos);
        if (absolute) found.push_back(at(file, i) + place);
      }
    }
  };
  for (const SourceFile& file : filesIn({"engine", "models", "cli", "gui", "scenarios", "tests", "docs", "cmake", ".ci", ".github"}, isText)) check(file);
  for (const char* name : {"mall", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "CMakeLists.txt", "CMakePresets.json"}) {
    if (fs::exists(name)) check({name, "", linesOf(name)});
  }
  EXPECT_EQ(found, std::vector<std::string>());
}

TEST(Structure, EveryTopFolderSaysWhatLivesThereInAtMostTwentyLines) {
  for (const char* folder : {"engine", "models", "cli", "gui", "scenarios", "tests", "docs"}) {
    const fs::path readme = fs::path(folder) / "README.md";
    ASSERT_TRUE(fs::exists(readme)) << readme;
    EXPECT_LE(linesOf(readme).size(), 20u) << readme;
  }
}

// Links "](target)" of the project's pages, without the part after '#'. Code samples hold no such links.
TEST(Structure, LinksBetweenPagesLeadSomewhere) {
  std::vector<SourceFile> pages =
      filesIn({"engine", "models", "cli", "gui", "scenarios", "tests", "docs"}, [](const fs::path& path) { return path.extension() == ".md"; });
  for (const char* name : {"README.md", "CONTRIBUTING.md", "CHANGELOG.md"}) pages.push_back({name, "", linesOf(name)});
  std::vector<std::string> broken;
  for (const SourceFile& page : pages) {
    for (std::size_t i = 0; i < page.lines.size(); ++i) {
      const std::string& line = page.lines[i];
      for (std::size_t open = line.find("]("); open != std::string::npos; open = line.find("](", open + 1)) {
        const std::string target = line.substr(open + 2, line.find_first_of(")#", open + 2) - open - 2);
        if (target.empty() || target.find("://") != std::string::npos) continue;
        if (!fs::exists(fs::path(page.path).parent_path() / target)) broken.push_back(at(page, i) + target);
      }
    }
  }
  EXPECT_EQ(broken, std::vector<std::string>());
}

// Each family of algorithms has its page in docs/reference. The set names the families whose page is still owed; it only ever shrinks.
TEST(Structure, EveryFamilyOfAlgorithmsHasItsReferencePage) {
  const std::set<std::string> owed = {};
  const std::set<std::string> not_families = {"exporters", "importers", "mall", "observation", "scenario", "topology"};
  std::vector<std::string> missing;
  for (const fs::directory_entry& entry : fs::directory_iterator("models")) {
    const std::string family = entry.path().filename().string();
    if (!entry.is_directory() || not_families.count(family) == 1 || filesIn({"models/" + family}, isCode).empty()) continue;
    if (fs::exists("docs/reference/" + family + ".md")) continue;
    if (owed.count(family) == 0) missing.push_back("docs/reference/" + family + ".md");
  }
  EXPECT_EQ(missing, std::vector<std::string>());
}

}  // namespace
}  // namespace meshmall
