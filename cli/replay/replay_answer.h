// What a replayed case came to: supported or why not. The computed values go into a JSON object beside it.
#pragma once

#include <string>
#include <vector>

namespace meshmall::cli {

struct ReplayAnswer {
  bool supported = true;
  std::string reason;  // why it is not
  // Lists of `actual` whose length the case's input does not say: they may be longer than what is expected, whose beginning they must be.
  std::vector<std::string> open_lists;
  // The case gives no draws, so the replay chose those that `actual` shows (`picks[].random`). What a case expects of other draws can't be compared.
  bool draws_chosen = false;
};

}  // namespace meshmall::cli
