#include "gui/panels/policy_catalogue.h"

#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonDocument>

#include "models/scenario/scenario_schema.h"

namespace meshmall::gui {

namespace {

QString tr(const char* text) { return QCoreApplication::translate("Policies", text); }
QString s(const char* text) { return QString::fromLatin1(text); }

PolicyKind simple(const char* title, const char* name, const char* tip) {
  return {tr(title), tr(tip), {s("loadBalancer")}, {}, QJsonObject{{s("simple"), s(name)}}, true};
}
PolicyKind ofProxies(const char* title, const char* name, const char* tip) {
  return {tr(title), tr(tip), {s("loadBalancer"), s("policy"), s(name)}, s(name), {}, true};
}
PolicyKind block(const char* title, QStringList path, const char* definition, const char* tip) { return {tr(title), tr(tip), std::move(path), s(definition), {}, false}; }

PolicyKind ofRoutes(const char* title, const QString& definition, PolicyKind::Place place, const char* tip) { return {tr(title), tr(tip), {}, definition, {}, false, place}; }
PolicyKind ofRules(const char* title, QStringList path, const char* definition, const char* tip) {
  return {tr(title), tr(tip), std::move(path), s(definition), {}, false, PolicyKind::Place::rule};
}

std::vector<PolicyKind> makeKinds() {
  std::vector<PolicyKind> kinds = {
      simple("Lines: round robin", "ROUND_ROBIN", "Each line in turn"),
      simple("Lines: least request", "LEAST_REQUEST", "The shorter one of two lines drawn at random"),
      simple("Lines: random", "RANDOM", "Any line"),
      simple("Lines: pass through", "PASSTHROUGH", "The proxy does not choose"),
      ofProxies("Lines: least request of n", "leastRequest", "The shortest one of n lines drawn at random"),
      ofProxies("Lines: peak EWMA", "peakEwma", "The line with the lowest latency times its length"),
      ofProxies("Lines: Prequal", "prequal", "Asks a few counters how long their lines are"),
      ofProxies("Lines: pick first", "pickFirst", "The first counter as long as it lasts"),
      ofProxies("Lines: weights from load reports", "clientSideWeightedRoundRobin", "Counters tell how busy they are"),
      {tr("Lines: by a hash of the customer"), tr("The same customer comes to the same counter"), {s("loadBalancer"), s("consistentHash")}, s("consistentHash"), {}, true},
      ofRules("Second tries (retries)", {s("retries")}, "retries", "When a failed try is made again, and how often"),
      ofRules("Purse for second tries (retries.budget)", {s("retries"), s("budget")}, "retryBudget", "Second tries only as far as a share of the requests under way allows"),
      ofRules("Two lines at once (retries.hedge)", {s("retries"), s("hedge")}, "hedge", "A try that takes long is not given up: another one is made beside it"),
      ofRoutes("Patience (timeout)", s("@timeout"), PolicyKind::Place::timeout, "How long a caller waits for the whole call, with all tries"),
      ofRoutes("Which display (weights of a split)", s("@split"), PolicyKind::Place::split, "How many in a hundred are led to each version"),
      block("New counters begin slowly (warmup)", {s("loadBalancer"), s("warmup")}, "warmup", "A new counter gets its full share only after a while"),
      block("Ejection (outlierDetection)", {s("outlierDetection")}, "outlierDetection", "Counters that fail are avoided for a while"),
      block("Breaker (connectionPool.http)", {s("connectionPool"), s("http")}, "httpPool", "At most so many requests at once"),
      block("Connections (connectionPool.tcp)", {s("connectionPool"), s("tcp")}, "tcpPool", "At most so many connections"),
      block("Linkerd's breaker (consecutiveFailures)", {s("consecutiveFailures")}, "consecutiveFailures", "A run of failures shuts a counter until a probe succeeds"),
      block("Admission control", {s("admissionControl")}, "admissionControl", "Calls are turned away as their success falls"),
      block("Adaptive concurrency", {s("adaptiveConcurrency")}, "adaptiveConcurrency", "A limit inside, steered by latency"),
      block("Health checks", {s("healthChecks")}, "healthChecks", "Each proxy asks each counter at intervals"),
      block("Rate limit at the door", {s("local")}, "localRateLimit", "So many a second at each door; more are answered 429"),
  };
  for (PolicyKind& kind : kinds) {
    if (kind.definition == s("localRateLimit")) kind.place = PolicyKind::Place::rate_limit;
  }
  return kinds;
}

QJsonObject objectAt(const QJsonObject& root, const QStringList& path) {
  QJsonObject at = root;
  for (const QString& step : path) at = at.value(step).toObject();
  return at;
}

// `root` with `value` at the path; undefined takes it away.
QJsonObject with(QJsonObject root, const QStringList& path, const QJsonValue& value) {
  if (path.size() == 1) {
    if (value.isUndefined()) root.remove(path.first());
    else root.insert(path.first(), value);
    return root;
  }
  root.insert(path.first(), with(root.value(path.first()).toObject(), path.mid(1), value));
  return root;
}

QStringList rulePath(const QString& service) { return {s("destinationRules"), service, s("trafficPolicy")}; }

// Every rule of the service's VirtualService that leads somewhere is changed; without one, a rule that sends everything to the service.
template <typename Change>
QJsonObject withRules(const QJsonObject& mesh, const QString& service, bool make, Change change) {
  const QStringList path = {s("virtualServices"), service, s("http")};
  QJsonArray rules = objectAt(mesh, path.mid(0, 2)).value(s("http")).toArray();
  if (rules.isEmpty()) {
    if (!make) return mesh;
    rules.append(QJsonObject{{s("route"), QJsonArray{QJsonObject{{s("destination"), QJsonObject{{s("host"), service}}}}}}});
  }
  for (qsizetype i = 0; i < rules.size(); ++i) {
    QJsonObject rule = rules.at(i).toObject();
    if (rule.contains(s("route"))) change(rule);
    rules.replace(i, rule);
  }
  return with(mesh, path, rules);
}

QJsonArray rulesOf(const QJsonObject& mesh, const QString& service) { return objectAt(mesh, {s("virtualServices"), service}).value(s("http")).toArray(); }

QJsonObject withRulePart(const QJsonObject& mesh, const QString& service, const QStringList& path, const QJsonValue& value) {
  return withRules(mesh, service, !value.isUndefined(), [&](QJsonObject& rule) {
    // What stands within retries needs retries: those of the mesh, or Istio's.
    if (path.size() > 1 && !rule.contains(path.first())) {
      if (value.isUndefined()) return;
      const QJsonValue usual = mesh.value(s("defaults")).toObject().value(path.first());
      rule.insert(path.first(), usual.isObject() ? usual : QJsonObject{{s("attempts"), 2}});
    }
    rule = with(rule, path, value);
  });
}

QStringList subsetsOf(const QJsonObject& mesh, const QString& service) {
  QStringList names;
  for (const auto& subset : objectAt(mesh, {s("destinationRules"), service}).value(s("subsets")).toArray()) names << subset.toObject().value(s("name")).toString();
  return names;
}

// The weights that the first rule without a condition gives to the service's subsets; undefined when it does not name one.
QJsonValue splitNow(const QJsonObject& mesh, const QString& service) {
  QJsonObject weights;
  for (const QString& name : subsetsOf(mesh, service)) weights.insert(name, 0);
  for (const auto& rule : rulesOf(mesh, service)) {
    const QJsonArray route = rule.toObject().value(s("route")).toArray();
    if (rule.toObject().contains(s("match")) || route.isEmpty()) continue;
    bool named = false;
    for (const auto& one : route) {
      const QString subset = one.toObject().value(s("destination")).toObject().value(s("subset")).toString();
      if (!weights.contains(subset)) continue;
      named = true;
      weights.insert(subset, one.toObject().value(s("weight")).toInt(route.size() == 1 ? 100 : 0));
    }
    return named ? QJsonValue(weights) : QJsonValue(QJsonValue::Undefined);
  }
  return QJsonValue(QJsonValue::Undefined);
}

// Rules with a condition keep their way: who meets it is led there on purpose.
QJsonObject withSplit(const QJsonObject& mesh, const QString& service, const QJsonValue& weights) {
  QJsonArray route;
  const QJsonObject parts = weights.toObject();
  for (auto it = parts.begin(); it != parts.end(); ++it)
    if (it.value().toInt() > 0 || parts.size() == 1)
      route.append(QJsonObject{{s("destination"), QJsonObject{{s("host"), service}, {s("subset"), it.key()}}}, {s("weight"), it.value()}});
  if (route.isEmpty()) route.append(QJsonObject{{s("destination"), QJsonObject{{s("host"), service}}}});
  return withRules(mesh, service, true, [&](QJsonObject& rule) {
    if (!rule.contains(s("match"))) rule.insert(s("route"), route);
  });
}

}  // namespace

const std::vector<PolicyKind>& policyKinds() {
  static const std::vector<PolicyKind> kinds = makeKinds();
  return kinds;
}

QString policyDefinition(const PolicyKind& kind, const QString& service, const QJsonObject& mesh) {
  if (kind.place != PolicyKind::Place::split) return kind.definition;
  const QStringList subsets = subsetsOf(mesh, service);
  return subsets.size() < 2 ? QString() : kind.definition + QLatin1Char(':') + subsets.join(QLatin1Char(','));
}

QJsonValue policyNow(const PolicyKind& kind, const QString& service, const QJsonObject& mesh) {
  if (kind.place == PolicyKind::Place::rate_limit) {
    return objectAt(mesh, {s("rateLimits"), service}).value(s("local"));
  }
  const QJsonObject defaults = mesh.value(s("defaults")).toObject();
  if (kind.place == PolicyKind::Place::split) return splitNow(mesh, service);
  if (kind.place == PolicyKind::Place::timeout) {
    for (const auto& rule : rulesOf(mesh, service))
      if (rule.toObject().contains(s("timeout"))) return QJsonObject{{s("timeout"), rule.toObject().value(s("timeout"))}};
    return QJsonValue(QJsonValue::Undefined);
  }
  if (kind.place == PolicyKind::Place::rule) {
    QJsonValue value = defaults.value(kind.path.first());
    for (const auto& rule : rulesOf(mesh, service)) {
      if (!rule.toObject().contains(kind.path.first())) continue;
      value = rule.toObject().value(kind.path.first());
      break;
    }
    for (const QString& step : kind.path.mid(1)) value = value.toObject().value(step);
    return value.isObject() ? value : QJsonValue(QJsonValue::Undefined);
  }
  QJsonObject policy = objectAt(mesh, rulePath(service));
  if (!policy.contains(kind.path.first())) policy = defaults.value(s("trafficPolicy")).toObject();
  QJsonValue value = policy;
  for (const QString& step : kind.path) value = value.toObject().value(step);
  if (!value.isObject()) return QJsonValue(QJsonValue::Undefined);
  for (auto it = kind.fixed.begin(); it != kind.fixed.end(); ++it)
    if (value.toObject().value(it.key()) != it.value()) return QJsonValue(QJsonValue::Undefined);
  return value;
}

QString policyEvent(const PolicyKind& kind, const QString& service, const QJsonValue& wanted, const QJsonObject& mesh) {
  QJsonValue value = wanted;
  if (value.isObject()) {
    QJsonObject object = value.toObject();
    for (auto it = kind.fixed.begin(); it != kind.fixed.end(); ++it) object.insert(it.key(), it.value());
    value = object;
  }
  QJsonObject after = mesh;
  if (kind.place == PolicyKind::Place::rule) {
    after = withRulePart(mesh, service, kind.path, value);
  } else if (kind.place == PolicyKind::Place::timeout) {
    const QJsonValue length = value.toObject().value(s("timeout"));
    after = withRules(mesh, service, !length.isUndefined(), [&](QJsonObject& rule) { rule = with(rule, {s("timeout")}, length); });
  } else if (kind.place == PolicyKind::Place::split) {
    if (policyDefinition(kind, service, mesh).isEmpty()) return {};
    after = withSplit(mesh, service, value);
  } else if (kind.place == PolicyKind::Place::rate_limit) {
    after = with(mesh, {s("rateLimits"), service, s("local")}, value);
    if (value.isUndefined() && objectAt(after, {s("rateLimits"), service}).isEmpty()) after = with(after, {s("rateLimits"), service}, value);
  } else {
    const QStringList policy = rulePath(service);
    // A block is taken whole: one that comes from the defaults stays what it is, but for this part.
    const QJsonValue usual = mesh.value(s("defaults")).toObject().value(s("trafficPolicy")).toObject().value(kind.path.first());
    if (!kind.alone && kind.path.size() > 1 && usual.isObject() && !objectAt(mesh, policy).contains(kind.path.first())) after = with(after, policy + QStringList{kind.path.first()}, usual);
    if (kind.alone) after = with(after, policy + QStringList{kind.path.first()}, QJsonObject());
    after = value.isUndefined() && kind.alone ? with(mesh, policy + QStringList{kind.path.first()}, value) : with(after, policy + kind.path, value);
  }
  const QJsonValue patch = mergePatch(mesh, after);
  if (patch.isUndefined()) return {};
  const QJsonObject event{{s("patch"), QJsonObject{{s("mesh"), patch}}}, {s("note"), QStringLiteral("%1: %2").arg(service, kind.title)}};
  return QString::fromUtf8(QJsonDocument(event).toJson(QJsonDocument::Compact));
}

QJsonValue mergePatch(const QJsonValue& from, const QJsonValue& to) {
  if (from == to) return QJsonValue(QJsonValue::Undefined);
  if (!from.isObject() || !to.isObject()) return to;
  const QJsonObject a = from.toObject(), b = to.toObject();
  QJsonObject out;
  for (auto it = a.begin(); it != a.end(); ++it)
    if (!b.contains(it.key())) out.insert(it.key(), QJsonValue::Null);
  for (auto it = b.begin(); it != b.end(); ++it) {
    const QJsonValue change = a.contains(it.key()) ? mergePatch(a.value(it.key()), it.value()) : QJsonValue(it.value());
    if (!change.isUndefined()) out.insert(it.key(), change);
  }
  return out;
}

QJsonObject schemaDefinition(const QString& name) {
  static const QJsonObject definitions = [] {
    return QJsonDocument::fromJson(QByteArray(models::scenarioSchema())).object().value(s("definitions")).toObject();
  }();
  if (name == s("@timeout")) {
    const QJsonValue timeout = definitions.value(s("httpRoute")).toObject().value(s("properties")).toObject().value(s("timeout"));
    return {{s("properties"), QJsonObject{{s("timeout"), timeout}}}, {s("required"), QJsonArray{s("timeout")}}};
  }
  if (name.startsWith(s("@split:"))) {
    QJsonObject properties;
    QJsonArray required;
    for (const QString& subset : name.mid(7).split(QLatin1Char(','))) {
      properties.insert(subset, QJsonObject{{s("type"), s("integer")}, {s("minimum"), 0}, {s("maximum"), 100}, {s("description"), tr("Its share; shares count against their sum")}});
      required.append(subset);
    }
    return {{s("properties"), properties}, {s("required"), required}};
  }
  return definitions.value(name).toObject();
}

}  // namespace meshmall::gui
