// The latency distribution with its title, the switch between ECDF and histogram, and how many answers it is made of.
#pragma once

#include <QString>
#include <QWidget>
#include <string>

#include "gui/charts/distribution_view.h"

class QLabel;
class QToolButton;

namespace meshmall::gui {

class DistributionPanel final : public QWidget {
  Q_OBJECT

 public:
  explicit DistributionPanel(QWidget* parent = nullptr);

  void setTokens(const Tokens& tokens);
  void setBuckets(DistributionView::Buckets buckets, DistributionView::Buckets ghost, const QString& ghost_name);
  DistributionView* view() const { return view_; }
  std::string csv() const { return view_->csv(); }

 signals:
  void fullScreenAsked();
  void exportAsked();

 private:
  QLabel* title_;
  QLabel* note_;
  QToolButton* histogram_;
  QToolButton* full_screen_;
  QToolButton* export_;
  DistributionView* view_;
};

}  // namespace meshmall::gui
