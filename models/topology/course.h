// One operation walked through by expectation: how many tries it sends to whom, how long it works, how long it takes, how often it fails, and with what.
//
// Failures counted: `failure` of operations, events `fail`, injected aborts, routes that lead nowhere; an operation goes on after a failed call only where
// `optional` or `orElse` says so. Retries are counted where the policy repeats such a failure. Not counted: timeouts, full queues, breakers, crashes, ejections.
// Exact for means without `parallel`; the time of parallel branches is longestOf (waiting.h), branches taken as independent.
// Limiting case: an operation without steps takes no time and calls nobody.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "models/scenario/scenario.h"
#include "models/topology/call_split.h"
#include "models/topology/waiting.h"

namespace meshmall::models {

using FailureMix = std::vector<std::pair<std::uint16_t, double>>;  // status, probability
double totalOf(const FailureMix& mix);

// A call as its caller meets it, whatever it leads to.
struct CallExpectation {
  std::vector<std::pair<std::uint32_t, double>> tries;     // serving (prediction.cpp's number), tries sent to it
  std::vector<std::pair<std::uint32_t, double>> mirrored;  // copies
  Moments time;
  FailureMix failed;
};

struct Course {
  std::vector<std::pair<std::uint32_t, double>> tries, mirrored;  // per request served; a serving may stand there several times
  std::vector<std::pair<OperationRef, double>> calls;             // made, retries merged
  double busy = 0;                                                // seconds of a worker
  double works = 0, work_second = 0;                              // busy steps; sum of their second moments
  Moments time;                                                   // from start to end, waits for workers between the steps included
  FailureMix failed;
  // The call that the time goes to most, on the branches that end last.
  OperationRef longest_call;
  double longest_call_seconds = 0;
};

struct CourseSetting {
  double speed = 1, slow = 1;
  AddedFailure added;
  Concurrency concurrency = Concurrency::thread;
  Moments wait_of_work;  // in the queue before each piece of work; of async and ps only
  std::function<const CallExpectation&(OperationRef)> call;
};

Course walkCourse(const Operation& operation, const CourseSetting& setting);

struct ServingState {  // what is known of the one who serves: by serving
  Moments time;        // from its inbound proxy to the answer
  FailureMix failed;
};

// The call through its rules, retries included. `serving` gives a part's number.
CallExpectation expectCall(const CallSplit& split, const std::function<std::uint32_t(const SplitPart&)>& serving, const std::vector<ServingState>& states);

}  // namespace meshmall::models
