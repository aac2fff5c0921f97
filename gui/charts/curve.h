// A curve of a chart: how it looks and its values, one for each interval of the run. Colour only repeats what the dash and the name say.
#pragma once

#include <QString>
#include <QtGlobal>
#include <vector>

#include "gui/charts/steady_range.h"
#include "gui/theme/tokens.h"

namespace meshmall::gui {

struct CurveStyle {
  QString key;    // of the column in the CSV: "offered"
  QString label;  // on the screen
  SeriesRole role = SeriesRole::first;
  Qt::PenStyle dash = Qt::SolidLine;
  bool right = false;  // belongs to the axis on the right
};

struct Curve {
  CurveStyle style;
  std::vector<double> values;  // value i is that of the interval that ends at (i + 1) * interval; NaN: no sample
};

// Where the curves of several runs lie; belongs to the curve with this style.
struct CurveBand {
  CurveStyle style;
  std::vector<double> low, high;  // as Curve::values; NaN: no band there
};

struct ChartStyle {
  QString key, title;
  QString unit, right_unit;  // right_unit empty: no axis on the right
  SteadyRange::Scale scale = SteadyRange::Scale::linear;
  QString definition;        // what is shown and how it is counted, for the tip
};

}  // namespace meshmall::gui
