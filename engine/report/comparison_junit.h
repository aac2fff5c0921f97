// A comparison as JUnit XML in the dialect that Jenkins, GitLab and Surefire's readers share: a suite for each scenario, a case for each rule and scope.
// `failure`: the rule fails the gate; `error`: it fails for want of data; `skipped`: it is waived, inconclusive, without data or broken where that does not gate, and
// everything that fails while the comparison is informational. What is new or deleted is a suite with one skipped case. Names hold no figures and are unique
// within their suite, so that a server follows them from run to run; there is no clock in it ("time" is 0).
// Its schema as the tests check it: tests/engine/junit.xsd.
#pragma once

#include <string>

#include "engine/report/comparison_report.h"

namespace meshmall::engine {

std::string comparisonJunit(const ComparisonReport& report);

}  // namespace meshmall::engine
