#include "cli/runs_progress.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "cli/number_text.h"
#include "cli/terminal.h"

namespace meshmall::cli {
namespace {

constexpr std::size_t kBar = 24;  // characters

}  // namespace

RunsProgress::RunsProgress(bool shown, std::string label, std::uint64_t before)
    : shown_(shown && stderrIsTerminal()), label_(std::move(label)), before_(before), start_(std::chrono::steady_clock::now()) {}

void RunsProgress::show(std::uint64_t done, std::uint64_t known, bool more) {
  if (!shown_) return;
  const auto now = std::chrono::steady_clock::now();
  if (drawn_ && now - last_ < std::chrono::milliseconds(200)) return;
  const double part = known == 0 ? 1 : static_cast<double>(done) / static_cast<double>(known);
  const auto full = static_cast<std::size_t>(part * static_cast<double>(kBar));
  std::string line = "\r\x1b[K" + label_ + "[" + std::string(full, '#') + std::string(kBar - full, '.') + "] " + std::to_string(done) + " of " +
                     (more ? "at least " : "") + std::to_string(known) + " runs";
  if (done > before_ && done < known) {
    const double each = std::chrono::duration<double>(now - start_).count() / static_cast<double>(done - before_);
    line += ", about " + seconds(std::max(1.0, std::round(each * static_cast<double>(known - done)))) + " left";
  }
  std::fputs(line.c_str(), stderr);
  std::fflush(stderr);
  last_ = now;
  drawn_ = true;
}

void RunsProgress::clear() {
  if (drawn_) std::fputs("\r\x1b[K", stderr);
  if (drawn_) std::fflush(stderr);
  drawn_ = false;
}

}  // namespace meshmall::cli
