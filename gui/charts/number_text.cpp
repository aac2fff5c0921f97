#include "gui/charts/number_text.h"

#include <QLocale>
#include <algorithm>
#include <cmath>

namespace meshmall::gui {
namespace {

int decimalsOf(double value) {
  const double size = std::fabs(value);
  if (size == 0 || size >= 100) return 0;
  if (size >= 10) return 1;
  if (size >= 1) return 2;
  return size >= 0.1 ? 3 : 4;
}

QString fixed(double value, int decimals) {
  const QLocale locale;
  QString text = locale.toString(value, 'f', decimals);
  if (decimals == 0) return text;
  const QString point = locale.decimalPoint();
  if (!text.contains(point)) return text;
  while (text.endsWith(QLatin1Char('0'))) text.chop(1);
  if (text.endsWith(point)) text.chop(static_cast<int>(point.size()));
  return text;
}

}  // namespace

QString numberText(double value) { return std::isfinite(value) ? fixed(value, decimalsOf(value)) : QStringLiteral("–"); }

QString percentText(double share) {
  if (!std::isfinite(share)) return QStringLiteral("–");
  const double percent = share * 100;
  // Near 100 % what is missing matters: 99.95 % is not 100 %.
  int decimals = percent > 99 && percent < 100 ? 2 : decimalsOf(percent);
  if (percent > 0 && percent < 0.1) decimals = 3;
  // A share that is not nothing is never told as 0 %.
  if (percent > 0 && percent < 0.0005) decimals = std::min(9, static_cast<int>(std::ceil(-std::log10(percent))));
  else if (decimals > 3) decimals = 3;
  return fixed(percent, decimals) + QStringLiteral(" %");
}

QString millisecondsText(double ms) {
  if (!std::isfinite(ms)) return QStringLiteral("–");
  return ms >= 1000 ? fixed(ms / 1000, decimalsOf(ms / 1000)) + QStringLiteral(" s") : numberText(ms) + QStringLiteral(" ms");
}

QString secondsText(double seconds) {
  if (seconds < 120) return numberText(seconds) + QStringLiteral(" s");
  const double minutes = std::floor(seconds / 60);
  return fixed(minutes, 0) + QStringLiteral(" min ") + fixed(std::floor(seconds - minutes * 60), 0) + QStringLiteral(" s");
}

}  // namespace meshmall::gui
