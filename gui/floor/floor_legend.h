// What the marks on the floor mean, always visible below it: customers by shape, health with the thresholds of this scenario. Wraps where the window is narrow.
#pragma once

#include <QWidget>
#include <vector>

#include "gui/floor/customers_item.h"
#include "gui/floor/health.h"
#include "gui/theme/tokens.h"
#include "gui/theme/vocabulary.h"

namespace meshmall::gui {

class FloorLegend final : public QWidget {
  Q_OBJECT

 public:
  explicit FloorLegend(QWidget* parent = nullptr);

  void setTokens(const Tokens& tokens);
  void setVocabulary(Vocabulary vocabulary);
  void setRules(const HealthRules& rules);
  // A note at the end: "4,200 on their way: shown as bands". Empty: none.
  void setNote(const QString& note);

  bool hasHeightForWidth() const override { return true; }
  int heightForWidth(int width) const override;
  QSize sizeHint() const override { return {600, heightForWidth(600)}; }
  QSize minimumSizeHint() const override { return {200, heightForWidth(10'000)}; }

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  bool event(QEvent* event) override;

 private:
  struct Entry {
    enum class Mark { person, health, clerk, old_map } mark = Mark::health;
    PersonShape shape = PersonShape::first;
    Health health = Health::quiet;
    QString text, tip;  // the tip has the other vocabulary's word
  };
  void refill();
  // Calls draw(entry, place) for each; returns the height.
  template <typename Draw>
  int lay(int width, Draw draw) const;

  const Tokens* tokens_;
  Vocabulary vocabulary_ = Vocabulary::mall;
  HealthRules rules_;
  QString note_;
  std::vector<Entry> entries_;
};

}  // namespace meshmall::gui
