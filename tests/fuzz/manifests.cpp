// libFuzzer: any bytes as manifests, as an Isotope graph and as a list of calls end in a sound scenario or in problems, never in both errors and a scenario or neither; every problem
// can be printed; what was imported can be exported and is YAML again. The first byte chooses which.
// Built in the preset `fuzz`: build/fuzz/tests/fuzz_manifests tests/fuzz/manifests_corpus. The corpus is replayed by an ordinary test too.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "models/importers/istio.h"
#include "models/importers/istio_yaml.h"
#include "models/importers/isotope.h"
#include "models/importers/yaml_text.h"

namespace {

using namespace meshmall::models;

void check(const ImportResult& result) {
  if (result.scenario.empty() != hasErrors(result.problems)) std::abort();
  for (const Problem& problem : result.problems)
    if (textOf(problem).empty()) std::abort();
}

constexpr const char* kShop =
    "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {selector: {app: a}}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: b}\nspec: {selector: {app: b}}\n---\n"
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a-v1}\nspec: {template: {metadata: {labels: {app: a, version: v1}}}}\n---\n"
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: b-v1}\nspec: {template: {metadata: {labels: {app: b, version: v1}}}}\n---\n";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0: {  // beside a shop, so that policies find their services
      const ImportResult result = importIstio({{{"shop.yaml", kShop}, {"fuzz.yaml", text}}, {}, {}, "fuzz"});
      check(result);
      if (result.scenario.empty()) break;
      const IstioYaml exported = istioYaml(result.scenario);
      std::vector<Problem> problems;
      parseYaml(exported.text, 0, "exported.yaml", problems);
      if (hasErrors(problems)) std::abort();
      break;
    }
    case 1: check(importIsotope({{"fuzz.yaml", text}}, "fuzz")); break;
    case 2: check(importIstio({{{"shop.yaml", kShop}}, {{{"fuzz.dot", text}, true}}, {}, "fuzz"})); break;
    default: check(importIstio({{{"shop.yaml", kShop}}, {{{"--calls", text}, false}}, InputFile{"load.json", text}, "fuzz"})); break;
  }
  return 0;
}
