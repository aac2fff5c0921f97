// The time of a band of customers as bars, one a shop and one for all: queueing, service, network, proxy, retries, back-off. Colours and patterns are told in the
// legend on top; the numbers at the right are milliseconds a customer, in the mean.
#pragma once

#include <QWidget>

#include "gui/theme/tokens.h"
#include "models/observation/time_spent.h"

namespace meshmall::gui {

QString spentName(models::SpentOn kind);

class TimeBars final : public QWidget {
  Q_OBJECT

 public:
  explicit TimeBars(QWidget* parent = nullptr);

  void setTokens(const Tokens& tokens);
  void setTime(models::TimeSpent time);
  const models::TimeSpent& time() const { return time_; }
  // "shop,queueing_ms,...,total_ms": milliseconds a customer. C locale.
  std::string csv() const;
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return {320, sizeHint().height()}; }

 protected:
  void paintEvent(QPaintEvent* event) override;
  bool event(QEvent* event) override;

 private:
  struct Row {
    QString name;
    std::array<double, models::kSpentKinds> ms{};  // a customer
    double total = 0;
  };
  int rowHeight() const { return fontMetrics().height() + 10; }
  int legendHeight(bool paint, QPainter* painter) const;
  QRectF barOf(std::size_t row) const;
  QBrush brushOf(models::SpentOn kind) const;
  void paintKind(QPainter& painter, const QRectF& place, models::SpentOn kind) const;

  const Tokens* tokens_;
  models::TimeSpent time_;
  std::vector<Row> rows_;  // all first
};

}  // namespace meshmall::gui
