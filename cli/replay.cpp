// `meshmall replay`: algorithm-level cases, answered by the very objects that the simulation uses. What a case expects is only ever compared.
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/replay/balancing_replay.h"
#include "cli/replay/compare.h"
#include "cli/replay/mesh_policies.h"
#include "cli/replay/resilience.h"
#include "cli/replay/rollout.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "models/scenario/problems.h"

namespace meshmall::cli {
namespace {

using nlohmann::json;

struct Replayed {
  std::string id, algorithm, status, reason;
  std::vector<std::string> differences;
  json actual;
};

std::string textOf(const json& one_case, const char* key) {
  const auto at = one_case.find(key);
  return at != one_case.end() && at->is_string() ? at->get<std::string>() : std::string();
}

Replayed replayCase(const json& one_case, bool check) {
  Replayed done;
  done.id = textOf(one_case, "id");
  done.algorithm = textOf(one_case, "algorithm");
  json blind = one_case;  // the expectation is never an input
  blind.erase("expect");
  done.actual = json::object();
  ReplayAnswer answer;
  try {
    if (balancingHas(done.algorithm)) answer = replayBalancing(blind, done.actual);
    else if (resilienceHas(done.algorithm)) answer = replayResilience(blind, done.actual);
    else if (meshPoliciesHave(done.algorithm)) answer = replayMeshPolicies(blind, done.actual);
    else if (rolloutHas(done.algorithm)) answer = replayRollout(blind, done.actual);
    else answer = {false, "algorithm not known: " + done.algorithm, {}};
  } catch (const json::exception& wrong) {
    answer = {false, std::string("the case's form: ") + wrong.what(), {}};
  }
  if (!answer.supported) {
    done.status = "unsupported";
    done.reason = answer.reason;
    done.actual = json::object();
    return done;
  }
  done.status = "computed";
  if (!check || !one_case.contains("expect")) return done;
  if (!comparable(one_case, done.actual, answer)) {
    done.status = "unsupported";
    done.reason = "the case expects picks of draws that its input does not give";
    return done;
  }
  done.differences = compareCase(one_case, done.actual, answer);
  done.status = done.differences.empty() ? "ok" : "DIFF";
  return done;
}

// The cases of a file; false after saying what is wrong with it.
bool readCases(const std::string& path, json& cases, ExitCode& code) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  if (!file || !(text << file.rdbuf())) {
    say(models::printable(path) + ": can't be read");
    code = worse(code, ExitCode::file_trouble);
    return false;
  }
  cases = json::parse(text.str(), nullptr, false);
  std::string wrong;
  if (cases.is_discarded()) wrong = "is not JSON";
  else if (!cases.is_array()) wrong = "must be an array of cases";
  for (std::size_t i = 0; wrong.empty() && i < cases.size(); ++i)
    if (!cases[i].is_object() || textOf(cases[i], "id").empty() || textOf(cases[i], "algorithm").empty())
      wrong = "/" + std::to_string(i) + ": a case is an object with the texts \"id\" and \"algorithm\"";
  if (wrong.empty()) return true;
  say(models::printable(path) + ": " + wrong);
  code = worse(code, ExitCode::wrong_input);
  return false;
}

}  // namespace

ExitCode replay(const ReplayOptions& options) {
  std::vector<json> files(options.files.size());
  ExitCode code = ExitCode::done;
  for (std::size_t f = 0; f < files.size(); ++f) readCases(options.files[f], files[f], code);
  if (code != ExitCode::done) return code;
  std::size_t ok = 0, different = 0, unsupported = 0, computed = 0;
  std::string text;
  json list = json::array();
  for (const json& cases : files) {
    for (const json& one_case : cases) {
      if (!options.algorithm.empty() && textOf(one_case, "algorithm") != options.algorithm) continue;
      if (!options.id.empty() && textOf(one_case, "id") != options.id) continue;
      const Replayed done = replayCase(one_case, options.check);
      ++(done.status == "ok" ? ok : done.status == "DIFF" ? different : done.status == "unsupported" ? unsupported : computed);
      json entry = {{"id", done.id}, {"algorithm", done.algorithm}, {"status", done.status}, {"actual", done.actual}};
      if (!done.reason.empty()) entry["reason"] = done.reason;
      if (!done.differences.empty()) entry["differences"] = done.differences;
      list.push_back(std::move(entry));
      text += done.status + std::string(12 - done.status.size(), ' ') + models::printable(done.id, 200);
      if (!done.reason.empty()) text += ": " + models::printable(done.reason, 400);
      text += "\n";
      for (const std::string& difference : done.differences) text += "              " + models::printable(difference, 400) + "\n";
    }
  }
  if (ok + different + unsupported + computed == 0) {
    say("meshmall replay: no case has that id or algorithm");
    return ExitCode::wrong_input;
  }
  text += std::to_string(ok) + " ok, " + std::to_string(different) + " different, " + std::to_string(unsupported) + " unsupported";
  text += computed > 0 ? ", " + std::to_string(computed) + " computed\n" : "\n";
  const bool printed = print(options.look.format == Format::json ? list.dump(2, ' ', false, json::error_handler_t::replace) + "\n" : text);
  if (!printed) return ExitCode::file_trouble;
  return different > 0 ? ExitCode::gate_failed : ExitCode::done;
}

}  // namespace meshmall::cli
