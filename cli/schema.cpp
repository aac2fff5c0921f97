#include "cli/terminal.h"
#include "cli/verbs.h"
