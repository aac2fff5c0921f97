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
      block("Second tries (retries)", {s("retries")}, "retries", "When a failed try is made again, and how often"),
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
    if (kind.definition == s("retries")) kind.place = PolicyKind::Place::retries;
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

// Every rule of the service's VirtualService gets the retries; without one, a rule that sends everything to the service.
QJsonObject withRetries(const QJsonObject& mesh, const QString& service, const QJsonValue& retries) {
  const QStringList path = {s("virtualServices"), service, s("http")};
  QJsonArray rules = objectAt(mesh, path.mid(0, 2)).value(s("http")).toArray();
  if (rules.isEmpty()) {
    if (retries.isUndefined()) return mesh;
    rules.append(QJsonObject{{s("route"), QJsonArray{QJsonObject{{s("destination"), QJsonObject{{s("host"), service}}}}}}});
  }
  for (qsizetype i = 0; i < rules.size(); ++i) {
    QJsonObject rule = rules.at(i).toObject();
    if (retries.isUndefined()) rule.remove(s("retries"));
    else if (rule.contains(s("route"))) rule.insert(s("retries"), retries);
    rules.replace(i, rule);
  }
  return with(mesh, path, rules);
}

}  // namespace

const std::vector<PolicyKind>& policyKinds() {
  static const std::vector<PolicyKind> kinds = makeKinds();
  return kinds;
}

QJsonValue policyNow(const PolicyKind& kind, const QString& service, const QJsonObject& mesh) {
  if (kind.place == PolicyKind::Place::rate_limit) {
    return objectAt(mesh, {s("rateLimits"), service}).value(s("local"));
  }
  const QJsonObject defaults = mesh.value(s("defaults")).toObject();
  if (kind.place == PolicyKind::Place::retries) {
    const QJsonArray rules = objectAt(mesh, {s("virtualServices"), service}).value(s("http")).toArray();
    for (const auto& rule : rules)
      if (rule.toObject().contains(s("retries"))) return rule.toObject().value(s("retries"));
    return defaults.value(s("retries"));
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
  if (kind.place == PolicyKind::Place::retries) {
    after = withRetries(mesh, service, value);
  } else if (kind.place == PolicyKind::Place::rate_limit) {
    after = with(mesh, {s("rateLimits"), service, s("local")}, value);
    if (value.isUndefined() && objectAt(after, {s("rateLimits"), service}).isEmpty()) after = with(after, {s("rateLimits"), service}, value);
  } else {
    const QStringList policy = rulePath(service);
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
  return definitions.value(name).toObject();
}

}  // namespace meshmall::gui
