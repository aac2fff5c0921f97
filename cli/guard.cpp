#include "cli/guard.h"

#include <exception>
#include <new>

#include "cli/exit_code.h"
#include "cli/terminal.h"
#include "engine/kernel/limit.h"
#include "engine/kernel/promise.h"

namespace meshmall::cli {

int guarded(const std::function<int()>& work, const std::function<std::string()>& replay) {
  try {
    return work();
  } catch (const engine::LimitReached& limit) {
    say(std::string("limit reached: ") + limit.what() + "; nothing was written");
    return code(ExitCode::limit_reached);
  } catch (const std::bad_alloc&) {
    say("limit reached: out of memory; nothing was written");
    return code(ExitCode::limit_reached);
  } catch (const std::exception& broken) {
    say(std::string("internal error: ") + broken.what() + "; to see it again: " + replay());
    return code(ExitCode::broken_promise);
  }
}

}  // namespace meshmall::cli
