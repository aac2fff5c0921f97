#include "models/version.h"

namespace meshmall::models {

const char* version() { return MESHMALL_VERSION; }

}  // namespace meshmall::models
