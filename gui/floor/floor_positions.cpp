#include "gui/floor/floor_positions.h"

#include <QSettings>
#include <QVariant>
#include <cmath>

namespace meshmall::gui {
namespace {

// Slashes part groups in settings: the scenario's name may hold some.
QString groupOf(const QString& scenario) { return QStringLiteral("floor/") + QString::fromLatin1(scenario.toUtf8().toPercentEncoding()); }

}  // namespace

FloorScene::Positions readPositions(QSettings& settings, const QString& scenario) {
  FloorScene::Positions positions;
  const QVariantMap kept = settings.value(groupOf(scenario)).toMap();
  for (auto it = kept.begin(); it != kept.end(); ++it) {
    const QPointF place = it.value().toPointF();
    if (it.value().canConvert<QPointF>() && std::isfinite(place.x()) && std::isfinite(place.y())) positions.insert(it.key(), place);
  }
  return positions;
}

void writePositions(QSettings& settings, const QString& scenario, const FloorScene::Positions& positions) {
  if (positions.isEmpty()) return settings.remove(groupOf(scenario));
  QVariantMap kept;
  for (auto it = positions.begin(); it != positions.end(); ++it) kept.insert(it.key(), it.value());
  settings.setValue(groupOf(scenario), kept);
}

}  // namespace meshmall::gui
