// The policies that can be switched while a mall runs: where each block stands in the mesh's configuration, which part of the scenario's schema describes its
// parameters, and the patch event that sets it. Blocks are taken whole, as the proxies take them: what is not given has its default.
#pragma once

#include <QJsonObject>
#include <QJsonValue>
#include <QString>
#include <QStringList>
#include <vector>

namespace meshmall::gui {

struct PolicyKind {
  QString title, tip;
  QStringList path;         // in the service's trafficPolicy, or in a rule; the first step is the block
  QString definition;       // of the schema; empty: no parameters
  QJsonObject fixed;        // what always stands there
  bool alone = false;       // whatever else is in the block goes
  // rule: in every rule of the service's VirtualService that leads somewhere. split: the weights of the service's subsets there.
  enum class Place { traffic_policy, rule, timeout, split, rate_limit } place = Place::traffic_policy;
};

const std::vector<PolicyKind>& policyKinds();

// Which definition describes its parameters for this service: `definition`, or made of the service's subsets. Empty: it has none; of a split that there is nothing to split.
QString policyDefinition(const PolicyKind& kind, const QString& service, const QJsonObject& mesh);

// What the mesh says of it now: an object, or undefined when the kind is not set for this service.
QJsonValue policyNow(const PolicyKind& kind, const QString& service, const QJsonObject& mesh);

// The event that sets the policy to `wanted` (undefined: back to what holds without it). Empty: nothing would change.
QString policyEvent(const PolicyKind& kind, const QString& service, const QJsonValue& wanted, const QJsonObject& mesh);

// The merge patch (RFC 7396) from one value to another; undefined: none is needed.
QJsonValue mergePatch(const QJsonValue& from, const QJsonValue& to);

// Of the scenario's schema, or what policyDefinition() names.
QJsonObject schemaDefinition(const QString& name);

}  // namespace meshmall::gui
