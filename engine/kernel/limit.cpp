#include "engine/kernel/limit.h"

namespace meshmall::engine {

void limitReached(const char* what) { throw LimitReached(what); }

}  // namespace meshmall::engine
