#include "cli/program.h"

int main(int argc, char** argv) { return meshmall::cli::program(argc, argv); }
