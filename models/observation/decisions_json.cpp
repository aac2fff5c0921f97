#include "models/observation/decisions_json.h"

namespace meshmall::models {

void writeDecisions(JsonWriter& w, const Result& r) {
  w.key("decisions");
  w.beginArray();
  for (const DecisionResult& d : r.decisions) {
    w.beginObject();
    w.member("t", d.t);
    w.member("kind", d.kind);
    w.member("subject", d.subject);
    w.member("by", d.by);
    w.key("detail");
    w.beginObject();
    for (const auto& [key, value] : d.detail) {
      w.key(key);
      if (const double* number = std::get_if<double>(&value)) {
        w.value(*number);
      } else {
        w.value(std::string_view(std::get<std::string>(value)));
      }
    }
    w.endObject();
    w.endObject();
  }
  w.endArray();
}

std::string decisionsJson(const Result& result) {
  JsonWriter w;
  w.beginObject();
  w.member("meshmall", std::uint64_t{1});
  w.member("scenario", result.scenario);
  w.member("seed", result.seed);
  writeDecisions(w, result);
  w.member("decisionsOmitted", result.decisions_omitted);
  w.endObject();
  return w.take();
}

}  // namespace meshmall::models
