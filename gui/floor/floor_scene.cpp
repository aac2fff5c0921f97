#include "gui/floor/floor_scene.h"

#include <QApplication>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "gui/floor/corridor_item.h"
#include "gui/floor/crowd.h"
#include "gui/floor/customers_item.h"
#include "gui/floor/entrance_item.h"
#include "gui/floor/shop_item.h"

namespace meshmall::gui {
namespace {
constexpr double kBandMargin = 200;  // left of the entrances, for the floors' names
}

FloorScene::FloorScene(QObject* parent) : QGraphicsScene(parent), tokens_{&tokensOf(ThemeKind::light)} { setItemIndexMethod(NoIndex); }

QString FloorScene::nameOf(const FloorBox& box) const {
  const QString name = QString::fromStdString(box.name);
  if (box.entrance) return QStringLiteral("entrance/") + name;
  return QStringLiteral("shop/") + name + QLatin1Char('/') + QString::fromStdString(snapshot_->floor->localities[box.locality].name);
}

void FloorScene::setSnapshot(SnapshotPointer snapshot) {
  const bool other = snapshot == nullptr || snapshot_ == nullptr || snapshot->floor != snapshot_->floor;
  snapshot_ = std::move(snapshot);
  if (snapshot_ != nullptr && snapshot_->floor == nullptr) snapshot_.reset();
  if (snapshot_ == nullptr) {
    clear();
    boxes_.clear();
    corridors_.clear();
    customers_ = nullptr;
    map_ = {};
    stands_.clear();
    return;
  }
  auto stands = standsOf(*snapshot_);
  // A floor that empties for a while keeps its shop: only new ones ask for a new map.
  const bool grown = !std::includes(stands_.begin(), stands_.end(), stands.begin(), stands.end());
  if (other || grown) {
    if (other) stands_.clear();
    stands_ = std::move(stands);
    if (other) rules_ = healthRulesOf(*snapshot_->floor);
    rebuild();
  }
  show();
}

void FloorScene::rebuild() {
  const std::uint32_t selected = selectedService();
  clear();
  boxes_.clear();
  corridors_.clear();
  walkers_.clear();
  busy_at_.clear();
  map_ = floorMapOf(*snapshot_);
  for (std::uint32_t i = 0; i < map_.boxes.size(); ++i) {
    BoxItem* item = map_.boxes[i].entrance ? static_cast<BoxItem*>(new EntranceItem(i, map_.boxes[i])) : new ShopItem(i, map_.boxes[i]);
    item->setTokens(*tokens_);
    item->setVocabulary(vocabulary_);
    if (const auto wish = wished_.constFind(nameOf(map_.boxes[i])); wish != wished_.constEnd()) item->setPos(*wish);
    addItem(item);
    boxes_.push_back(item);
    connect(item, &BoxItem::moved, this, [this, i] {
      corridors_placed_ = false;
      if (placing_) return;  // whoever places all of them leads the corridors once
      wished_[nameOf(map_.boxes[i])] = boxes_[i]->pos();
      placeCorridors();
      emit positionsChanged();
    });
  }
  for (const FloorCorridor& corridor : map_.corridors) {
    auto* item = new CorridorItem(corridor, QString::fromStdString(map_.boxes[corridor.from].name), QString::fromStdString(map_.boxes[corridor.to].name));
    item->setTokens(*tokens_);
    item->setVocabulary(vocabulary_);
    addItem(item);
    corridors_.push_back(item);
  }
  customers_ = new CustomersItem;
  customers_->setTokens(*tokens_);
  customers_->setFollowed(followed_);
  addItem(customers_);
  placeCorridors();
  selectService(selected);
  fadeAllBut(lit_);
  emit rebuilt();
}

QRectF FloorScene::content() const {
  QRectF area;
  for (const BoxItem* box : boxes_) area |= box->sceneBoundingRect();
  if (map_.bands.size() > 1) area |= QRectF(-kBandMargin, map_.bands.front().top, map_.width + kBandMargin + 20, map_.height);
  return area.isEmpty() ? QRectF(0, 0, 400, 300) : area.adjusted(-16, -12, 16, 12);
}

void FloorScene::placeCorridors() {
  corridors_placed_ = true;
  for (CorridorItem* item : corridors_) item->between(boxes_[item->corridor().from]->backdoor(), boxes_[item->corridor().to]->door());
  const QRectF area = content();
  if (customers_ != nullptr) customers_->setArea(area);
  setSceneRect(area.adjusted(-200, -200, 200, 200));
}

void FloorScene::show() {
  placing_ = true;
  const models::Snapshot& s = *snapshot_;
  std::vector<ShopView> views = shopViews(s, map_, rules_, vocabulary_, followed_);
  const std::vector<StaffNote> gateway = entranceNotes(s, vocabulary_);
  for (std::size_t i = 0; i < boxes_.size(); ++i) {
    if (auto* shop = qobject_cast<ShopItem*>(boxes_[i])) shop->setView(std::move(views[i]));
    auto* entrance = qobject_cast<EntranceItem*>(boxes_[i]);
    if (entrance == nullptr) continue;
    double rate = 0, failed = 0;
    Health health = Health::quiet;
    for (std::size_t e = 0; e < s.floor->edges.size() && e < s.edges.size(); ++e) {
      if (!s.floor->edges[e].from_traffic || s.floor->edges[e].from != entrance->subject()) continue;
      rate += s.edges[e].calls_per_second;
      failed += s.edges[e].calls_per_second * s.edges[e].failed_share;
      health = std::max(health, healthOf(s.edges[e], rules_));
    }
    entrance->setState(rate, rate > 0 ? failed / rate : 0, health, gateway);
  }
  if (!corridors_placed_) placeCorridors();  // a shop has grown
  noteBusy();
  const bool bands = reduce_motion_ || (s.dots.empty() && s.tries > 0);
  for (CorridorItem* item : corridors_) {
    const std::uint32_t edge = item->corridor().edge;
    if (edge >= s.edges.size()) continue;
    const Health health = healthOf(s.edges[edge], rules_);
    item->setState(s.edges[edge], health, bands, health == Health::quiet || idleFloor(item->corridor()));
  }
  showPeople();
  placing_ = false;
  update();
}

void FloorScene::noteBusy() {
  const double now = models::inSeconds(snapshot_->now.ns);
  busy_at_.resize(boxes_.size(), -1);
  for (double& at : busy_at_) at = at > now ? -1 : at;  // the clock was put back
  for (const models::EndpointState& endpoint : snapshot_->endpoints) {
    const std::uint32_t box = map_.shop(endpoint.service, endpoint.locality);
    if (box < busy_at_.size() && (endpoint.requests > 0 || endpoint.waiting > 0 || endpoint.held > 0)) busy_at_[box] = now;
  }
}

// Calls are counted for a service as a whole: to one of its several floors they go only if somebody has been there within the last intervals.
bool FloorScene::idleFloor(const FloorCorridor& corridor) const {
  const FloorBox& box = map_.boxes[corridor.to];
  if (box.entrance || map_.shops_of[box.subject].size() < 2) return false;
  const double now = models::inSeconds(snapshot_->now.ns), patience = 2 * models::inSeconds(snapshot_->floor->interval.ns);
  return busy_at_[corridor.to] < 0 || now - busy_at_[corridor.to] > patience;
}

void FloorScene::showPeople() {
  if (customers_ == nullptr) return;
  std::vector<const CorridorPath*> ways;
  ways.reserve(corridors_.size());
  for (const CorridorItem* item : corridors_) ways.push_back(&item->way());
  Crowd crowd = crowdOf(*snapshot_, map_, ways);
  for (std::size_t i = 0; i < corridors_.size(); ++i) corridors_[i]->setVisible(!map_.corridors[i].stairs || crowd.walkers[i] > 0);
  standing_ = reduce_motion_ ? std::vector<Person>() : std::move(crowd.people);
  if (sampled()) {
    const auto walks = [this](const Person& person) { return person.walking && (person.customer != followed_ || followed_ == 0); };
    standing_.erase(std::remove_if(standing_.begin(), standing_.end(), walks), standing_.end());
  } else {
    walkers_.clear();
  }
  showWalkers();
}

bool FloorScene::sampled() const {
  return snapshot_ != nullptr && !reduce_motion_ && !slowEnough(pace_, *snapshot_->floor) && !(snapshot_->dots.empty() && snapshot_->tries > 0);
}

// An edge is counted as a whole: its ways share what passes.
Passing FloorScene::passing(const FloorCorridor& corridor) const {
  const models::Snapshot& s = *snapshot_;
  if (corridor.edge >= s.edges.size() || corridor.stairs || idleFloor(corridor)) return {};
  double ways = 0;
  for (const std::uint32_t other : map_.corridors_of[corridor.edge]) ways += map_.corridors[other].stairs || idleFloor(map_.corridors[other]) ? 0 : 1;
  const models::EdgeState& edge = s.edges[corridor.edge];
  return {edge.tries_per_second / std::max(1.0, ways), edge.retries_per_second / std::max(1.0, ways), edge.failed_share};
}

void FloorScene::walkOn(double seconds) {
  if (!sampled()) return;
  walkers_.resize(corridors_.size());
  for (std::size_t i = 0; i < corridors_.size(); ++i) walkers_.advance(i, seconds, passing(map_.corridors[i]), pace_.speed, corridors_[i]->way().length());
  showWalkers();
}

void FloorScene::showWalkers() {
  std::vector<Person> people = standing_;
  for (std::size_t i = 0; i < corridors_.size(); ++i) walkers_.addTo(people, i, corridors_[i]->way());
  customers_->setPeople(std::move(people));
}

void FloorScene::setTokens(const Tokens& tokens) {
  tokens_ = &tokens;
  for (BoxItem* box : boxes_) box->setTokens(tokens);
  for (CorridorItem* corridor : corridors_) corridor->setTokens(tokens);
  if (customers_ != nullptr) customers_->setTokens(tokens);
  update();
}

void FloorScene::setVocabulary(Vocabulary vocabulary) {
  vocabulary_ = vocabulary;
  for (BoxItem* box : boxes_) box->setVocabulary(vocabulary);
  for (CorridorItem* corridor : corridors_) corridor->setVocabulary(vocabulary);
  if (snapshot_ != nullptr) show();
}

void FloorScene::setReduceMotion(bool reduce) {
  reduce_motion_ = reduce;
  if (snapshot_ != nullptr) show();
}

void FloorScene::setFollowed(std::uint64_t customer) {
  followed_ = customer;
  if (customers_ != nullptr) customers_->setFollowed(customer);
  if (snapshot_ != nullptr) show();
}

BoxItem* FloorScene::boxOf(std::uint32_t service) const {
  if (service >= map_.shops_of.size() || map_.shops_of[service].empty()) return nullptr;
  return boxes_[map_.shops_of[service].front()];
}

std::uint32_t FloorScene::selectedService() const {
  for (const QGraphicsItem* item : selectedItems()) {
    const auto* box = dynamic_cast<const BoxItem*>(item);
    if (box != nullptr && !box->entrance()) return box->subject();
  }
  return models::kNoIndex;
}

void FloorScene::selectService(std::uint32_t service) {
  if (selectedService() == service) return;
  clearSelection();
  if (BoxItem* box = boxOf(service)) box->setSelected(true);
}

void FloorScene::fadeAllBut(std::uint32_t service) {
  lit_ = service;
  for (BoxItem* box : boxes_) box->setFaded(service != models::kNoIndex && (box->entrance() || box->subject() != service));
}

FloorScene::Positions FloorScene::positions() const { return wished_; }

void FloorScene::setPositions(const Positions& positions) {
  wished_ = positions;
  placing_ = true;
  for (std::size_t i = 0; i < boxes_.size(); ++i) {
    const FloorBox& box = map_.boxes[i];
    boxes_[i]->setPos(wished_.value(nameOf(box), QPointF(box.x, box.y)));
  }
  placing_ = false;
  placeCorridors();
}

void FloorScene::drawBackground(QPainter* painter, const QRectF& rect) {
  painter->fillRect(rect, tokens_->window);
  if (map_.bands.size() < 2 || snapshot_ == nullptr) return;
  QFont font = QApplication::font();
  font.setPixelSize(15);
  font.setBold(true);
  painter->setFont(font);
  for (std::size_t i = 0; i < map_.bands.size(); ++i) {
    const QRectF band(-kBandMargin, map_.bands[i].top, map_.width + kBandMargin + 20, map_.bands[i].bottom - map_.bands[i].top);
    if (i % 2 == 0) painter->fillRect(band, tokens_->grid);
    painter->setPen(QPen(tokens_->border, 1, Qt::DashLine));
    painter->drawLine(band.bottomLeft(), band.bottomRight());
    painter->setPen(tokens_->muted_text);
    const QString text = heading(Term::locality, vocabulary_) + QLatin1Char(' ') + QString::fromStdString(snapshot_->floor->localities[i].name);
    painter->drawText(band.adjusted(8, 4, -8, -4), Qt::AlignLeft | Qt::AlignTop, text);
  }
}

}  // namespace meshmall::gui
