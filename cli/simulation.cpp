#include "cli/simulation.h"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "cli/interrupt.h"
#include "cli/number_text.h"
#include "cli/terminal.h"
#include "engine/kernel/limit.h"

namespace meshmall::cli {
namespace {

constexpr int kSlice = 4096;  // events between two looks: a few milliseconds
constexpr int kSlicesPerMemoryLook = 16;
constexpr std::uint64_t kHeadroom = std::uint64_t{128} << 20;

class Progress {
 public:
  Progress(bool shown, std::string label) : shown_(shown && stderrIsTerminal()), label_(std::move(label)) {}
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(const models::Mall& mall) {
    if (!shown_) return;
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < std::chrono::milliseconds(200)) return;
    const double since = std::chrono::duration<double>(now - last_).count();
    const double rate = lines_ == 0 ? 0 : static_cast<double>(mall.events() - events_) / since;
    const double whole = mall.end().seconds();
    std::string line =
        "\r\x1b[K" + label_ + seconds(mall.now().seconds()) + " of " + seconds(whole) + ", " + share(whole > 0 ? mall.now().seconds() / whole : 1);
    if (rate > 0) line += ", " + plain(rate / 1e6) + " M events/s";
    std::fputs(line.c_str(), stderr);
    std::fflush(stderr);
    last_ = now;
    events_ = mall.events();
    ++lines_;
  }

 private:
  void clear() {
    if (lines_ > 0) std::fputs("\r\x1b[K", stderr);
  }

  bool shown_;
  std::string label_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
  std::uint64_t events_ = 0;
  int lines_ = 0;
};

}  // namespace

std::uint64_t memoryInUse() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr) return 0;
  char text[128] = {};
  const bool read = std::fgets(text, sizeof text, file) != nullptr;
  std::fclose(file);
  if (!read) return 0;
  char* rest = nullptr;
  std::strtoull(text, &rest, 10);  // the first number is the address space, the second what is in memory
  return std::strtoull(rest, nullptr, 10) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

void limitMemory(const Limits& limits) {
  if (!limits.memory_bytes) return;
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // those reserve terabytes
  const rlim_t most = static_cast<rlim_t>(*limits.memory_bytes + kHeadroom);
  const rlimit limit{most, most};
  setrlimit(RLIMIT_DATA, &limit);
#endif
}

int drive(models::Mall& mall, const DriveOptions& options) {
  Progress progress(options.progress, options.label);
  for (int slices = 0;; ++slices) {
    for (int i = 0; i < kSlice; ++i) {
      if (!mall.step()) return 0;
      if (options.metrics != nullptr && mall.now() >= options.metrics->next()) options.metrics->sample(mall.collector(), mall.now());
      if (const int signal = InterruptWatch::signal()) return signal;  // after each: one event can bring a million customers
    }
    progress.show(mall);
    if (options.limits.memory_bytes && slices % kSlicesPerMemoryLook == 0 && memoryInUse() > *options.limits.memory_bytes)
      engine::limitReached("the limit on memory was reached");
  }
}

}  // namespace meshmall::cli
