#include "gui/theme/vocabulary.h"

#include <QCoreApplication>
#include <array>
#include <cstddef>

namespace meshmall::gui {
namespace {

struct Pair {
  const char* mall;
  const char* field;
};

// In the order of Term.
constexpr std::array<Pair, static_cast<std::size_t>(Term::count)> kWords = {{
    {QT_TRANSLATE_NOOP("Vocabulary", "shop"), QT_TRANSLATE_NOOP("Vocabulary", "service")},
    {QT_TRANSLATE_NOOP("Vocabulary", "shops"), QT_TRANSLATE_NOOP("Vocabulary", "services")},
    {QT_TRANSLATE_NOOP("Vocabulary", "counter"), QT_TRANSLATE_NOOP("Vocabulary", "endpoint")},
    {QT_TRANSLATE_NOOP("Vocabulary", "counters"), QT_TRANSLATE_NOOP("Vocabulary", "endpoints")},
    {QT_TRANSLATE_NOOP("Vocabulary", "clerk"), QT_TRANSLATE_NOOP("Vocabulary", "worker")},
    {QT_TRANSLATE_NOOP("Vocabulary", "customer"), QT_TRANSLATE_NOOP("Vocabulary", "request")},
    {QT_TRANSLATE_NOOP("Vocabulary", "customers"), QT_TRANSLATE_NOOP("Vocabulary", "requests")},
    {QT_TRANSLATE_NOOP("Vocabulary", "staff at the door"), QT_TRANSLATE_NOOP("Vocabulary", "sidecar")},
    {QT_TRANSLATE_NOOP("Vocabulary", "entrance"), QT_TRANSLATE_NOOP("Vocabulary", "gateway")},
    {QT_TRANSLATE_NOOP("Vocabulary", "signs and maps"), QT_TRANSLATE_NOOP("Vocabulary", "discovery")},
    {QT_TRANSLATE_NOOP("Vocabulary", "old map"), QT_TRANSLATE_NOOP("Vocabulary", "out-of-date view")},
    {QT_TRANSLATE_NOOP("Vocabulary", "opening counters"), QT_TRANSLATE_NOOP("Vocabulary", "autoscaler")},
    {QT_TRANSLATE_NOOP("Vocabulary", "choice of line"), QT_TRANSLATE_NOOP("Vocabulary", "load balancing")},
    {QT_TRANSLATE_NOOP("Vocabulary", "second try"), QT_TRANSLATE_NOOP("Vocabulary", "retry")},
    {QT_TRANSLATE_NOOP("Vocabulary", "second tries"), QT_TRANSLATE_NOOP("Vocabulary", "retries")},
    {QT_TRANSLATE_NOOP("Vocabulary", "two lines at once"), QT_TRANSLATE_NOOP("Vocabulary", "hedge")},
    {QT_TRANSLATE_NOOP("Vocabulary", "branch upstairs"), QT_TRANSLATE_NOOP("Vocabulary", "failover")},
    {QT_TRANSLATE_NOOP("Vocabulary", "floor"), QT_TRANSLATE_NOOP("Vocabulary", "zone")},
    {QT_TRANSLATE_NOOP("Vocabulary", "old and new line"), QT_TRANSLATE_NOOP("Vocabulary", "traffic split")},
    {QT_TRANSLATE_NOOP("Vocabulary", "tasting"), QT_TRANSLATE_NOOP("Vocabulary", "rollout")},
    {QT_TRANSLATE_NOOP("Vocabulary", "queue barrier"), QT_TRANSLATE_NOOP("Vocabulary", "limit")},
    {QT_TRANSLATE_NOOP("Vocabulary", "barrier down"), QT_TRANSLATE_NOOP("Vocabulary", "open breaker")},
    {QT_TRANSLATE_NOOP("Vocabulary", "purse for second tries"), QT_TRANSLATE_NOOP("Vocabulary", "retry budget")},
    {QT_TRANSLATE_NOOP("Vocabulary", "counter avoided"), QT_TRANSLATE_NOOP("Vocabulary", "ejection")},
    {QT_TRANSLATE_NOOP("Vocabulary", "guards"), QT_TRANSLATE_NOOP("Vocabulary", "security")},
    {QT_TRANSLATE_NOOP("Vocabulary", "turned away"), QT_TRANSLATE_NOOP("Vocabulary", "refused")},
    {QT_TRANSLATE_NOOP("Vocabulary", "waiting"), QT_TRANSLATE_NOOP("Vocabulary", "queue")},
    {QT_TRANSLATE_NOOP("Vocabulary", "corridor"), QT_TRANSLATE_NOOP("Vocabulary", "edge")},
    {QT_TRANSLATE_NOOP("Vocabulary", "being served"), QT_TRANSLATE_NOOP("Vocabulary", "in service")},
}};

}  // namespace

QString word(Term term, Vocabulary vocabulary) {
  const Pair& pair = kWords[static_cast<std::size_t>(term)];
  return QCoreApplication::translate("Vocabulary", vocabulary == Vocabulary::mall ? pair.mall : pair.field);
}

QString heading(Term term, Vocabulary vocabulary) {
  QString text = word(term, vocabulary);
  if (!text.isEmpty()) text[0] = text[0].toUpper();
  return text;
}

QString bothWords(Term term, Vocabulary vocabulary) {
  const Vocabulary other = vocabulary == Vocabulary::mall ? Vocabulary::field : Vocabulary::mall;
  return word(term, vocabulary) + QStringLiteral(" (") + word(term, other) + QLatin1Char(')');
}

QString bothHeading(Term term, Vocabulary vocabulary) {
  QString text = bothWords(term, vocabulary);
  if (!text.isEmpty()) text[0] = text[0].toUpper();
  return text;
}

}  // namespace meshmall::gui
