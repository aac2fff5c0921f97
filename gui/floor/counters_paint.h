// The counters of a shop with their clerks and the customers who wait: up to ShopView::lanes as lanes (the line left of the counter), more as a grid of cells.
// State is told by shape: opening is dashed with a plus, closing has a bar below, down is crossed out, not on the signs yet is dotted.
#pragma once

#include <QRectF>
#include <optional>

#include "gui/floor/shop_view.h"
#include "gui/theme/tokens.h"

class QPainter;

namespace meshmall::gui {

// `scale`: device pixels for one of the scene.
void paintCounters(QPainter& painter, const ShopView& shop, const QRectF& area, const Tokens& tokens, double scale);
// The counter at a place of that area; nothing: none.
std::optional<std::size_t> counterAt(const ShopView& shop, const QRectF& area, const QPointF& place);

}  // namespace meshmall::gui
