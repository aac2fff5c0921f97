// Where a simulation's exceptions become exit codes: a limit (7), memory that ran out (7), a broken promise or anything unforeseen (8, with the line that repeats it).
#pragma once

#include <functional>
#include <string>

namespace meshmall::cli {

// What `work` gives; or the code of what it threw, after saying so on stderr. `replay` gives the command line that repeats the run.
int guarded(const std::function<int()>& work, const std::function<std::string()>& replay);

}  // namespace meshmall::cli
