// Keeps the picture in step with a snapshot: items are made once for a map, and only told what has changed afterwards. Places that a person has dragged boxes to
// are kept by name, so that they survive another run of the same scenario.
#pragma once

#include <QGraphicsScene>
#include <QMap>
#include <QPointF>
#include <memory>
#include <vector>

#include "gui/floor/customers_item.h"
#include "gui/floor/floor_map.h"
#include "gui/floor/health.h"
#include "gui/floor/walkers.h"
#include "gui/theme/tokens.h"
#include "gui/theme/vocabulary.h"
#include "models/observation/snapshot.h"

namespace meshmall::gui {

class BoxItem;
class CorridorItem;
class EntranceItem;
class ShopItem;

class FloorScene final : public QGraphicsScene {
  Q_OBJECT

 public:
  using SnapshotPointer = std::shared_ptr<const models::Snapshot>;
  using Positions = QMap<QString, QPointF>;  // by "shop/bakery/zone-a", "entrance/lunch"

  explicit FloorScene(QObject* parent = nullptr);
  // Items that go tell of a selection that changes: nobody is left to hear it.
  ~FloorScene() override { blockSignals(true); }

  // Null empties the scene. A run of another scenario, or endpoints on a new floor, make a new map.
  void setSnapshot(SnapshotPointer snapshot);
  void setTokens(const Tokens& tokens);
  void setVocabulary(Vocabulary vocabulary);
  // No walking dots: bands instead.
  void setReduceMotion(bool reduce);
  // How the mall moves: faster than can be seen, a sample of walkers shows it (walkers.h). Holds from the next snapshot on.
  void setPace(const Pace& pace) { pace_ = pace; }
  // `seconds` have passed in front of the screen: the sample walks on. Nothing else changes.
  void walkOn(double seconds);
  bool sampled() const;  // whether a sample walks
  const Walkers& walkers() const { return walkers_; }
  void setFollowed(std::uint64_t customer);
  std::uint64_t followed() const { return followed_; }

  const models::Snapshot* snapshot() const { return snapshot_.get(); }
  const FloorMap& map() const { return map_; }
  const HealthRules& rules() const { return rules_; }
  const CustomersItem* customers() const { return customers_; }
  const std::vector<BoxItem*>& boxes() const { return boxes_; }
  BoxItem* boxOf(std::uint32_t service) const;
  std::uint32_t selectedService() const;   // models::kNoIndex: none
  void selectService(std::uint32_t service);  // kNoIndex: nothing
  // Everything but this service's shops is faded; kNoIndex: nothing is.
  void fadeAllBut(std::uint32_t service);

  Positions positions() const;  // of the boxes that a person has moved
  void setPositions(const Positions& positions);
  QRectF content() const;

 signals:
  void rebuilt();
  void positionsChanged();

 protected:
  void drawBackground(QPainter* painter, const QRectF& rect) override;

 private:
  void rebuild();
  void show();
  void showPeople();
  void showWalkers();
  Passing passing(const FloorCorridor& corridor) const;
  void placeCorridors();
  void noteBusy();
  bool idleFloor(const FloorCorridor& corridor) const;
  QString nameOf(const FloorBox& box) const;

  SnapshotPointer snapshot_;
  FloorMap map_;
  HealthRules rules_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> stands_;
  const Tokens* tokens_;
  Vocabulary vocabulary_ = Vocabulary::mall;
  bool reduce_motion_ = false;
  std::uint64_t followed_ = 0;
  Pace pace_{false, 1};
  Walkers walkers_;
  std::vector<Person> standing_;  // the mall's own: all of them, or those who do not walk
  std::uint32_t lit_ = models::kNoIndex;
  std::vector<BoxItem*> boxes_;  // as map_.boxes
  std::vector<CorridorItem*> corridors_;
  std::vector<double> busy_at_;  // by box: when somebody was last seen there, simulated seconds
  CustomersItem* customers_ = nullptr;
  Positions wished_;
  bool placing_ = false;  // boxes are moved by the scene, not by a person
  bool corridors_placed_ = true;
};

}  // namespace meshmall::gui
