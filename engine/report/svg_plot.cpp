#include "engine/report/svg_plot.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "engine/report/escaping.h"

namespace meshmall::engine {
namespace {

// A place: one decimal at most, "12.5", "12".
std::string place(double value) {
  char buffer[64];
  const double kept = std::clamp(std::round(value * 10) / 10, -1e6, 1e6);
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, kept == 0 ? 0.0 : kept, std::chars_format::fixed, 1);
  std::string text(buffer, end.ptr);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

std::string attribute(const char* name, const std::string& value) { return std::string(" ") + name + "=\"" + value + "\""; }

std::string styled(std::string_view style) { return style.empty() ? "" : attribute("class", std::string(style)); }

}  // namespace

SvgPlot::SvgPlot(double width, double height, std::string_view title) : title_(htmlText(title)), width_(width), height_(height) {}

void SvgPlot::bottomAxis(const PlotAxis& x, double y, const std::vector<PlotMark>& marks, std::string_view label) {
  segment(x.from, y, x.to, y, "axis");
  double free_from = -1e9;  // labels that would run into each other are left out
  for (const PlotMark& mark : marks) {
    const double at = x.at(mark.value), half = 3.4 * static_cast<double>(mark.label.size());
    if (at < x.from - 0.5 || at > x.to + 0.5) continue;
    segment(at, y, at, y + 4, "axis");
    if (at - half < free_from) continue;
    text(at, y + 16, mark.label, TextAnchor::middle, "mark");
    free_from = at + half + 4;
  }
  if (!label.empty()) text((x.from + x.to) / 2, y + 32, label, TextAnchor::middle, "label");
}

void SvgPlot::leftAxis(const PlotAxis& y, double x0, double x1, const std::vector<PlotMark>& marks, std::string_view label) {
  for (const PlotMark& mark : marks) {
    const double at = y.at(mark.value);
    if (at < std::min(y.from, y.to) - 0.5 || at > std::max(y.from, y.to) + 0.5) continue;
    segment(x0, at, x1, at, "grid");
    text(x0 - 6, at + 4, mark.label, TextAnchor::end, "mark");
  }
  segment(x0, y.from, x0, y.to, "axis");
  if (!label.empty()) text(x0, std::min(y.from, y.to) - 8, label, TextAnchor::start, "label");
}

void SvgPlot::line(const PlotAxis& x, const PlotAxis& y, const std::vector<double>& xs, const std::vector<double>& ys, std::string_view style) {
  std::string path;
  bool pen = false;
  for (std::size_t i = 0; i < xs.size() && i < ys.size(); ++i) {
    if (!std::isfinite(xs[i]) || !std::isfinite(ys[i])) {
      pen = false;
      continue;
    }
    path += (pen ? "L" : "M") + place(x.at(xs[i])) + " " + place(y.at(ys[i]));
    pen = true;
  }
  if (!path.empty()) body_ += "<path" + styled(style) + attribute("d", path) + "/>";
}

void SvgPlot::dot(double x, double y, DotShape shape, std::string_view style) {
  if (!std::isfinite(x) || !std::isfinite(y)) return;
  if (shape == DotShape::circle) {
    body_ += "<circle" + styled(style) + attribute("cx", place(x)) + attribute("cy", place(y)) + " r=\"3.2\"/>";
  } else if (shape == DotShape::square) {
    body_ += "<rect" + styled(style) + attribute("x", place(x - 3)) + attribute("y", place(y - 3)) + " width=\"6\" height=\"6\"/>";
  } else {
    body_ += "<path" + styled(style) + attribute("d", "M" + place(x - 6) + " " + place(y) + "L" + place(x) + " " + place(y - 6) + "L" + place(x + 6) + " " + place(y) + "L" + place(x) + " " +
                                                          place(y + 6) + "Z") + "/>";
  }
}

void SvgPlot::segment(double x0, double y0, double x1, double y1, std::string_view style) {
  body_ += "<line" + styled(style) + attribute("x1", place(x0)) + attribute("y1", place(y0)) + attribute("x2", place(x1)) + attribute("y2", place(y1)) + "/>";
}

void SvgPlot::band(double x0, double x1, double y0, double y1, std::string_view style) {
  body_ += "<rect" + styled(style) + attribute("x", place(std::min(x0, x1))) + attribute("y", place(std::min(y0, y1))) + attribute("width", place(std::abs(x1 - x0))) +
           attribute("height", place(std::abs(y1 - y0))) + "/>";
}

void SvgPlot::text(double x, double y, std::string_view text, TextAnchor anchor, std::string_view style) {
  const char* where = anchor == TextAnchor::start ? "" : anchor == TextAnchor::middle ? " text-anchor=\"middle\"" : " text-anchor=\"end\"";
  body_ += "<text" + styled(style) + attribute("x", place(x)) + attribute("y", place(y)) + where + ">" + htmlText(text) + "</text>";
}

std::string SvgPlot::svg() const {
  return "<svg viewBox=\"0 0 " + place(width_) + " " + place(height_) + "\" role=\"img\"><title>" + title_ + "</title>" + body_ + "</svg>\n";
}

}  // namespace meshmall::engine
