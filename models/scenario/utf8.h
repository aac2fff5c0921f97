// Code points of UTF-8: engine/report/utf8.h.
#pragma once

#include "engine/report/utf8.h"

namespace meshmall::models {

using engine::decodeUtf8;
using engine::Utf8;

}  // namespace meshmall::models
