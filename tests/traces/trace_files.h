// Small files of traces for the tests: written where tests may write, gone afterwards.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "models/importers/traces/import_traces.h"
#include "models/importers/traces/read_spans.h"

namespace meshmall::models::traces {

class TempFile {
 public:
  explicit TempFile(const std::string& content) {
    static int n = 0;
    path_ = testing::TempDir() + "/meshmall-traces-" + std::to_string(::getpid()) + "-" + std::to_string(++n);
    std::ofstream(path_, std::ios::binary) << content;
  }
  ~TempFile() { std::remove(path_.c_str()); }
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

struct ReadBack {
  SpanLog log;
  SpanReading reading;
  std::vector<Problem> problems;
  bool unreadable = false;
  Visits visits;
};

inline ReadBack readText(const std::string& content) {
  const TempFile file(content);
  ReadBack out;
  out.reading = readSpans(file.path(), out.log, out.problems, out.unreadable);
  out.visits = makeVisits(out.log);
  return out;
}

// "front/GET /(cart/Get,prices/List)": who was asked what, children by name.
inline std::string treeOf(const Visits& visits, std::uint32_t visit) {
  const Visit& v = visits.all[visit];
  std::vector<std::string> children;
  for (const TracedCall& call : v.calls)
    if (call.visit != kNoVisit) children.push_back(treeOf(visits, call.visit));
  std::sort(children.begin(), children.end());
  std::string out = visits.operations[v.operation].service + "/" + visits.operations[v.operation].name;
  if (children.empty()) return out;
  out += "(";
  for (std::size_t i = 0; i < children.size(); ++i) out += (i == 0 ? "" : ",") + children[i];
  return out + ")";
}

inline std::vector<std::string> treesOf(const Visits& visits) {
  std::vector<std::string> out;
  for (const std::uint32_t root : visits.roots) out.push_back(treeOf(visits, root));
  return out;
}

inline const char* const kCsvHeading = "TraceID,SpanID,ParentID,PodName,OperationName,StartTimeUnixNano,EndTimeUnixNano,Duration\n";

}  // namespace meshmall::models::traces
