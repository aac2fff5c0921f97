#include "models/importers/traces/import_traces.h"

#include <charconv>
#include <cmath>

#include "models/importers/traces/read_spans.h"

namespace meshmall::models::traces {

namespace {

constexpr std::size_t kNamesShown = 5;

std::string some(std::uint64_t n, const char* one, const char* more) { return std::to_string(n) + " " + (n == 1 ? one : more); }

std::string percentText(double part) {
  const long percent = std::lround(part * 100);
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

// "p50 predicted 140ms, traced 128ms (+9 %; the traces themselves tell -12 % to +15 %)"
void tellHeldOut(const HeldOut& held, ImportNotes& notes) {
  if (!held.trouble.empty()) {
    notes.guessed.push_back("how well it predicts is not known: " + held.trouble);
    return;
  }
  std::string text = "fitted to " + std::to_string(held.fitted) + " requests it predicts the other " + std::to_string(held.requests) + " (every tenth block):";
  bool first = true;
  for (const Prediction& p : held.predictions) {
    text += std::string(first ? " " : ", ") + p.figure + " " + durationText(p.predicted) + " for " + durationText(p.traced) + " (" + percentText(p.predicted / p.traced - 1) +
            "; so few requests know it to " + percentText(p.low / p.traced - 1) + " .. " + percentText(p.high / p.traced - 1) + ")";
    first = false;
  }
  notes.read.push_back(text);
}

}  // namespace

TraceImport importTraces(const TraceImportOptions& options) {
  TraceImport out;
  ImportResult& result = out.result;
  SpanLog log;
  for (const std::string& path : options.files) {
    const std::size_t before = log.spans().size();
    const SpanReading reading = readSpans(path, log, result.problems, result.unreadable);
    if (!hasErrors(result.problems)) tellReading(path, reading, log.spans().size() - before, result.notes);
  }
  if (hasErrors(result.problems)) return out;
  out.visits = makeVisits(log);
  tellVisits(out.visits, result.notes);
  auto& roots = out.visits.roots;
  if (options.fit_below < 10) {
    std::vector<std::uint32_t> kept;
    for (std::size_t i = 0; i < roots.size(); ++i)
      if (i % 10 < options.fit_below) kept.push_back(roots[i]);
    roots = std::move(kept);
  }
  if (roots.empty()) {
    result.problems.push_back({options.files.front(), 0, 0, "", "has no trace with a customer's request in it", "", Problem::Severity::error, 0, {}});
    return out;
  }
  if (options.hold_out) {
    out.held_out = predictHeldOut(out.visits, options.words);
    tellHeldOut(out.held_out, result.notes);
  }
  MeshWords words = options.words;
  words.traced = figuresOf(out.visits, roots);
  result.scenario = meshFromVisits(out.visits, roots, words, &result.notes);
  return out;
}

}  // namespace meshmall::models::traces
