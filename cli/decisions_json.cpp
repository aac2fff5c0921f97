#include "cli/decisions_json.h"

#include "models/observation/json_writer.h"

namespace meshmall::cli {

std::string decisionsJson(const models::Result& result) {
  models::JsonWriter w;
  w.beginObject();
  w.member("meshmall", std::uint64_t{1});
  w.member("scenario", result.scenario);
  w.member("seed", result.seed);
  w.key("decisions");
  w.beginArray();
  for (const models::DecisionResult& d : result.decisions) {
    w.beginObject();
    w.member("t", d.t);
    w.member("kind", d.kind);
    w.member("subject", d.subject);
    w.member("by", d.by);
    w.key("detail");
    w.beginObject();
    for (const auto& [key, value] : d.detail) {
      w.key(key);
      if (const auto* number = std::get_if<double>(&value))
        w.value(*number);
      else
        w.value(std::string_view(std::get<std::string>(value)));
    }
    w.endObject();
    w.endObject();
  }
  w.endArray();
  w.member("decisionsOmitted", result.decisions_omitted);
  w.endObject();
  return w.take();
}

}  // namespace meshmall::cli
