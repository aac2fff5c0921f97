// Axes, SVG and the smoothing of plots.
#include <cmath>
#include <limits>

#include "engine/report/plot_axis.h"
#include "engine/report/svg_plot.h"
#include "engine/statistics/welch_averages.h"

namespace meshmall::engine {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

TEST(PlotAxis, PutsValuesBetweenItsEnds) {
  const PlotAxis linear{10, 20, false, 100, 300}, down{0, 4, false, 200, 0}, log{1, 100, true, 0, 10};
  EXPECT_DOUBLE_EQ(linear.at(15), 200);
  EXPECT_DOUBLE_EQ(linear.at(25), 400);
  EXPECT_DOUBLE_EQ(down.at(1), 150);
  EXPECT_DOUBLE_EQ(log.at(10), 5);
  EXPECT_DOUBLE_EQ(log.at(0), 0);
}

TEST(PlotAxis, MarksAreOneTwoOrFiveTimesAPowerOfTen) {
  const auto marks = [](double low, double high, std::size_t about, bool log = false) { return axisMarks({low, high, log, 0, 1}, about); };
  EXPECT_EQ(marks(0, 100, 5), (std::vector<double>{0, 20, 40, 60, 80, 100}));
  EXPECT_EQ(marks(-0.3, 1.1, 7), (std::vector<double>{-0.2, 0, 0.2, 0.4, 0.6000000000000001, 0.8, 1}));
  EXPECT_EQ(marks(1, 1000, 4, true), (std::vector<double>{1, 10, 100, 1000}));
  EXPECT_EQ(marks(3, 60, 5, true), (std::vector<double>{5, 10, 20, 50}));
  EXPECT_EQ(marks(11, 12, 4, true), (std::vector<double>{11, 11.5, 12}));  // no two round ones: as on a linear axis
  for (int e = -9; e < 12; ++e) {
    const double size = std::pow(10.0, e);
    for (const double span : {1.0, 1.7, 3.3, 9.9}) {
      const auto some = marks(0.37 * size, (0.37 + span) * size, 6);
      EXPECT_GE(some.size(), 3u) << size << " " << span;
      EXPECT_LE(some.size(), 12u) << size << " " << span;
    }
  }
}

TEST(PlotRange, GivesRoomAndKeepsWhatIsNeverNegativeAboveZero) {
  PlotRange range;
  EXPECT_TRUE(range.empty());
  EXPECT_EQ(range.axis(0, 1).high, 1);
  range.add({kNone, 2, std::numeric_limits<double>::infinity(), 12});
  EXPECT_EQ(range.low(), 2);
  EXPECT_DOUBLE_EQ(range.axis(0, 1, 0.1).low, 1);
  EXPECT_DOUBLE_EQ(range.axis(0, 1, 0.1).high, 13);
  EXPECT_EQ(range.axis(0, 1, 0.5).low, 0);
  EXPECT_TRUE(range.axis(0, 1, 0.1, true).logarithmic);
  range.add(-1);
  EXPECT_FALSE(range.axis(0, 1, 0.1, true).logarithmic);
  PlotRange single;
  single.add(5);
  EXPECT_LT(single.axis(0, 1).low, 5);
  EXPECT_GT(single.axis(0, 1).high, 5);
}

TEST(SvgPlot, LinesBreakWhereThereIsNoValue) {
  SvgPlot plot(100, 50, "a <b>");
  const PlotAxis x{0, 4, false, 0, 4}, y{0, 10, false, 10, 0};
  plot.line(x, y, {0, 1, 2, 3, 4}, {1, 2, kNone, 4, 5.26}, "cand line");
  plot.line(x, y, {0, 1}, {kNone, kNone}, "none");
  EXPECT_EQ(plot.svg(), "<svg viewBox=\"0 0 100 50\" role=\"img\"><title>a &lt;b&gt;</title><path class=\"cand line\" d=\"M0 9L1 8M3 6L4 4.7\"/></svg>\n");
}

TEST(SvgPlot, EscapesItsTextsAndLeavesOutMarksThatWouldOverlap) {
  SvgPlot plot(100, 50, "");
  plot.text(1, 2, "</text><script>", TextAnchor::end, "label");
  EXPECT_NE(plot.svg().find(">&lt;/text&gt;&lt;script&gt;</text>"), std::string::npos);
  SvgPlot crowded(100, 50, "");
  crowded.bottomAxis({0, 10, false, 0, 10}, 20, {{1, "first"}, {2, "second"}}, "x");
  EXPECT_NE(crowded.svg().find("first"), std::string::npos);
  EXPECT_EQ(crowded.svg().find("second"), std::string::npos);
}

// Law, ch. 9: the window shrinks towards the start; the last w values have no average.
TEST(WelchAverages, AreCentredAndShrinkAtTheStart) {
  EXPECT_EQ(welchAverages({8, 4, 0, 6, 2, 4, 9, 5}, 2), (std::vector<double>{8, 4, 4, 16.0 / 5, 21.0 / 5, 26.0 / 5}));
  EXPECT_EQ(welchAverages({1, kNone, 3, 5}, 9), (std::vector<double>{1, 2, 4}));  // at most a quarter; what is missing is left out
  EXPECT_TRUE(welchAverages({}, 3).empty());
}

}  // namespace
}  // namespace meshmall::engine
