#include "models/importers/traces/import_traces.h"

#include <charconv>
#include <algorithm>
#include <cmath>

#include "models/importers/traces/keep_apart.h"
#include "models/importers/traces/read_spans.h"
#include "models/importers/traces/time_json.h"

namespace meshmall::models::traces {

namespace {

constexpr std::size_t kNamesShown = 5;

std::string some(std::uint64_t n, const char* one, const char* more) { return std::to_string(n) + " " + (n == 1 ? one : more); }

std::string percentText(double part) {
  const long percent = std::lround(std::clamp(part * 100, -1e6, 1e9));  // a request of a nanosecond is far off
  return (percent > 0 ? "+" : "") + std::to_string(percent) + " %";
}

// What the reader left out, file by file.
void tellReading(const std::string& path, const SpanReading& reading, std::uint64_t spans, ImportNotes& notes) {
  const std::string file = path.substr(path.rfind('/') + 1);  // npos + 1 is 0
  notes.read.push_back(some(spans, "span", "spans") + " of " + printable(file, 100) + " (" + reading.format + ")");
  if (reading.broken_off) notes.not_modelled.push_back(printable(file, 100) + " breaks off in the middle: read up to there");
  if (reading.unusable > 0) notes.not_modelled.push_back(some(reading.unusable, "span", "spans") + " without an identifier, a service or times");
  if (reading.backwards > 0) notes.not_modelled.push_back(some(reading.backwards, "span", "spans") + " that end before they start");
}

void tellVisits(const Visits& visits, ImportNotes& notes) {
  if (visits.entrance) notes.read.push_back("the roots are " + visits.entrance_name + "'s, which only passes on: it is the mall's gateway");
  const auto left_out = [&](std::uint64_t n, const char* one, const char* more) {
    if (n > 0) notes.not_modelled.push_back(some(n, one, more));
  };
  left_out(visits.orphans, "span whose parent is not in the files", "spans whose parents are not in the files");
  left_out(visits.cyclic, "span that hangs in a circle", "spans that hang in circles");
  left_out(visits.doubled, "span that is there twice", "spans that are there twice");
  left_out(visits.asynchronous, "span of work that nobody waited for", "spans of work that nobody waited for");
  const auto failed = static_cast<std::uint64_t>(std::count_if(visits.roots.begin(), visits.roots.end(), [&](std::uint32_t root) { return visits.all[root].failed; }));
  if (failed > 0) notes.read.push_back(some(failed, "request", "requests") + " of " + std::to_string(visits.roots.size()) + " failed: the traced times beside a run's are those of the others");
  if (visits.headless > 0) notes.guessed.push_back(some(visits.headless, "trace has no root: its first span stands for it", "traces have no root: their first spans stand for them"));
  if (visits.skewed > 0) notes.guessed.push_back(some(visits.skewed, "server span was", "server spans were") + " outside of the client's by more than 2 ms: the clocks differ, it is moved into the middle");
  if (visits.stored > 0) notes.read.push_back(some(visits.stored, "span of a database or cache", "spans of databases and caches") + ": waits of the service, which need no worker");
  if (visits.unanswered > 0) {
    std::string names;
    std::size_t shown = 0;
    for (const auto& [name, n] : visits.unanswered_names) {
      if (shown == kNamesShown) {
        names += ", ...";
        break;
      }
      names += (names.empty() ? "" : ", ") + printable(name, 80);
      ++shown;
    }
    notes.guessed.push_back(some(visits.unanswered, "call", "calls") + " whose server recorded nothing (" + names + "): waits of the caller");
  }
}

// Operations that answer one caller slower than another.
void tellApart(const Visits& visits, ImportNotes& notes) {
  std::string names;
  std::size_t apart = 0;
  for (const TracedOperation& operation : visits.operations) {
    if (operation.plain == kNoVisit) continue;
    ++apart;
    if (apart <= kNamesShown) names += (names.empty() ? "" : ", ") + printable(operation.service + "/" + operation.name, 100);
  }
  if (apart == 0) return;
  if (apart > kNamesShown) names += ", ...";
  notes.read.push_back(some(apart, "operation takes", "operations take") + " another time for one caller than for the rest, so that caller's calls are kept apart: " + names);
  if (visits.apart_limited) notes.not_modelled.push_back("more operations that answer one caller slower than another: not kept apart");
}

bool hasHops(const Visits& visits) {
  return std::any_of(visits.all.begin(), visits.all.end(), [](const Visit& visit) { return std::any_of(visit.calls.begin(), visit.calls.end(), [](const TracedCall& call) { return call.gap > 0; }); });
}

// "p50 predicted 140ms, traced 128ms (+9 %; the traces themselves tell -12 % to +15 %)"
void tellHeldOut(const HeldOut& held, bool hops, ImportNotes& notes) {
  if (!held.trouble.empty()) {
    notes.guessed.push_back("how well it predicts is not known: " + held.trouble);
    return;
  }
  std::string text = "fitted to " + std::to_string(held.fitted) + " requests it predicts the other " + std::to_string(held.requests) + " (every tenth block)" + (hops ? ", with a hop of the customers there and back that their traces lack:" : ":");
  bool first = true;
  for (const Prediction& p : held.predictions) {
    text += std::string(first ? " " : ", ") + p.figure + " " + durationText(p.predicted) + " for " + durationText(p.traced);
    first = false;
    if (p.traced <= 0) continue;  // of nothing there are no percents
    text += " (" + percentText(p.predicted / p.traced - 1) + "; ";
    if (p.known) text += "the traced know it to " + percentText(p.low / p.traced - 1) + " .. " + percentText(p.high / p.traced - 1) + ")";
    else text += std::to_string(held.requests) + " requests cannot tell)";
  }
  notes.read.push_back(text);
}

}  // namespace

TraceImport readTraces(const std::vector<std::string>& files) {
  TraceImport out;
  ImportResult& result = out.result;
  SpanLog log;
  for (const std::string& path : files) {
    const std::size_t before = log.spans().size();
    const SpanReading reading = readSpans(path, log, result.problems, result.unreadable);
    if (!hasErrors(result.problems)) tellReading(path, reading, log.spans().size() - before, result.notes);
  }
  if (hasErrors(result.problems)) return out;
  out.visits = makeVisits(log);
  tellVisits(out.visits, result.notes);
  if (out.visits.roots.empty()) {
    std::string why;  // the notes are of no use to who gets no scenario
    for (const std::string& sentence : result.notes.not_modelled) why += (why.empty() ? "" : "; ") + sentence;
    result.problems.push_back({files.front(), 0, 0, "", "has no trace with a customer's request in it", why, Problem::Severity::error, 0, {}});
  }
  return out;
}

void deriveScenario(TraceImport& import, const MeshWords& words, bool hold_out) {
  if (hold_out) {
    import.held_out = predictHeldOut(import.visits, words);
    tellHeldOut(import.held_out, hasHops(import.visits), import.result.notes);
  }
  keepApart(import.visits, import.visits.roots);
  tellApart(import.visits, import.result.notes);
  MeshWords all = words;
  if (TracedFigures figures = figuresOf(import.visits, import.visits.roots); figures.requests > 0) all.traced = std::move(figures);
  import.result.scenario = meshFromVisits(import.visits, import.visits.roots, all, &import.result.notes);
}

TraceImport importTraces(const TraceImportOptions& options) {
  TraceImport out = readTraces(options.files);
  if (hasErrors(out.result.problems)) return out;
  if (options.fit_below < 10) {
    auto& roots = out.visits.roots;
    std::vector<std::uint32_t> kept;
    for (std::size_t i = 0; i < roots.size(); ++i)
      if (i % 10 < options.fit_below) kept.push_back(roots[i]);
    roots = std::move(kept);
  }
  deriveScenario(out, options.words, options.hold_out);
  return out;
}

}  // namespace meshmall::models::traces
