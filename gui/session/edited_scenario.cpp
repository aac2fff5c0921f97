#include "gui/session/edited_scenario.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "gui/session/merge_patch.h"
#include "models/scenario/quantities.h"
#include "models/scenario/scenario.h"

namespace meshmall::gui {

namespace {

using Json = nlohmann::ordered_json;

Json parsed(const std::string& text) {
  Json value = Json::parse(text, nullptr, false);
  return value.is_discarded() ? Json::object() : value;
}

std::int64_t nsOf(const Json& object, const char* key, std::int64_t otherwise) {
  if (!object.is_object() || !object.contains(key) || !object[key].is_string()) return otherwise;
  const auto read = models::parseDuration(object[key].get<std::string>());
  const auto* duration = std::get_if<engine::Duration>(&read);
  return duration != nullptr ? duration->ns : otherwise;
}

Json inverse(const Json& before, const Json& patch) {
  Json out = Json::object();
  for (auto it = patch.begin(); it != patch.end(); ++it) {
    if (!before.is_object() || !before.contains(it.key())) {
      if (!it->is_null()) out[it.key()] = nullptr;
    } else if (it->is_object() && before[it.key()].is_object()) {
      out[it.key()] = inverse(before[it.key()], *it);
    } else {
      out[it.key()] = before[it.key()];
    }
  }
  return out;
}

Json whole(const std::string& original, const std::optional<engine::Duration>& warmup, const std::optional<std::uint64_t>& seed, const std::vector<Edit>& edits,
           const std::map<std::uint32_t, engine::SimTime>& ends) {
  Json root = parsed(original);
  if (seed) {
    if (!root.contains("run") || !root["run"].is_object()) root["run"] = Json::object();
    root["run"]["seed"] = *seed;
  }
  if (edits.empty() && ends.empty() && !seed) return root;
  if (warmup && root.contains("run") && root["run"].is_object()) root["run"]["warmup"] = durationText(warmup->ns);
  if (edits.empty() && ends.empty()) return root;
  if (!root.contains("events") || !root["events"].is_array()) root["events"] = Json::array();
  Json& events = root["events"];
  for (const Edit& edit : edits) {
    Json event = Json::object();
    event["at"] = durationText(edit.at.ns);
    const Json what = parsed(edit.event);
    for (auto it = what.begin(); it != what.end(); ++it) event[it.key()] = *it;
    events.push_back(std::move(event));
  }
  for (const auto& [index, end] : ends)
    if (index < events.size()) events[index]["for"] = durationText(std::max<std::int64_t>(0, end.ns - nsOf(events[index], "at", 0)));
  return root;
}

Json meshOf(const Json& root, std::int64_t before_ns, std::size_t before_index) {
  Json mesh = root.contains("mesh") ? root["mesh"] : Json::object();
  if (!root.contains("events")) return mesh;
  std::vector<std::pair<std::int64_t, std::size_t>> order;
  for (std::size_t i = 0; i < root["events"].size(); ++i) {
    const Json& event = root["events"][i];
    const std::int64_t at = nsOf(event, "at", 0);
    if (event.is_object() && event.contains("patch") && (at < before_ns || (at == before_ns && i < before_index))) order.emplace_back(at, i);
  }
  std::sort(order.begin(), order.end());
  for (const auto& [at, i] : order)
    if (root["events"][i]["patch"].contains("mesh")) mergePatch(mesh, root["events"][i]["patch"]["mesh"]);
  return mesh;
}

}  // namespace

std::string durationText(std::int64_t ns) {
  if (ns % 1'000'000'000 == 0) return std::to_string(ns / 1'000'000'000) + "s";
  if (ns % 1'000'000 == 0) return std::to_string(ns / 1'000'000) + "ms";
  if (ns % 1'000 == 0) return std::to_string(ns / 1'000) + "us";
  return std::to_string(ns) + "ns";
}

bool EditedScenario::wellFormed(const std::string& event) {
  const Json value = Json::parse(event, nullptr, false);
  return value.is_object() && !value.empty() && !value.contains("at");
}

EditedScenario::EditedScenario(std::string original, std::optional<engine::Duration> warmup) : original_(std::move(original)), warmup_(warmup) {
  const Json root = parsed(original_);
  if (root.contains("events") && root["events"].is_array()) own_events_ = static_cast<std::uint32_t>(root["events"].size());
}

void EditedScenario::setSeed(std::uint64_t seed) {
  const Json root = parsed(original_);
  const bool says = root.contains("run") && root["run"].is_object() && root["run"].contains("seed") && root["run"]["seed"].is_number_unsigned();
  if (seed == (says ? root["run"]["seed"].get<std::uint64_t>() : models::RunSettings{}.seed)) seed_.reset();
  else seed_ = seed;
}

std::vector<Edit> EditedScenario::history() const {
  std::vector<Edit> all;
  for (std::size_t i = 0; i < edits_.size(); ++i) {
    all.push_back(edits_[i]);
    all.back().ended = endOf(originalEvents() + static_cast<std::uint32_t>(i));
  }
  for (const auto& [event, end] : ends_)
    if (event < originalEvents()) all.push_back({end, "the end of the file's event " + std::to_string(event), "", std::nullopt});
  std::stable_sort(all.begin(), all.end(), [](const Edit& a, const Edit& b) { return a.at < b.at; });
  return all;
}

std::uint32_t EditedScenario::add(Edit edit) {
  edits_.push_back(std::move(edit));
  return originalEvents() + static_cast<std::uint32_t>(edits_.size()) - 1;
}

bool EditedScenario::end(std::uint32_t index, engine::SimTime now) {
  const Json root = whole(original_, warmup_, seed_, edits_, ends_);
  if (!root.contains("events") || index >= root["events"].size()) return false;
  const Json& event = root["events"][index];
  if (event.contains("every") || event.contains("patch")) return false;
  if (event.contains("for") && !event["for"].is_string()) return false;  // a drawn length: only the mall knows its end
  const std::int64_t at = nsOf(event, "at", 0);
  if (now.ns <= at) return false;
  if (event.contains("for") && at + nsOf(event, "for", 0) <= now.ns) return false;
  ends_[index] = now;
  return true;
}

bool EditedScenario::withdraw(std::uint32_t index, engine::SimTime now) {
  if (edits_.empty() || index != originalEvents() + edits_.size() - 1 || edits_.back().at <= now) return false;
  edits_.pop_back();
  ends_.erase(index);
  return true;
}

bool EditedScenario::isPatch(std::uint32_t index) const {
  const Json root = whole(original_, warmup_, seed_, edits_, ends_);
  return root.contains("events") && index < root["events"].size() && root["events"][index].contains("patch");
}

std::string EditedScenario::inverseOf(std::uint32_t index) const {
  const Json root = whole(original_, warmup_, seed_, edits_, ends_);
  if (!isPatch(index)) return "{}";
  const Json& event = root["events"][index];
  const Json before = meshOf(root, nsOf(event, "at", 0), index);
  Json out = Json::object();
  out["patch"] = Json::object();
  out["patch"]["mesh"] = inverse(before, event["patch"].contains("mesh") ? event["patch"]["mesh"] : Json::object());
  return out.dump();
}

std::string EditedScenario::meshAt(engine::SimTime now) const {
  return meshOf(whole(original_, warmup_, seed_, edits_, ends_), now.ns, ~std::size_t{0}).dump();
}

std::string EditedScenario::text() const { return edited() || seed_ ? whole(original_, warmup_, seed_, edits_, ends_).dump(2) + "\n" : original_; }

std::optional<engine::SimTime> EditedScenario::endOf(std::uint32_t event) const {
  const auto found = ends_.find(event);
  return found == ends_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace meshmall::gui
