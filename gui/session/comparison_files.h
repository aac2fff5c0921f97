// A comparison of two policies as files that the shell program takes: the study of both, a gate file with the default margins, the policies as Istio's manifests, and
// the line that judges them. The same customers come to both in every replication.
#pragma once

#include <string>
#include <vector>

namespace meshmall::gui {

struct PolicyPair {
  std::string scenario;   // the file, as the study names it
  std::string file_text;  // what it says
  std::string as_is;      // the same with the edits of the session
  std::string changed;    // the same with the other policy
  std::string name;       // of the change: "kitchen: second tries (retries)"
};

// `text` with a merge patch (RFC 7396), both JSON objects. Empty: one of them is not.
std::string withPatch(const std::string& text, const std::string& patch);

// A study with the variants "as-is" and "changed", each what it takes to come there from the file; 20 replications. Empty: a text is not a JSON object.
std::string studyText(const PolicyPair& pair);
// A gate file with the rules that `meshmall compare` has when it is given none, to be changed by hand. (The scenario's SLOs are rules by themselves.)
std::string gateText();

struct Manifests {
  std::string text;
  std::vector<std::string> remarks;  // what Istio's resources cannot say
};
Manifests manifests(const std::string& scenario_text);

// The path of a scenario as a study in `study` names it: from the study's folder.
std::string seenFrom(const std::string& study, const std::string& scenario);

// "meshmall compare study.json:as-is study.json:changed --gate gates.json"; an empty name: the built-in rules.
std::string compareCommand(const std::string& study, const std::string& gates);

}  // namespace meshmall::gui
