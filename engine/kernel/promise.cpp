#include "engine/kernel/promise.h"

namespace meshmall::engine {

void brokenPromise(const char* what) { throw BrokenPromise(what); }

}  // namespace meshmall::engine
