// Where a person has dragged the shops of a scenario, kept beside the settings under the scenario's name. Nothing of it reaches the scenario or its results.
#pragma once

#include <QString>

#include "gui/floor/floor_scene.h"

class QSettings;

namespace meshmall::gui {

// Empty when nothing is kept. A place that is not two finite numbers is ignored.
FloorScene::Positions readPositions(QSettings& settings, const QString& scenario);
void writePositions(QSettings& settings, const QString& scenario, const FloorScene::Positions& positions);

}  // namespace meshmall::gui
