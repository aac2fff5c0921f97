// All customers who walk or wait in the corridors, as one item: thousands of items cost more than thousands of marks. Shape tells, colour repeats:
// a circle is a first try, a hollow circle a second try, a double circle one of two lines at once, a small square a mirrored copy, a diamond an answer that failed.
// Circles on the way back are smaller. Those who stand at a counter or in its line are drawn by the shop.
#pragma once

#include <QGraphicsItem>
#include <cstdint>
#include <vector>

#include "gui/theme/tokens.h"
#include "models/observation/snapshot.h"

namespace meshmall::gui {

enum class PersonShape : std::uint8_t { first, retry, hedge, mirror, error };

struct Person {
  QPointF place;
  PersonShape shape = PersonShape::first;
  bool back = false;        // with the answer
  bool left_alone = false;  // nobody waits for the answer any more: pale
  bool walking = false;     // in the corridor, not waiting at one of its ends
  std::uint64_t customer = 0;
};

class CustomersItem final : public QGraphicsItem {
 public:
  CustomersItem();

  void setPeople(std::vector<Person> people);
  const std::vector<Person>& people() const { return people_; }
  void setTokens(const Tokens& tokens) { tokens_ = &tokens; }
  void setFollowed(std::uint64_t customer) { followed_ = customer; }
  void setArea(const QRectF& area);
  // The customer nearest to a place, at most `reach` away; 0: nobody, or somebody of a sample (walkers.h).
  std::uint64_t customerAt(const QPointF& place, double reach) const;

  QRectF boundingRect() const override { return area_; }
  QPainterPath shape() const override { return {}; }  // never in the way of what lies below
  void paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) override;

 private:
  void paintMarks(QPainter& painter, double scale, double radius) const;

  std::vector<Person> people_;
  QRectF area_;
  const Tokens* tokens_;
  std::uint64_t followed_ = 0;
};

// One mark, also for the legend.
void paintPerson(QPainter& painter, const QPointF& place, PersonShape shape, bool back, double radius, const Tokens& tokens);

}  // namespace meshmall::gui
