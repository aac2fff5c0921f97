// What a container does before it stops.
#include <nlohmann/json.hpp>  // before istio_parts.h

#include "models/importers/istio_parts.h"

namespace meshmall::models {

std::optional<std::int64_t> sleepBeforeStop(const YamlValue& container) {
  const auto bounded = [](std::int64_t seconds) { return seconds >= 0 && seconds <= 86'400 ? std::optional(seconds) : std::nullopt; };
  const YamlValue* hook = container.find({"lifecycle", "preStop"});
  if (hook == nullptr) return std::nullopt;
  if (hook->find("sleep") != nullptr) return bounded(wholeOf(hook->find({"sleep", "seconds"}), -1));
  const YamlValue* command = hook->find({"exec", "command"});
  if (command == nullptr || !command->isList()) return std::nullopt;
  std::string text;  // ["sleep", "15"], ["/bin/sh", "-c", "sleep 15"]
  for (const YamlValue& word : command->items) text += (text.empty() ? "" : " ") + word.text;
  for (const std::string_view shell : {"/bin/sh -c ", "sh -c ", "/bin/bash -c ", "bash -c ", "/bin/", "/usr/bin/"})
    if (text.rfind(shell, 0) == 0) text.erase(0, shell.size());
  if (text.rfind("sleep ", 0) != 0) return std::nullopt;
  text.erase(0, 6);
  if (!text.empty() && text.back() == 's') text.pop_back();
  if (text.empty() || text.size() > 5 || text.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return bounded(std::stoll(text));
}

}  // namespace meshmall::models
