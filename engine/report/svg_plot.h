// A plot as inline SVG for a page of HTML: axes with marks, lines, dots, bands, rules. It names classes only ("base", "cand", "margin"); colours, dashes and fonts
// are the page's, so that they follow light, dark and paper. Texts are escaped here. The same calls give the same bytes; places have one decimal.
// Elements are drawn in the order of the calls. Values that are not finite are left out: a line breaks there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/report/plot_axis.h"

namespace meshmall::engine {

struct PlotMark {
  double value = 0;
  std::string label;
};

enum class DotShape { circle, square, diamond };
enum class TextAnchor { start, middle, end };

class SvgPlot {
 public:
  // In CSS pixels. `title` is what a screen reader says of it.
  SvgPlot(double width, double height, std::string_view title);

  // The frame that the axes stand at; marks below, or to the left with lines across the frame.
  void bottomAxis(const PlotAxis& x, double y, const std::vector<PlotMark>& marks, std::string_view label);
  void leftAxis(const PlotAxis& y, double x0, double x1, const std::vector<PlotMark>& marks, std::string_view label);

  void line(const PlotAxis& x, const PlotAxis& y, const std::vector<double>& xs, const std::vector<double>& ys, std::string_view style);
  void dot(double x, double y, DotShape shape, std::string_view style);                       // at a place
  void segment(double x0, double y0, double x1, double y1, std::string_view style);
  void band(double x0, double x1, double y0, double y1, std::string_view style);              // a filled rectangle, whichever way round
  void text(double x, double y, std::string_view text, TextAnchor anchor, std::string_view style = "");

  std::string svg() const;

 private:
  std::string body_, title_;
  double width_, height_;
};

}  // namespace meshmall::engine
