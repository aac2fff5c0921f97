#include "models/importers/traces/visits.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

namespace meshmall::models::traces {

namespace {

constexpr std::int64_t kClockNoise = 2'000'000;  // starts rounded to milliseconds, on both sides
constexpr std::uint32_t kNone = 0xffffffffU;

struct Interval {
  std::int64_t from, to;
};

// How much of [from, to] the intervals cover. They are sorted by it.
std::int64_t covered(std::vector<Interval>& intervals, std::int64_t from, std::int64_t to) {
  std::sort(intervals.begin(), intervals.end(), [](const Interval& a, const Interval& b) { return a.from < b.from; });
  std::int64_t sum = 0, reached = from;
  for (const Interval& each : intervals) {
    const std::int64_t begin = std::max(each.from, reached), end = std::min(each.to, to);
    if (end <= begin) continue;
    sum += end - begin;
    reached = end;
  }
  return sum;
}

class Builder {
 public:
  explicit Builder(SpanLog& log) : log_(log), spans_(log.spans()), children_(spans_.size()), parent_(spans_.size(), kNone), state_(spans_.size(), State::unseen) {}

  Visits build() {
    sortSpans();
    linkParents();
    collectRoots();
    std::uint64_t cyclic = 0;
    for (const State state : state_) cyclic += state == State::unseen ? 1U : 0U;
    out_.cyclic = cyclic;
    for (const std::uint32_t root : root_spans_) makeTree(root);
    out_.asynchronous = dropped_;
    takeEntrance();
    std::stable_sort(out_.roots.begin(), out_.roots.end(), [&](std::uint32_t a, std::uint32_t b) { return out_.all[a].start < out_.all[b].start; });
    return std::move(out_);
  }

 private:
  enum class State : std::uint8_t { unseen, placed, dropped };
  struct Frame {  // a visit to be made of a server span
    std::uint32_t span, parent, call;  // visit of the caller and which of its calls
    std::int64_t shift;                // of its clock
  };

  void sortSpans() {
    std::stable_sort(spans_.begin(), spans_.end(), [](const Span& a, const Span& b) {
      if (a.trace != b.trace) return a.trace < b.trace;
      if (a.start != b.start) return a.start < b.start;
      return a.end > b.end;  // the outer first
    });
  }

  // Traces are ranges of the sorted spans.
  template <typename Visit>
  void eachTrace(Visit visit) {
    for (std::size_t begin = 0; begin < spans_.size();) {
      std::size_t end = begin;
      while (end < spans_.size() && spans_[end].trace == spans_[begin].trace) ++end;
      visit(static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end));
      begin = end;
    }
  }

  void linkParents() {
    std::unordered_map<std::uint64_t, std::uint32_t> clients, servers;  // by identifier; asked, never walked
    eachTrace([&](std::uint32_t begin, std::uint32_t end) {
      clients.clear();
      servers.clear();
      for (std::uint32_t i = begin; i < end; ++i) {
        const bool server = spans_[i].shared || spans_[i].kind == SpanKind::server;
        if ((server ? servers : clients).try_emplace(spans_[i].id, i).second) continue;
        state_[i] = State::dropped;
        ++out_.doubled;
      }
      for (std::uint32_t i = begin; i < end; ++i) {
        if (state_[i] == State::dropped) continue;
        const auto half = spans_[i].shared || spans_[i].kind == SpanKind::server ? clients.find(spans_[i].id) : clients.end();
        if (half != clients.end()) {  // the two halves of one call under one identifier
          parent_[i] = half->second;
        } else if (spans_[i].parent != 0) {
          parent_[i] = findParent(clients, servers, i);
          if (parent_[i] == kNone) orphans_.push_back(i);
        } else {
          tops_.push_back(i);
        }
        if (parent_[i] != kNone) children_[parent_[i]].push_back(i);
      }
    });
  }

  std::uint32_t findParent(const std::unordered_map<std::uint64_t, std::uint32_t>& clients, const std::unordered_map<std::uint64_t, std::uint32_t>& servers,
                           std::uint32_t span) const {
    const auto client = clients.find(spans_[span].parent), server = servers.find(spans_[span].parent);
    const bool has_client = client != clients.end(), has_server = server != servers.end();
    if (has_client && has_server) return spans_[server->second].service == spans_[span].service ? server->second : client->second;
    return has_server ? server->second : has_client ? client->second : kNone;
  }

  // Everything below a span, itself included, gets the state; how many there are.
  std::uint64_t mark(std::uint32_t top, State state) {
    std::uint64_t marked = 0;
    std::vector<std::uint32_t> open = {top};
    while (!open.empty()) {
      const std::uint32_t span = open.back();
      open.pop_back();
      if (state_[span] == state) continue;
      state_[span] = state;
      ++marked;
      open.insert(open.end(), children_[span].begin(), children_[span].end());
    }
    return marked;
  }

  void collectRoots() {
    std::vector<bool> has_root(log_.traces(), false);
    for (const std::uint32_t top : tops_) {
      has_root[spans_[top].trace] = true;
      root_spans_.push_back(top);
      mark(top, State::placed);
    }
    // Of a trace whose root was not recorded the first of the topmost spans stands for it, the others fit nowhere.
    for (const std::uint32_t orphan : orphans_) {
      if (has_root[spans_[orphan].trace]) {
        out_.orphans += mark(orphan, State::dropped);
        continue;
      }
      has_root[spans_[orphan].trace] = true;
      ++out_.headless;
      root_spans_.push_back(orphan);
      mark(orphan, State::placed);
    }
  }

  bool startsVisit(std::uint32_t span) const {
    const std::uint32_t parent = parent_[span];
    if (parent == kNone || spans_[span].service != spans_[parent].service) return true;
    return spans_[span].kind == SpanKind::server && spans_[parent].kind == SpanKind::client;
  }

  std::uint32_t operationOf(std::uint32_t span) {
    const Span& s = spans_[span];
    const std::string& given = log_.text(s.name);
    const bool path_only = !given.empty() && given.front() == '/' && parent_[span] != kNone;
    const std::string name = s.raw_name || path_only ? operationName(given, path_only ? methodOf(log_.text(spans_[parent_[span]].name)) : std::string_view(), {}) : given;
    const auto key = std::make_pair(s.service, name);
    const auto [found, fresh] = operations_.try_emplace(key, static_cast<std::uint32_t>(out_.operations.size()));
    if (fresh) out_.operations.push_back({log_.text(s.service), name, kNoVisit});
    return found->second;
  }

  void makeTree(std::uint32_t root) {
    std::vector<Frame> open = {{root, kNoVisit, 0, 0}};
    while (!open.empty()) {
      const Frame frame = open.back();
      open.pop_back();
      makeVisit(frame, open);
    }
  }

  void makeVisit(const Frame& frame, std::vector<Frame>& open) {
    const Span& span = spans_[frame.span];
    const auto index = static_cast<std::uint32_t>(out_.all.size());
    Visit visit;
    visit.operation = operationOf(frame.span);
    visit.pod = span.pod;
    out_.pods.try_emplace(span.pod, log_.text(span.pod));
    visit.trace = span.trace;
    visit.parent = frame.parent;
    visit.start = span.start + frame.shift;
    visit.end = span.end + frame.shift;
    visit.status = span.status;
    visit.failed = span.failed;
    visit.root = frame.parent == kNoVisit ? index : out_.all[frame.parent].root;
    if (frame.parent == kNoVisit) {
      visit.from_within = span.parent == 0 && (span.kind == SpanKind::internal || span.kind == SpanKind::client || span.kind == SpanKind::producer);
      out_.roots.push_back(index);
    } else {
      out_.all[frame.parent].calls[frame.call].visit = index;
    }
    std::vector<Interval> waits;
    readInside(frame, visit, waits, open, index);
    finishOwnTime(visit, waits);
    out_.all.push_back(std::move(visit));
  }

  // The spans of the same service below the visit's, down to the calls.
  void readInside(const Frame& frame, Visit& visit, std::vector<Interval>& waits, std::vector<Frame>& open, std::uint32_t index) {
    struct Found {
      TracedCall call;
      Frame frame;
      std::uint32_t client = kNone;
    };
    std::vector<Found> found;
    std::vector<std::uint32_t> inside(children_[frame.span].rbegin(), children_[frame.span].rend());
    while (!inside.empty()) {
      const std::uint32_t i = inside.back();
      inside.pop_back();
      const Span& s = spans_[i];
      if (startsVisit(i)) {
        Found each{{}, {i, index, 0, frame.shift}, parent_[i] != frame.span && spans_[parent_[i]].kind == SpanKind::client ? parent_[i] : kNone};
        if (readCall(i, frame, visit, each.call, each.frame.shift)) {
          found.push_back(each);
        } else {
          // Its client's span tells of nothing else; a producer's is work of the service itself.
          const std::uint32_t above = parent_[i];
          const bool both = above != frame.span && spans_[above].kind == SpanKind::client && onlyCallOf(above);
          dropped_ += mark(both ? above : i, State::dropped);
        }
        continue;
      }
      if (children_[i].empty()) {
        const std::string& name = log_.text(s.name);
        const bool storage = s.storage || (s.kind == SpanKind::unknown && namesStorage(name));
        const bool remote = storage || s.kind == SpanKind::client || (s.kind == SpanKind::unknown && namesRemoteProcedure(name, log_.text(s.service)));
        if (remote) {
          waits.push_back({s.start + frame.shift, s.end + frame.shift});
          out_.stored += storage ? 1U : 0U;
          if (!storage) {
            ++out_.unanswered;
            ++out_.unanswered_names[log_.text(s.service) + " -> " + name];
          }
        }
      }
      inside.insert(inside.end(), children_[i].rbegin(), children_[i].rend());
    }
    std::stable_sort(found.begin(), found.end(), [](const Found& a, const Found& b) { return a.call.start < b.call.start; });
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> first;  // by client's span and service: the first try
    for (std::size_t k = 0; k < found.size(); ++k) {
      if (found[k].client != kNone) {
        const auto [known, fresh] = first.try_emplace({found[k].client, spans_[found[k].frame.span].service}, k);
        found[k].call.again = !fresh;
        // Between two tries the caller waits for its proxy: the first try's interval holds the pause too.
        if (!fresh) visit.calls[known->second].end = std::max(visit.calls[known->second].end, found[k].call.end);
      }
      found[k].frame.call = static_cast<std::uint32_t>(k);
      visit.calls.push_back(found[k].call);
      open.push_back(found[k].frame);
    }
  }

  // False: the caller did not wait for it. `shift`: the clock of the caller; comes back as that of the callee.
  bool readCall(std::uint32_t server, const Frame& caller, const Visit& visit, TracedCall& call, std::int64_t& shift) {
    const Span& s = spans_[server];
    if (s.kind == SpanKind::consumer) return false;
    const std::uint32_t above = parent_[server];
    const bool has_client = above != caller.span && onlyCallOf(above);
    const std::int64_t length = s.end - s.start;
    std::int64_t start = s.start + shift, end = s.end + shift;
    if (has_client) {
      const std::int64_t from = spans_[above].start + shift, to = spans_[above].end + shift;
      if ((start < from - kClockNoise || end > to + kClockNoise) && length <= to - from) {
        const std::int64_t moved = from + (to - from - length) / 2;
        shift += moved - start;
        start = moved;
        end = moved + length;
        ++out_.skewed;
      }
      start = std::min(start, from);
      end = std::max(end, to);
      call.gap = end - start - length;
    }
    // One that begins after the answer, or goes on for longer beyond it than within, is not waited for.
    if (start >= visit.end || end - visit.end > std::max(visit.end - start, kClockNoise)) return false;
    call.start = start;
    call.end = end;
    return true;
  }

  bool onlyCallOf(std::uint32_t client) const {
    std::size_t calls = 0;
    for (const std::uint32_t child : children_[client]) calls += startsVisit(child) ? 1U : 0U;
    return calls == 1;
  }

  static void finishOwnTime(Visit& visit, std::vector<Interval>& waits) {
    std::vector<Interval> calls, all;
    for (const TracedCall& call : visit.calls) calls.push_back({call.start, call.end});
    all = calls;
    all.insert(all.end(), waits.begin(), waits.end());
    const std::int64_t in_calls = covered(calls, visit.start, visit.end), in_all = covered(all, visit.start, visit.end);
    visit.wait = in_all - in_calls;
    visit.busy = visit.length() - in_all;
  }

  // Roots of a gateway that does nothing but pass on: the mall has an entrance of its own.
  void takeEntrance() {
    if (out_.roots.empty()) return;
    for (const std::uint32_t root : out_.roots) {
      const std::string& name = out_.operations[out_.all[root].operation].service;
      const std::string shorter = name.substr(0, name.find('.'));
      if (shorter != "gateway" && shorter.find("ingressgateway") == std::string::npos) return;
      const auto& calls = out_.all[root].calls;
      if (std::count_if(calls.begin(), calls.end(), [](const TracedCall& call) { return !call.again; }) != 1) return;
      out_.entrance_name = name;
    }
    out_.entrance = true;
  }

  SpanLog& log_;
  std::vector<Span>& spans_;
  std::vector<std::vector<std::uint32_t>> children_;
  std::vector<std::uint32_t> parent_;
  std::vector<State> state_;
  std::vector<std::uint32_t> tops_, orphans_, root_spans_;
  std::map<std::pair<std::uint32_t, std::string>, std::uint32_t> operations_;
  std::uint64_t dropped_ = 0;
  Visits out_;
};

}  // namespace

Visits makeVisits(SpanLog& log) { return Builder(log).build(); }

}  // namespace meshmall::models::traces
