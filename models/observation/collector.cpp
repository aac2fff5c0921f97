#include "models/observation/collector.h"

#include <algorithm>

namespace meshmall::models {

using engine::Duration;
using engine::kNever;
using engine::SimTime;

namespace {
constexpr std::size_t kStatuses = 1'000;
}

Collector::Collector(const Layout& layout, Window window, Duration timeline_interval)
    : layout_(std::make_shared<const Layout>(layout)),
      window_(window),
      batch_length_(
          std::max<std::int64_t>(1, ((window.end - window.begin).ns + static_cast<std::int64_t>(kBatches) - 1) / static_cast<std::int64_t>(kBatches))),
      flows_(layout.flows.size()),
      traffic_(layout.traffic.size()),
      version_waiting_(layout.versions.size()),
      service_waiting_(layout.services.size()),
      service_rejected_(layout.services.size()),
      service_ejections_(layout.services.size()),
      failed_by_status_(kStatuses),
      timeline_(timeline_interval) {
  cross(SimTime{0});
}

std::size_t Collector::batchOf(SimTime t) const { return std::min(kBatches - 1, static_cast<std::size_t>((t - window_.begin).ns / batch_length_)); }

// The next instant at which something changes for the counters, whatever happens in the mall.
void Collector::scheduleBoundary() {
  next_boundary_ = timeline_.nextEnd();
  if (!window_opened_) {
    next_boundary_ = std::min(next_boundary_, window_.begin);
  } else if (in_window_) {
    next_boundary_ = std::min(next_boundary_, window_.end);
    if (batch_ + 1 < kBatches) {
      next_boundary_ = std::min(next_boundary_, SimTime{window_.begin.ns + batch_length_ * static_cast<std::int64_t>(batch_ + 1)});
    }
  }
}

void Collector::countFailure(std::vector<FailedCalls>& failed, Outcome outcome) {
  for (FailedCalls& each : failed) {
    if (each.outcome.status != outcome.status || each.outcome.flag != outcome.flag) continue;
    ++each.count;
    return;
  }
  failed.push_back({outcome, 1});
}

void Collector::arrivalAnswered(std::uint32_t flow, std::uint32_t endpoint, Duration latency, Outcome outcome, bool measured) {
  if (!measured) return;
  const std::uint32_t version = endpoint_info_[endpoint].version;
  std::vector<ArrivalCounters>& of_flow = arrivals_[flow];
  auto found = std::find_if(of_flow.begin(), of_flow.end(), [&](const ArrivalCounters& a) { return a.version == version; });
  if (found == of_flow.end()) {
    of_flow.emplace_back().version = version;
    found = of_flow.end() - 1;
  }
  (outcome.ok() ? found->ok : found->failed).add(latency);
  if (!outcome.ok()) countFailure(found->failed_alike, outcome);
}

void Collector::openWindow() {
  window_opened_ = in_window_ = true;
  for (Waiting& w : version_waiting_) w.max = w.now;
  for (Waiting& w : service_waiting_) w.max = w.now;
}

void Collector::cross(SimTime now) {
  while (now >= timeline_.nextEnd()) timeline_.closeInterval();
  if (!window_opened_ && now >= window_.begin) openWindow();
  if (in_window_) batch_ = batchOf(std::min(now, window_.end));
  if (now >= window_.end) in_window_ = false;
  scheduleBoundary();
}

void Collector::customerLeft(std::uint32_t traffic, SimTime arrived, SimTime now, Outcome outcome, bool abandoned, bool measured) {
  advanceTo(now);
  TrafficCounters& t = traffic_[traffic];
  ++t.customers.ended;
  const Duration latency = now - arrived;
  const bool ok = outcome.ok() && !abandoned;
  timeline_.answered(latency, ok);
  if (ok && in_window_) {
    ++t.answers.ok_in_window;
    ++batches_[batch_].ok_in_window;
  }
  if (!measured) return;
  Batch& batch = batches_[batchOf(arrived)];
  if (ok) {
    t.answers.ok.add(latency);
    batch.ok.add(latency);
    return;
  }
  t.answers.failed.add(latency);
  ++batch.failed;
  t.abandoned += abandoned ? 1U : 0U;
  t.answers.timeouts += outcome.flag == ResponseFlag::kUpstreamRequestTimeout ? 1U : 0U;
  if (!abandoned) ++failed_by_flag_[static_cast<std::size_t>(outcome.flag)];
  ++failed_by_status_[std::min<std::size_t>(abandoned ? 0 : outcome.status, kStatuses - 1)];
}

std::uint32_t Collector::addEndpoint(const EndpointInfo& info, SimTime now) {
  advanceTo(now);
  const auto index = static_cast<std::uint32_t>(endpoints_.size());
  endpoint_info_.push_back(info);
  endpoints_.emplace_back();
  endpoints_.back().capacity.set(now, info.workers, window_);
  return index;
}

void Collector::rejected(Rejection reason, std::uint32_t flow_or_none, std::uint32_t endpoint_or_none, bool measured) {
  timeline_.rejected();
  if (!measured) return;
  const auto r = static_cast<std::size_t>(reason);
  ++rejected_[r];
  if (flow_or_none != kNoIndex) ++flows_[flow_or_none].answers.rejected[r];
  if (endpoint_or_none != kNoIndex) ++endpoints_[endpoint_or_none].answers.rejected[r];
  if (flow_or_none != kNoIndex) {  // the callee's
    ++service_rejected_[layout_->operations[layout_->flows[flow_or_none].operation].service][r];
  } else if (endpoint_or_none != kNoIndex) {
    ++service_rejected_[layout_->versions[endpoint_info_[endpoint_or_none].version].service][r];
  }
}

void Collector::decision(SimTime now, DecisionKind kind, Subject subject, std::string_view by, Detail detail) {
  advanceTo(now);
  if (kind == DecisionKind::ejection && window_.contains(now)) {
    ++ejections_;
    if (subject.kind == Subject::Kind::endpoint) {
      ++endpoints_[subject.index].ejections;
      ++service_ejections_[layout_->versions[endpoint_info_[subject.index].version].service];
    }
  }
  ++decisions_of_[static_cast<std::size_t>(kind)];
  if (!keepsDecisions()) {
    ++decisions_omitted_;
    return;
  }
  decisions_.push_back({now, kind, std::move(subject), std::string(by), std::move(detail)});
}

}  // namespace meshmall::models
