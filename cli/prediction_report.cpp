#include "cli/prediction_report.h"

#include <cmath>
#include <limits>

#include "cli/number_text.h"
#include "cli/text_table.h"
#include "models/observation/json_writer.h"
#include "models/version.h"

namespace meshmall::cli {

using models::Prediction;
using models::Scenario;
using models::ServicePrediction;
using models::TrafficPrediction;

namespace {

std::string trafficTable(const Prediction& prediction, const Palette& palette) {
  TextTable table({"customers", "rate/s", "peak/s", "calls each", "alone", "with queues"});
  for (const TrafficPrediction& t : prediction.traffic)
    table.add({t.name, (t.closed ? "~" : "") + plain(t.rate), t.closed ? "-" : plain(t.peak), plain(t.calls), milliseconds(t.unloaded * 1e3),
               std::isinf(t.response) ? "grows" : "~" + milliseconds(t.response * 1e3)});
  return table.text(2, palette.dim, palette.plain);
}

std::string serviceTable(const Prediction& prediction, const Palette& palette) {
  TextTable table({"service", "calls/customer", "requests/s", "offered load", "workers", "cpu", "utilisation", "peak", ""});
  table.alignLeft(8);
  const auto word = [&](bool overloaded, double peak) { return overloaded ? "overloaded" : peak >= 1 ? "overloaded at times" : ""; };
  const auto load = [](const models::VersionPrediction& v) {
    return v.workers > 0 ? v.held / v.workers : v.held > 0 ? std::numeric_limits<double>::infinity() : 0.0;
  };
  for (const ServicePrediction& s : prediction.services) {
    const std::string about = s.thread ? "~" : "";
    table.add({s.name, plain(s.calls_per_customer), plain(s.rate), plain(s.offered), amount(s.workers), share(s.cpu), about + share(s.utilization),
               share(s.peak), word(s.overloaded, s.peak)});
    if (s.versions.size() < 2) continue;
    for (const models::VersionPrediction& v : s.versions)
      table.add({"  " + v.name, "", plain(v.rate), plain(v.offered), amount(v.workers), share(v.cpu), about + share(v.utilization), share(v.peak),
                 word(load(v) >= 1, v.peak)});
  }
  return table.text(2, palette.dim, palette.plain);
}

std::string criticalPaths(const Scenario& scenario, const Prediction& prediction) {
  std::string text;
  for (const TrafficPrediction& t : prediction.traffic) {
    text += "  critical path of " + t.name + ": ";
    for (std::size_t i = 0; i < t.critical.size(); ++i)
      text += (i > 0 ? " -> " : "") + models::operationName(scenario, t.critical[i].of) + " " + milliseconds(t.critical[i].response * 1e3) + " (" +
              share(t.critical[i].share) + ")";
    text += "\n";
  }
  return text;
}

std::string verdict(const Prediction& p, const Palette& palette) {
  const std::string name = p.services[p.bottleneck].name;
  std::string text = "  bottleneck: " + palette.bold + name + palette.plain + ", " + share(p.load) + " of its workers' time\n";
  if (!p.stable) return text + "  " + palette.bad + "unstable" + palette.plain + ": more work comes than can be done; queues grow for as long as it lasts\n";
  if (!p.overloads.empty()) return text + "  " + palette.warn + "stable over the whole run, overloaded at times" + palette.plain + "\n";
  return text + "  " + palette.good + "stable" + palette.plain + "\n";
}

}  // namespace

std::string predictionText(const Scenario& scenario, const Prediction& prediction, const Palette& palette) {
  std::string text = trafficTable(prediction, palette) + "\n" + serviceTable(prediction, palette) + "\n" + criticalPaths(scenario, prediction);
  text += "  longest chain of calls: " + std::to_string(prediction.depth) + "\n" + verdict(prediction, palette);
  bool about = false, closed = false;
  for (const ServicePrediction& s : prediction.services) about = about || s.thread;
  for (const TrafficPrediction& t : prediction.traffic) closed = closed || t.closed;
  text += palette.dim + "  by traffic equations; retries after timeouts or overload, full queues, breakers and ejections are not counted";
  if (about || closed) text += "; ~ is approximate";
  text += palette.plain + "\n";
  if (!prediction.complete) text += "  the rates change too often to follow all changes; the last ones are left out\n";
  return text;
}

std::vector<std::string> overloadWarnings(const Scenario& scenario, const Prediction& prediction) {
  std::vector<std::string> warnings;
  for (std::size_t service = 0; service < prediction.services.size(); ++service) {
    const ServicePrediction& s = prediction.services[service];
    for (std::size_t version = 0; version < s.versions.size(); ++version) {
      const models::VersionPrediction& v = s.versions[version];
      if (v.held <= 0 || v.held < v.workers) continue;
      const bool bounded = scenario.services[service].versions[version].queue_limit.has_value();
      warnings.push_back("unstable: " + s.name + (s.versions.size() > 1 ? " " + v.name : "") + " gets work for " + plain(v.held) + " workers and has " +
                         amount(v.workers) + (bounded ? "; its queue will be full (queueLimit) and turn requests away" : "; its queue will grow as long as the run lasts"));
    }
  }
  for (const models::Overload& o : prediction.overloads) {
    if (prediction.services[o.service].overloaded) continue;
    warnings.push_back("overloaded for a while: " + scenario.services[o.service].name + " from " + seconds(o.begin.seconds()) + " to " +
                       seconds(o.end.seconds()) + " (" + (std::isinf(o.load) ? "nobody there" : share(o.load)) + ")");
    if (warnings.size() >= 20) break;
  }
  return warnings;
}

namespace {

void writeVersion(models::JsonWriter& w, const models::VersionPrediction& v) {
  w.beginObject();
  w.member("rate", v.rate);
  w.member("offeredLoad", v.offered);
  w.member("heldLoad", v.held);
  w.member("workers", v.workers);
  w.member("cpu", v.cpu);
  w.member("utilization", v.utilization);
  w.member("peak", v.peak);
  w.member("waiting.mean", v.waiting * 1e3);
  w.endObject();
}

void writeServices(models::JsonWriter& w, const Prediction& p) {
  w.key("services");
  w.beginObject();
  for (const ServicePrediction& s : p.services) {
    w.key(s.name);
    w.beginObject();
    w.member("callsPerCustomer", s.calls_per_customer);
    w.member("rate", s.rate);
    w.member("offeredLoad", s.offered);
    w.member("heldLoad", s.held);
    w.member("workers", s.workers);
    w.member("cpu", s.cpu);
    w.member("utilization", s.utilization);
    w.member("peak", s.peak);
    w.member("serverTime", s.response * 1e3);
    w.member("approximate", s.thread);
    w.member("overloaded", s.overloaded);
    w.key("versions");
    w.beginObject();
    for (const models::VersionPrediction& v : s.versions) {
      w.key(v.name);
      writeVersion(w, v);
    }
    w.endObject();
    w.endObject();
  }
  w.endObject();
}

void writeTraffic(models::JsonWriter& w, const Scenario& scenario, const Prediction& p) {
  w.key("traffic");
  w.beginObject();
  for (const TrafficPrediction& t : p.traffic) {
    w.key(t.name);
    w.beginObject();
    w.member("rate", t.rate);
    w.member("peak", t.peak);
    w.member("closed", t.closed);
    w.member("callsPerCustomer", t.calls);
    w.member("success.rate", t.success);
    w.member("latency.unloaded", t.unloaded * 1e3);
    w.member("latency.mean", t.response * 1e3);
    w.key("criticalPath");
    w.beginArray();
    for (const models::PathPart& part : t.critical) {
      w.beginObject();
      w.member("operation", models::operationName(scenario, part.of));
      w.member("response", part.response * 1e3);
      w.member("share", part.share);
      w.endObject();
    }
    w.endArray();
    w.endObject();
  }
  w.endObject();
}

void writePrediction(models::JsonWriter& w, const Scenario& scenario, const Prediction& p) {
  w.key("prediction");
  w.beginObject();
  w.member("stable", p.stable);
  w.member("bottleneck", p.services[p.bottleneck].name);
  w.member("load", p.load);
  w.member("depth", std::uint64_t{p.depth});
  writeTraffic(w, scenario, p);
  writeServices(w, p);
  w.key("overloads");
  w.beginArray();
  for (const models::Overload& o : p.overloads) {
    w.beginObject();
    w.member("service", p.services[o.service].name);
    w.member("from", o.begin.seconds());
    w.member("to", o.end.seconds());
    w.member("load", o.load);
    w.endObject();
  }
  w.endArray();
  w.endObject();
}

}  // namespace

std::string checksJson(const std::vector<CheckedFile>& files) {
  models::JsonWriter w;
  w.beginObject();
  w.member("meshmall", std::uint64_t{1});
  w.member("version", models::version());
  w.key("checks");
  w.beginArray();
  for (const CheckedFile& file : files) {
    w.beginObject();
    w.member("file", file.file);
    w.member("sound", file.scenario != nullptr);
    w.key("problems");
    w.beginArray();
    for (const models::Problem& problem : file.problems) {
      w.beginObject();
      w.member("severity", problem.severity == models::Problem::Severity::error ? "error" : "warning");
      w.member("file", problem.file);
      w.member("line", std::uint64_t{problem.line});
      w.member("column", std::uint64_t{problem.column});
      w.member("pointer", problem.pointer);
      w.member("message", problem.message);
      w.member("hint", problem.hint);
      if (!problem.code.empty()) w.member("code", problem.code);
      w.endObject();
    }
    w.endArray();
    if (file.scenario != nullptr) writePrediction(w, *file.scenario, *file.prediction);
    w.endObject();
  }
  w.endArray();
  w.endObject();
  return w.take();
}

}  // namespace meshmall::cli
