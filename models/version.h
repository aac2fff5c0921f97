// The program's version, as results carry it.
#pragma once

namespace meshmall::models {

const char* version();  // e.g. "0.1.0"; from the top-level CMakeLists.txt

}  // namespace meshmall::models
