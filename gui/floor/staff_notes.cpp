#include "gui/floor/staff_notes.h"

#include <QCoreApplication>
#include <QString>
#include <algorithm>

namespace meshmall::gui {
namespace {

using models::Rejection;
using models::SidecarState;

QString say(const char* text) { return QCoreApplication::translate("Staff", text); }

struct Sum {
  std::uint32_t sidecars = 0, stale = 0, ejected = 0, shut = 0, unhealthy = 0, full = 0, retries = 0, panics = 0, waiting = 0, limited = 0, concurrency_limit = 0;
  std::uint64_t retry_limit = 0;
  double oldest = 0;

  void add(const SidecarState& s) {
    ++sidecars;
    stale += s.stale ? 1U : 0U;
    oldest = std::max(oldest, s.age);
    ejected += s.ejected;
    shut += s.shut;
    unhealthy += s.unhealthy;
    full += s.full;
    retries += s.retries;
    retry_limit += s.retry_limit;
    waiting += s.waiting_for_connection;
    panics += s.panics ? 1U : 0U;
    limited += s.concurrency_limit > 0 ? 1U : 0U;
    concurrency_limit += s.concurrency_limit;
  }
};

std::string counted(std::uint64_t n) {
  if (n < 10'000) return std::to_string(n);
  return n < 10'000'000 ? std::to_string(n / 1'000) + "k" : std::to_string(n / 1'000'000) + "M";
}

void tell(std::vector<StaffNote>& notes, const char* icon, std::uint64_t count, const QString& words, const QString& tip, Health level) {
  if (count > 0) notes.push_back({icon, counted(count), words.toStdString(), tip.toStdString(), level});
}

std::uint64_t of(const std::array<std::uint64_t, models::kRejections>& rejected, std::initializer_list<Rejection> reasons) {
  std::uint64_t sum = 0;
  for (const Rejection reason : reasons) sum += rejected[static_cast<std::size_t>(reason)];
  return sum;
}

void outgoing(std::vector<StaffNote>& notes, const Sum& sum, Vocabulary v) {
  tell(notes, "breaker", sum.full + sum.shut, say("at a limit"), say("%1: %2 at a limit or shut").arg(heading(Term::breaker, v)).arg(sum.full + sum.shut), Health::bad);
  tell(notes, "eject", sum.ejected + sum.unhealthy, say("avoided"),
       say("%1: %2 kept away from for their errors, %3 for failed checks").arg(heading(Term::ejection, v)).arg(sum.ejected).arg(sum.unhealthy), Health::warning);
  tell(notes, "warning", sum.panics, say("in panic"), say("Too few are healthy: %1 of %2 go by everybody again (panic)").arg(sum.panics).arg(sum.sidecars), Health::bad);
  if (sum.retries > 0) {
    QString tip = say("%1 on their way: %2").arg(heading(Term::retries, v)).arg(sum.retries);
    const bool spent = sum.retry_limit > 0 && sum.retries >= sum.retry_limit;
    if (sum.retry_limit > 0) tip += say(" of %1 allowed now (%2)").arg(sum.retry_limit).arg(word(Term::budget, v));
    tell(notes, "retry", sum.retries, word(Term::retries, v), tip, spent ? Health::bad : Health::warning);
    if (spent) notes.push_back({"budget", "", say("spent").toStdString(), say("%1 is spent: no more %2 now").arg(heading(Term::budget, v), word(Term::retries, v)).toStdString(), Health::warning});
  }
  if (sum.stale > 0) {
    const QString tip = say("%1: %2 of %3 have not heard of the latest change, the oldest is %4 s behind")
                            .arg(heading(Term::stale_view, v)).arg(sum.stale).arg(sum.sidecars).arg(sum.oldest, 0, 'f', 1);
    notes.push_back({"map-old", counted(sum.stale), (sum.stale == 1 ? say("old map") : say("old maps")).toStdString(), tip.toStdString(), Health::warning});
  }
  tell(notes, "clock", sum.waiting, say("wait for a connection"), say("Waiting for a connection: %1").arg(sum.waiting), Health::warning);
}

void incoming(std::vector<StaffNote>& notes, const std::array<std::uint64_t, models::kRejections>& rejected, Vocabulary v) {
  // Three guards: at the handshake, for the badge, at the list of those who may come in. Each says with which answer.
  const auto guard = [&](const char* icon, const char* answer, std::uint64_t count, const QString& why) {
    if (count == 0) return;
    const QString tip = heading(Term::refusal, v) + QStringLiteral(" (") + word(Term::security, v) + QStringLiteral("): ") + why.arg(count);
    notes.push_back({icon, std::string(answer) + " " + counted(count), {}, tip.toStdString(), Health::bad});
  };
  guard("guard", "TLS", of(rejected, {Rejection::handshake}), say("%1 so far at the handshake: no certificate, or one that is not trusted; they hear no answer, and their own side makes it a 503"));
  guard("guard", "401", of(rejected, {Rejection::authentication}), say("%1 so far with a token that is not valid: answered 401"));
  guard("guard", "403", of(rejected, {Rejection::authorization, Rejection::missing_token}), say("%1 so far whom no rule lets in, or a rule shuts out: answered 403"));
  const std::uint64_t limits = of(rejected, {Rejection::local_rate_limit, Rejection::global_rate_limit, Rejection::admission, Rejection::adaptive_concurrency});
  tell(notes, "barrier", limits, say("turned back"), say("%1: %2 turned back so far by rate limits, admission control or the concurrency limit").arg(heading(Term::limit, v)).arg(limits),
       Health::warning);
  const std::uint64_t full = of(rejected, {Rejection::queue_full, Rejection::queue_timeout});
  tell(notes, "ban", full, say("turned away"), say("%1 turned away so far because the line was full or took too long").arg(full), Health::warning);
}

}  // namespace

std::vector<StaffNote> staffNotes(const models::Snapshot& s, std::uint32_t service, std::uint32_t locality, Vocabulary v) {
  std::vector<StaffNote> notes;
  Sum sum;
  for (const SidecarState& sidecar : s.sidecars) {
    if (sidecar.service == service && sidecar.locality == locality) sum.add(sidecar);
  }
  if (service < s.services.size()) incoming(notes, s.services[service].rejected, v);
  outgoing(notes, sum, v);
  if (sum.limited > 0) {
    notes.push_back({"barrier", counted(sum.concurrency_limit), say("at once").toStdString(), say("Adaptive concurrency lets %1 in at once").arg(sum.concurrency_limit).toStdString(), Health::good});
  }
  return notes;
}

std::vector<StaffNote> entranceNotes(const models::Snapshot& s, Vocabulary v) {
  std::vector<StaffNote> notes;
  Sum sum;
  for (const SidecarState& sidecar : s.sidecars) {
    if (sidecar.service == models::kNoIndex) sum.add(sidecar);
  }
  outgoing(notes, sum, v);
  return notes;
}

}  // namespace meshmall::gui
