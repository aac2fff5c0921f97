#include "cli/compare_input.h"

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "cli/git_revision.h"
#include "cli/scenario_text.h"
#include "models/scenario/decode_scenario.h"
#include "models/scenario/json_document.h"
#include "models/scenario/sample_file.h"
#include "models/study/decode_study.h"

namespace meshmall::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostScenarios = 10'000;
constexpr const char* kResults = "results.json";

// The whole regular file, or why not.
std::optional<std::string> fileText(const std::string& path, std::string& why, bool& unreadable) {
  models::FileText file = models::readRegularFile(path, models::kMaxJsonBytes);
  if (file.error.empty()) return std::move(file.text);
  why = file.error;
  unreadable = file.unreadable;
  return std::nullopt;
}

// Names of files that the scenario takes data from: every text member "file".
void namedFiles(const models::JsonValue& value, std::set<std::string>& names) {
  if (const auto* items = value.items())
    for (const models::JsonValue& item : *items) namedFiles(item, names);
  if (const auto* members = value.members()) {
    for (const models::JsonMember& member : *members) {
      if (member.key == "file" && member.value.string() != nullptr) names.insert(*member.value.string());
      namedFiles(member.value, names);
    }
  }
}

std::string parentOf(const std::string& path) { return fs::path(path).parent_path().generic_string(); }

class Reader {
 public:
  Reader(CompareInput& input, const ScenarioChoice& choice) : input_(input), choice_(choice) {}

  void read() {
    if (const auto git = gitName(input_.given)) return readGit(*git);
    std::error_code error;
    const fs::file_status status = fs::status(input_.given, error);
    if (fs::is_directory(status)) return fs::exists(fs::path(input_.given) / kResults, error) ? readResults(input_.given, "") : readFolder();
    const std::size_t colon = input_.given.rfind(':');
    if (!fs::exists(status) && colon != std::string::npos) {  // STUDY:VARIANT, RESULTS:VARIANT
      const std::string path = input_.given.substr(0, colon), variant = input_.given.substr(colon + 1);
      if (fs::is_directory(path, error)) return readResults(path, variant);
      if (fs::is_regular_file(path, error)) return readVariant(path, variant);
    }
    readFile(input_.given, input_.given, "");
  }

 private:
  void fail(ExitCode code, std::string message) {
    input_.messages.push_back(std::move(message));
    input_.code = worse(input_.code, code);
  }

  void readFile(const std::string& path, const std::string& shown, const std::string& key) {
    std::string why;
    bool unreadable = false;
    auto text = fileText(path, why, unreadable);
    if (!text) return fail(unreadable ? ExitCode::file_trouble : ExitCode::wrong_input, shown + ": " + why);
    if (isStudy(*text)) return fail(ExitCode::wrong_input, shown + ": is a study; name one of its variants: " + shown + ":VARIANT");
    add(std::move(*text), shown, parentOf(path).empty() ? "." : parentOf(path), key, shown);
  }

  void add(std::string text, const std::string& shown, const std::string& folder, const std::string& key, const std::string& repeat) {
    TextScenario decoded = readScenarioText(text, shown, folder, choice_);
    input_.problems.insert(input_.problems.end(), decoded.problems.begin(), decoded.problems.end());
    if (!decoded.scenario) {
      input_.code = worse(input_.code, ExitCode::wrong_input);
      return;
    }
    if (decoded.scenario->name.empty()) decoded.scenario->name = fs::path(key.empty() ? shown : key).stem().string();
    input_.scenarios.push_back({key, shown, std::move(text), std::move(*decoded.scenario), false, repeat});
  }

  void readFolder() {
    input_.many = true;
    const fs::path top = input_.given;
    std::vector<std::string> files;
    std::error_code error;
    for (auto it = fs::recursive_directory_iterator(top, fs::directory_options::skip_permission_denied, error); !error && it != fs::recursive_directory_iterator();
         it.increment(error)) {
      const std::string name = it->path().filename().string();
      if (name.empty() || name[0] == '.') {
        it.disable_recursion_pending();
        continue;
      }
      if (it->is_regular_file(error) && it->path().extension() == ".json") files.push_back(it->path().lexically_relative(top).generic_string());
    }
    if (error) return fail(ExitCode::file_trouble, input_.given + ": " + error.message());
    std::sort(files.begin(), files.end());
    for (const std::string& file : files) {
      const std::string path = (top / file).generic_string();
      std::string why;
      bool unreadable = false;
      auto text = fileText(path, why, unreadable);
      if (!text) {
        fail(unreadable ? ExitCode::file_trouble : ExitCode::wrong_input, path + ": " + why);
        continue;
      }
      if (!isScenario(*text, path)) continue;
      add(std::move(*text), path, parentOf(path), file, path);
      if (tooMany()) return;
    }
    if (input_.scenarios.empty() && input_.code == ExitCode::done) fail(ExitCode::wrong_input, input_.given + ": neither results.json nor a scenario in this folder");
  }

  static bool isStudy(const std::string& text) {
    models::JsonDocument document;
    const auto root = document.parse(text, "");
    return root && root->find("meshmallStudy") != nullptr;
  }

  // ---- studies and results
  // `shown`: what problems call the folder of `path` and what is below it, where that is another name.
  void readVariant(const std::string& path, const std::string& variant, const std::string& shown = {}) {
    models::StudyDecodeResult decoded = models::loadStudy(path, {choice_.seed, choice_.duration, choice_.sets, true});
    for (models::Problem& problem : decoded.problems) {
      if (!shown.empty()) problem.file = renamed(problem.file, shown);
      if (!shown.empty()) problem.message = renamed(problem.message, shown);
    }
    input_.problems = decoded.problems;
    if (!decoded.study) return fail(decoded.unreadable ? ExitCode::file_trouble : ExitCode::wrong_input, renamed(path, shown) + ": no study to take a variant from");
    const models::Study& study = *decoded.study;
    const auto found = std::find(study.variants.begin(), study.variants.end(), variant);
    if (found == study.variants.end()) return fail(ExitCode::wrong_input, renamed(path, shown) + ": no variant " + models::inQuotes(variant) + "; there is " + listed(study.variants));
    input_.many = study.points.size() > 1;
    for (const models::StudyGroup& group : study.groups) {
      if (group.variant != static_cast<std::uint32_t>(found - study.variants.begin())) continue;
      models::Scenario scenario = group.scenario;
      if (scenario.name.empty()) scenario.name = study.name;
      input_.scenarios.push_back({input_.many ? pointName(study.points[group.point]) : "", input_.given, group.text, std::move(scenario), true, ""});
    }
    std::sort(input_.scenarios.begin(), input_.scenarios.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
    for (const models::Expression& gate : study.gates) input_.gates.push_back(gate.text);
    if (study.replications.first >= 2) input_.replications = study.replications.first;
  }

  // Paths into the scratch folder as the user knows them.
  std::string renamed(std::string text, const std::string& shown) const {
    if (shown.empty() || input_.scratch == nullptr) return text;
    const std::string prefix = input_.scratch->path() + "/";
    for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at + shown.size())) text.replace(at, prefix.size(), shown);
    return text;
  }

  static std::string pointName(const models::SweepPoint& point) {
    engine::SampleGroup group;
    group.point = point;
    return group.pointName();
  }
  static std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < 8; ++i) text += (i > 0 ? ", " : "") + names[i];
    return text + (names.size() > 8 ? ", ..." : "");
  }

  void readResults(const std::string& folder, const std::string& variant) {
    const std::string path = (fs::path(folder) / kResults).generic_string();
    if (choice_.seed || choice_.duration || !choice_.sets.empty()) return fail(ExitCode::wrong_input, folder + ": holds results; --seed, --duration and --set can't change them");
    if (std::error_code error; fs::exists(path, error) && !fs::is_regular_file(path, error)) return fail(ExitCode::wrong_input, path + ": is not a regular file");
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) return fail(ExitCode::file_trouble, path + ": could not be read");
    auto read = models::readResults(text.str());
    if (const auto* wrong = std::get_if<std::string>(&read)) return fail(ExitCode::wrong_input, path + ": " + *wrong);
    input_.results = std::move(std::get<models::StudyResults>(read));
    input_.gates = input_.results->facts.gates;
    const auto& groups = input_.results->table.groups;
    std::set<std::string> variants;
    for (const engine::SampleGroup& group : groups)
      if (variant.empty() || group.variant == variant) variants.insert(group.variant);
    if (variants.empty()) return fail(ExitCode::wrong_input, path + ": no variant " + models::inQuotes(variant));
    for (std::uint32_t g = 0; g < groups.size(); ++g) {
      if (variants.count(groups[g].variant) == 0) continue;
      // One variant is compared with one, whatever their names; several by name.
      std::string key = groups[g].pointName();
      if (variants.size() > 1) key = groups[g].variant + (key.empty() ? "" : " ") + key;
      input_.groups.push_back({std::move(key), g});
    }
    std::sort(input_.groups.begin(), input_.groups.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
    input_.many = input_.groups.size() > 1;
  }

  bool tooMany() {
    if (input_.scenarios.size() <= kMostScenarios) return false;
    fail(ExitCode::wrong_input, input_.given + ": more than 10,000 scenarios");
    return true;
  }

  // A file that is no JSON is a problem, not something to leave out in silence.
  bool isScenario(const std::string& text, const std::string& shown) {
    models::JsonDocument document;
    const auto root = document.parse(text, shown);
    if (root) return root->find("meshmall") != nullptr && root->find("fingerprint") == nullptr;  // not what `run` has written
    const auto found = document.problems();
    input_.problems.insert(input_.problems.end(), found.begin(), found.end());
    input_.code = worse(input_.code, ExitCode::wrong_input);
    return false;
  }

  // ---- of a git revision
  void readGit(const GitName& name) {
    if (name.path.empty()) return fail(ExitCode::wrong_input, input_.given + ": write git:REVISION:PATH, e.g. git:main:scenarios/shop.json");
    auto opened = GitRevision::open(name.revision);
    if (const auto* trouble = std::get_if<GitTrouble>(&opened)) return fail(trouble->code, trouble->message);
    const auto& revision = std::get<GitRevision>(opened);
    const GitRevision::Kind kind = revision.kindOf(name.path);
    const std::size_t colon = name.path.rfind(':');
    if (kind == GitRevision::Kind::none && colon != std::string::npos && revision.kindOf(name.path.substr(0, colon)) == GitRevision::Kind::file)
      return readGitVariant(revision, name.path.substr(0, colon), name.path.substr(colon + 1), name.revision);
    if (kind == GitRevision::Kind::none)
      return fail(ExitCode::no_baseline, "git: " + models::inQuotes(name.path) + " is not in revision " + models::inQuotes(name.revision));
    input_.scratch = std::make_shared<ScratchFolder>();
    if (input_.scratch->path().empty()) return fail(ExitCode::file_trouble, "no folder for the revision's files could be made");
    const std::string top = revision.fromTop(name.path);
    input_.many = kind == GitRevision::Kind::folder;
    auto listed = revision.files(input_.many ? top : parentOf(top));
    if (const auto* trouble = std::get_if<GitTrouble>(&listed)) return fail(trouble->code, trouble->message);
    const auto& entries = std::get<std::vector<GitEntry>>(listed);
    for (const GitEntry& entry : entries) {
      if (input_.many ? fs::path(entry.path).extension() != ".json" || hidden(entry.path, top) : entry.path != top) continue;
      addRevisionFile(revision, entries, entry, name.revision, input_.many ? fs::path(entry.path).lexically_relative(top.empty() ? "." : top).generic_string() : "");
      if (tooMany()) return;
    }
    if (input_.scenarios.empty() && input_.code == ExitCode::done) fail(ExitCode::wrong_input, input_.given + ": no scenario there");
  }

  // STUDY:VARIANT of a revision: the study, the scenarios it names and the files that these name, all from there.
  void readGitVariant(const GitRevision& revision, const std::string& path, const std::string& variant, const std::string& name) {
    input_.scratch = std::make_shared<ScratchFolder>();
    if (input_.scratch->path().empty()) return fail(ExitCode::file_trouble, "no folder for the revision's files could be made");
    const std::string top = revision.fromTop(path);
    const auto study = bring(revision, top);
    if (!study) return;
    for (const std::string& file : models::scenarioFilesOf(*study)) {
      const std::string scenario = (fs::path(parentOf(top)) / file).lexically_normal().generic_string();
      const auto text = bring(revision, scenario);
      if (input_.code != ExitCode::done) return;
      if (!text) continue;  // the decoder says so
      models::JsonDocument document;
      std::set<std::string> names;
      if (const auto root = document.parse(*text, "")) namedFiles(*root, names);
      for (const std::string& data : names) {
        bring(revision, (fs::path(parentOf(scenario)) / data).lexically_normal().generic_string());
        if (input_.code != ExitCode::done) return;
      }
    }
    readVariant((fs::path(input_.scratch->path()) / top).generic_string(), variant, "git:" + name + ":");
  }

  // A file of the revision, put into the scratch folder; nothing: it is not there, or trouble, which is told.
  std::optional<std::string> bring(const GitRevision& revision, const std::string& path) {
    if (path.empty() || path.rfind("..", 0) == 0) return std::nullopt;
    auto listed = revision.files(path);
    if (const auto* trouble = std::get_if<GitTrouble>(&listed)) return fail(trouble->code, trouble->message), std::nullopt;
    for (const GitEntry& entry : std::get<std::vector<GitEntry>>(listed)) {
      if (entry.path != path) continue;
      auto read = revision.read(entry);
      if (const auto* trouble = std::get_if<GitTrouble>(&read)) return fail(trouble->code, trouble->message), std::nullopt;
      if (!input_.scratch->write(path, std::get<std::string>(read)))
        return fail(ExitCode::file_trouble, models::printable(path) + " of the revision could not be written to " + input_.scratch->path()), std::nullopt;
      return std::move(std::get<std::string>(read));
    }
    return std::nullopt;
  }

  static bool hidden(const std::string& path, const std::string& top) {
    const std::string below = top.empty() ? path : path.substr(std::min(path.size(), top.size()));
    return below.rfind('.', 0) == 0 || below.find("/.") != std::string::npos;
  }

  void addRevisionFile(const GitRevision& revision, const std::vector<GitEntry>& entries, const GitEntry& entry, const std::string& name, const std::string& key) {
    auto read = revision.read(entry);
    if (const auto* trouble = std::get_if<GitTrouble>(&read)) return fail(trouble->code, trouble->message);
    std::string& text = std::get<std::string>(read);
    const std::string shown = "git:" + name + ":" + entry.path;
    if (key.empty() && isStudy(text)) return fail(ExitCode::wrong_input, shown + ": is a study; name one of its variants: " + shown + ":VARIANT");
    if (!key.empty() && !isScenario(text, shown)) return;
    if (!bringNamedFiles(revision, entries, entry, text)) return;
    const std::string folder = (fs::path(input_.scratch->path()) / parentOf(entry.path)).string();
    add(std::move(text), shown, folder, key, "<(git show " + name + ":" + entry.path + ")");
  }

  // Files beside a scenario come from the same revision.
  bool bringNamedFiles(const GitRevision& revision, const std::vector<GitEntry>& entries, const GitEntry& entry, const std::string& text) {
    models::JsonDocument document;
    const auto root = document.parse(text, "");
    std::set<std::string> names;
    if (root) namedFiles(*root, names);
    for (const std::string& name : names) {
      const std::string path = (fs::path(parentOf(entry.path)) / name).lexically_normal().generic_string();
      const auto found = std::lower_bound(entries.begin(), entries.end(), path, [](const GitEntry& e, const std::string& p) { return e.path < p; });
      if (found == entries.end() || found->path != path) continue;  // the decoder says so
      auto content = revision.read(*found);
      if (const auto* trouble = std::get_if<GitTrouble>(&content)) {
        fail(trouble->code, trouble->message);
        return false;
      }
      if (!input_.scratch->write(path, std::get<std::string>(content))) {
        fail(ExitCode::file_trouble, models::printable(path) + " of the revision could not be written to " + input_.scratch->path());
        return false;
      }
    }
    return true;
  }

  CompareInput& input_;
  const ScenarioChoice& choice_;
};

}  // namespace

ScratchFolder::ScratchFolder() {
  std::error_code error;
  std::string name = (fs::temp_directory_path(error) / "meshmall-XXXXXX").string();
  if (!error && ::mkdtemp(name.data()) != nullptr) path_ = name;
}

ScratchFolder::~ScratchFolder() {
  std::error_code error;
  if (!path_.empty()) fs::remove_all(path_, error);
}

bool ScratchFolder::write(const std::string& name, const std::string& content) const {
  const fs::path below = fs::path(name).lexically_normal();
  if (below.empty() || below.is_absolute() || *below.begin() == "..") return false;
  const fs::path path = fs::path(path_) / below;
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  std::ofstream out(path, std::ios::binary);
  out << content;
  return static_cast<bool>(out.flush());
}

CompareInput readCompareInput(const std::string& given, const ScenarioChoice& choice) {
  CompareInput input;
  input.given = given;
  Reader(input, choice).read();
  return input;
}

}  // namespace meshmall::cli
