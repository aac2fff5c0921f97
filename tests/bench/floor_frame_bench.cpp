// One frame of the dashboard's floor: a new snapshot taken in and everything painted, with the customers walking on. Offscreen, software raster.
// usage: floor_frame_bench [FRAMES=1000] [CUSTOMERS=2000] [SHOPS=24] [WIDTH=1920] [HEIGHT=1080]
#include <QApplication>
#include <QElapsedTimer>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "gui/floor/floor_view.h"
#include "gui/floor/floor_widget.h"

namespace {

using namespace meshmall;
using models::Dot;

// Each shop calls three others; two counters each, some customers in their lines.
std::shared_ptr<models::Snapshot> mallOf(std::uint32_t shops, std::uint32_t customers) {
  auto floor = std::make_shared<models::FloorPlan>();
  auto now = std::make_shared<models::Snapshot>();
  floor->localities.push_back({"here", "here", "here"});
  floor->traffic = {"lunch"};
  floor->edges.push_back({true, 0, 0});
  now->services.resize(shops);
  now->versions.resize(shops);
  for (std::uint32_t i = 0; i < shops; ++i) {
    floor->services.push_back({"shop-" + std::to_string(i), true, {i}});
    floor->versions.push_back({i, "v1", {}});
    if (i > 0) floor->edges.push_back({false, (i - 1) / 3, i});
    now->services[i].replicas = now->services[i].up = 2;
    now->services[i].answers_per_second = 100;
    for (int k = 0; k < 2; ++k) {
      models::EndpointState endpoint;
      endpoint.name = floor->services[i].name + "-v1-" + std::to_string(k);
      endpoint.service = endpoint.version = i;
      endpoint.workers = 4;
      endpoint.held = i % 5;
      endpoint.waiting = i % 7;
      now->endpoints.push_back(endpoint);
    }
  }
  now->edges.resize(floor->edges.size());
  for (std::uint32_t i = 0; i < customers; ++i) {
    Dot dot;
    dot.id = dot.customer = i + 1;
    dot.edge = i % static_cast<std::uint32_t>(floor->edges.size());
    dot.endpoint = floor->edges[dot.edge].to * 2 + i % 2;
    dot.place = i % 2 == 0 ? Dot::Place::on_the_way : Dot::Place::on_the_way_back;
    dot.mark = i % 5 == 0 ? Dot::Mark::retry : Dot::Mark::first;
    dot.failed = i % 2 == 1 && i % 3 == 0;
    now->dots.push_back(dot);
  }
  now->tries = customers;
  now->floor = floor;
  return now;
}

}  // namespace

int main(int argc, char** argv) {
  if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
  QApplication application(argc, argv);
  const auto number = [&](int index, int otherwise) { return argc > index ? std::max(1, std::atoi(argv[index])) : otherwise; };
  const int frames = number(1, 1000);
  const auto mall = mallOf(static_cast<std::uint32_t>(number(3, 24)), static_cast<std::uint32_t>(number(2, 2000)));
  gui::FloorWidget widget;
  widget.resize(number(4, 1920), number(5, 1080));
  widget.setSnapshot(mall);
  widget.show();
  QApplication::processEvents();
  std::vector<double> times;
  double cpu = 0;  // of this process: what a frame costs where others use the processors too
  for (int frame = 0; frame < frames; ++frame) {
    auto next = std::make_shared<models::Snapshot>(*mall);
    for (std::size_t i = 0; i < next->dots.size(); ++i) next->dots[i].progress = static_cast<float>((i * 37 + static_cast<std::size_t>(frame) * 9) % 1000) / 1000;
    QElapsedTimer clock;
    clock.start();
    const std::clock_t begin = std::clock();
    widget.setSnapshot(next);
    widget.view()->viewport()->repaint();
    cpu += static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC * 1e3;
    times.push_back(static_cast<double>(clock.nsecsElapsed()) / 1e6);
  }
  std::sort(times.begin(), times.end());
  const auto quantile = [&](double q) { return times[std::min(times.size() - 1, static_cast<std::size_t>(q * static_cast<double>(times.size())))]; };
  std::printf("%d frames, %zu customers: median %.2f ms, p95 %.2f ms, worst %.2f ms; processor time %.2f ms a frame\n", frames, mall->dots.size(), quantile(0.5),
              quantile(0.95), times.back(), cpu / frames);
  return 0;
}
