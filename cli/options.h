// What the verbs were asked for, after parsing. Plain values; what a number or name may be is checked where it is used.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace meshmall::cli {

enum class Format : std::uint8_t { text, json };

struct ScenarioChoice {                 // how a scenario file is changed by the call
  std::optional<std::string> seed;      // --seed
  std::optional<std::string> duration;  // --duration
  std::vector<std::string> sets;        // --set /pointer=VALUE, in order
};

struct Limits {
  std::optional<std::uint64_t> memory_bytes;
  std::uint64_t events = 0;  // 0: none
};

struct Appearance {
  Format format = Format::text;
  bool quiet = false;
  bool no_color = false;
};

struct CheckOptions {
  std::vector<std::string> files;
  ScenarioChoice choice;
  Appearance look;
};

struct RunOptions {
  std::string file;
  ScenarioChoice choice;
  std::uint64_t replication = 0;
  std::string out;          // folder; empty: none
  std::uint64_t trace = 0;  // customers whose trips are written
  bool decisions = false;
  struct Export {
    std::string kind, file;
  };
  std::vector<Export> exports;
  std::optional<std::int64_t> export_start;  // seconds since 1970 of the mall's time 0
  Limits limits;
  Appearance look;
};

struct ExplainOptions {
  std::string file;
  ScenarioChoice choice;
  std::uint64_t replication = 0;
  std::uint64_t request = 0;
  Limits limits;
  Appearance look;
};

struct BatchOptions {
  std::string study;
  ScenarioChoice choice;
  std::string out;
  unsigned jobs = 0;  // 0: as many as there are processors
  bool resume = false;
  std::string shard;  // "k/n"; empty: not given
  bool runs = false;  // write each run's whole result too
  std::string formats;  // of the gates' report; empty: not given
  Limits limits;
  Appearance look;
};

struct CompareOptions {
  std::string baseline, candidate;
  ScenarioChoice choice;  // of both sides
  std::string gate;       // file; empty: none
  std::vector<std::string> fail_on, margins;
  std::optional<bool> prove;                    // --mode
  std::optional<double> alpha;
  std::optional<std::uint64_t> replications;
  std::optional<double> precision;              // until what the rules look at is known so well: 0.02
  bool adaptive = false;                        // looks at the verdicts after 10, 20, 40, 80 replications
  std::optional<std::uint64_t> most;            // of either
  std::uint64_t seed_epoch = 0;                 // not 0: another whole set of seeds
  std::vector<std::string> only;                // globs of scenarios, or service=GLOB
  std::string slo_mode;                         // "limits" or "point"; empty: the gate file's, else limits
  std::uint64_t jobs = 0;                       // 0: all cores
  bool independent_seeds = false;               // the candidate gets other replications: unpaired
  bool informational = false;
  std::string on_inconclusive, on_no_data;      // empty: the gate file's, else the default
  std::string out;                              // folder; empty: none
  std::string formats;                          // "md,junit"; empty: the default
  Limits limits;
  Appearance look;
};

struct RankOptions {
  std::string study;
  ScenarioChoice choice;
  std::string out;            // folder; empty: none
  unsigned jobs = 0;          // 0: as many as there are processors
  bool resume = false;
  std::string metric, against, prefer, delta, procedure, on_inconclusive;  // empty: the default
  std::optional<double> alpha;
  std::optional<std::uint64_t> first, most, budget;
  Limits limits;
  Appearance look;
};

struct PlanOptions {
  std::string study;
  ScenarioChoice choice;
  std::string out;  // folder; empty: none
  unsigned jobs = 0;
  bool resume = false;
  std::optional<std::uint64_t> pilot, replications;
  std::optional<double> alpha, power;
  std::vector<std::string> detect;  // METRIC=CHANGE
  Limits limits;
  Appearance look;
};

struct MergeOptions {
  std::vector<std::string> folders;
  std::string out;
  std::string formats;  // as of a batch
  Appearance look;
};

struct ReplayOptions {
  std::vector<std::string> files;
  bool check = false;
  std::string algorithm, id;  // only these; empty: all
  Appearance look;
};

struct ImportOptions {
  std::string kind;
  std::vector<std::string> files;   // or folders
  std::string out;                  // file; empty: stdout
  std::vector<std::string> calls;   // "a -> b, b -> c", or a file (DOT, Kiali graph)
  std::string load;                 // file with a `traffic` list; empty: none
  std::vector<std::string> traces;  // files
  std::string name, question, duration;  // of the scenario; empty: the kind's own
  std::vector<std::string> slos;
  Appearance look;
};

struct ExportOptions {
  std::string kind;
  std::string file;
  std::string out;  // file; empty: stdout
  Appearance look;
};

}  // namespace meshmall::cli
