// Two vocabularies for the same things: the mall's, which everyone knows, and the field's, which users search for. One is shown, the other stands in the tip.
// Code and files always use the field's words.
#pragma once

#include <QString>

namespace meshmall::gui {

enum class Vocabulary { mall, field };

enum class Term {
  service,
  services,
  endpoint,
  endpoints,
  worker,
  request,
  requests,
  sidecar,
  gateway,
  discovery,
  stale_view,
  autoscaler,
  load_balancer,
  retry,
  retries,
  hedge,
  failover,
  locality,
  split,
  rollout,
  limit,
  breaker,
  budget,
  ejection,
  security,
  refusal,
  queue,
  edge,
  in_service,
  count
};

// In the words asked for, with a small first letter except where the language needs another: "shop" or "service".
QString word(Term term, Vocabulary vocabulary);
// The same with a capital first letter.
QString heading(Term term, Vocabulary vocabulary);
// "shop (service)": both, for tips.
QString bothWords(Term term, Vocabulary vocabulary);
QString bothHeading(Term term, Vocabulary vocabulary);  // with a capital first letter

}  // namespace meshmall::gui
