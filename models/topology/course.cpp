#include "models/topology/course.h"

#include <algorithm>
#include <cmath>

namespace meshmall::models {

namespace {

constexpr double kLongestMean = 1e9;  // seconds; stands for an infinite mean, so that sums stay numbers
constexpr double kHighestScv = 100;   // stands for an infinite variance

Moments momentsOf(const Distribution& d, double factor) {
  const double mean = std::min(d.mean() * factor, kLongestMean);
  const double variance = d.variance() * factor * factor;
  return {mean, std::isfinite(variance) ? variance : kHighestScv * mean * mean};
}

void add(FailureMix& mix, std::uint16_t status, double probability) {
  if (probability <= 0) return;
  for (auto& [known, sum] : mix)
    if (known == status) {
      sum += probability;
      return;
    }
  mix.emplace_back(status, probability);
}

void add(FailureMix& mix, const FailureMix& other, double factor) {
  for (const auto& [status, probability] : other) add(mix, status, probability * factor);
}

// Happens with probability `chance`, independent of everything.
Moments sometimes(const Moments& m, double chance) {
  const double mean = chance * m.mean;
  return {mean, std::max(0.0, chance * m.second() - mean * mean)};
}

struct Walked {  // per start of a sequence of steps
  Moments time;
  double busy = 0;
  FailureMix failed;
  double success() const { return 1 - totalOf(failed); }
};

class Walker {
 public:
  explicit Walker(const CourseSetting& setting) : setting_(setting) {}

  Course walk(const Operation& operation) {
    const Failure& failure = operation.failure;
    FailureMix at_start;
    if (failure.when == Failure::When::start) add(at_start, failure.status, failure.probability);
    add(at_start, setting_.added.status, (1 - totalOf(at_start)) * setting_.added.probability);
    const double starts = 1 - totalOf(at_start);
    Walked all = sequence(operation.steps, starts, &failure);
    const bool at_end = failure.when == Failure::When::end || (operation.steps.empty() && failure.when == Failure::When::after_first_step);
    if (at_end) add(all.failed, failure.status, all.success() * failure.probability);
    course_.busy = all.busy * starts;
    course_.time = sometimes(all.time, starts);
    course_.failed = at_start;
    add(course_.failed, all.failed, starts);
    return std::move(course_);
  }

 private:
  // `reach`: how often the sequence starts, per request.
  Walked sequence(const Steps& steps, double reach, const Failure* failure = nullptr) {
    Walked whole;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const double alive = whole.success();
      const double runs = alive * steps[i].probability;
      const Walked one = step(steps[i], reach * runs);
      whole.time = whole.time + sometimes(one.time, runs);
      whole.busy += runs * one.busy;
      add(whole.failed, one.failed, runs);
      if (i == 0 && failure != nullptr && failure->when == Failure::When::after_first_step)
        add(whole.failed, failure->status, whole.success() * failure->probability);
    }
    return whole;
  }

  Walked step(const Step& step, double reach) {
    if (const auto* busy = std::get_if<Busy>(&step.what)) return work(*busy, reach);
    if (const auto* wait = std::get_if<Wait>(&step.what)) return {momentsOf(wait->time, 1), 0, {}};
    if (const auto* call = std::get_if<Call>(&step.what)) return makeCalls(*call, reach);
    if (const auto* choose = std::get_if<Choose>(&step.what)) return oneOf(*choose, reach);
    return together(std::get<Parallel>(step.what), reach);
  }

  Walked work(const Busy& busy, double reach) {
    const Moments time = momentsOf(busy.time, setting_.slow / setting_.speed);
    course_.works += reach;
    course_.work_second += reach * time.second();
    return {time + setting_.wait_of_work, time.mean, {}};
  }

  Walked makeCalls(const Call& call, double reach) {
    const CallExpectation& one = setting_.call(call.to);
    const double fails = totalOf(one.failed);
    // The rest of the step is walked twice where there is an orElse: once to know how often it fails, once to count it.
    Walked instead;
    if (!call.or_else.empty()) {
      const Course before = course_;
      instead = sequence(call.or_else, 0);
      course_ = before;
    }
    const double stops = call.optional ? 0 : call.or_else.empty() ? fails : fails * (1 - instead.success());
    double made = 0, second = 0, weights = 0, through = 0;
    for (const auto& [times, weight] : call.times) {
      const auto [mean, square] = callsMade(times, stops);
      made += weight * mean;
      second += weight * square;
      through += weight * std::pow(1 - stops, times);
      weights += weight;
    }
    if (weights <= 0) return {};
    made /= weights, second /= weights, through /= weights;
    for (const auto& [serving, tries] : one.tries) course_.tries.emplace_back(serving, reach * made * tries);
    for (const auto& [serving, copies] : one.mirrored) course_.mirrored.emplace_back(serving, reach * made * copies);
    course_.calls.emplace_back(call.to, reach * made);
    if (!call.or_else.empty() && reach > 0) sequence(call.or_else, reach * made * fails);  // nests of them: twice each, not twice for every level
    noteLongest(call.to, reach * made * one.time.mean);

    const Moments each = one.time + sometimes(instead.time, fails);
    Walked all;
    all.time = {made * each.mean, made * each.variance + std::max(0.0, second - made * made) * each.mean * each.mean};
    all.busy = made * fails * instead.busy;
    if (stops > 0)
      add(all.failed, call.or_else.empty() ? one.failed : instead.failed, (1 - through) / totalOf(call.or_else.empty() ? one.failed : instead.failed));
    return all;
  }

  // How many of `times` calls are made, one after another, when each stops the series with probability `stops`: mean and second moment.
  static std::pair<double, double> callsMade(std::uint32_t times, double stops) {
    const double all = times;
    if (stops <= 0 || times == 0) return {all, all * all};
    double mean = 0, square = 0, alive = 1;
    for (std::uint32_t k = 1; k <= times && alive > 1e-12; ++k) {
      mean += alive;  // P(at least k calls)
      square += alive * (2.0 * k - 1);
      alive *= 1 - stops;
    }
    return {mean, square};
  }

  Walked oneOf(const Choose& choose, double reach) {
    double weights = 0;
    for (const auto& course : choose.courses) weights += course.first;
    Walked mixed;
    double second = 0;
    for (const auto& course : choose.courses) {
      const double share = weights > 0 ? course.first / weights : 0;
      const Walked one = sequence(course.second, reach * share);
      mixed.time.mean += share * one.time.mean;
      second += share * one.time.second();
      mixed.busy += share * one.busy;
      add(mixed.failed, one.failed, share);
    }
    mixed.time.variance = std::max(0.0, second - mixed.time.mean * mixed.time.mean);
    return mixed;
  }

  Walked together(const Parallel& parallel, double reach) {
    Walked all;
    std::vector<Moments> times;
    double success = 1;
    FailureMix sum;
    const OperationRef before = course_.longest_call;
    const double before_seconds = course_.longest_call_seconds;
    OperationRef longest = before;
    double longest_seconds = before_seconds, longest_branch = -1;
    for (const Steps& branch : parallel.branches) {
      course_.longest_call_seconds = before_seconds;
      course_.longest_call = before;
      const Walked one = sequence(branch, reach);
      if (one.time.mean > longest_branch) {  // only what is on the longest branch is waited for
        longest_branch = one.time.mean;
        longest = course_.longest_call;
        longest_seconds = course_.longest_call_seconds;
      }
      times.push_back(one.time);
      all.busy += one.busy;
      success *= one.success();
      add(sum, one.failed, 1);
    }
    course_.longest_call = longest;
    course_.longest_call_seconds = longest_seconds;
    if (success < 1) add(all.failed, sum, (1 - success) / totalOf(sum));
    all.time = longestOf(times.data(), times.size());
    // The branches of a request that holds its worker share it.
    if (setting_.concurrency == Concurrency::thread) all.time.mean = std::max(all.time.mean, all.busy);
    return all;
  }

  void noteLongest(OperationRef to, double seconds) {
    if (seconds <= course_.longest_call_seconds) return;
    course_.longest_call = to;
    course_.longest_call_seconds = seconds;
  }

  const CourseSetting& setting_;
  Course course_;
};

bool isRetried(const RetryPolicy& policy, std::uint16_t status) {
  if ((policy.on & kRetryOn5xx) != 0 && status >= 500) return true;
  if ((policy.on & kRetryOnGatewayError) != 0 && isGatewayError(status)) return true;
  if ((policy.on & kRetryOnRetriable4xx) != 0 && status == 409) return true;
  if ((policy.on & kRetryOnRetriableStatusCodes) == 0) return false;
  return std::find(policy.status_codes.begin(), policy.status_codes.end(), status) != policy.status_codes.end();
}

// Mean of the random wait before the n-th retry, n from 1: uniform up to base (2^n - 1), at most the longest.
double meanBackoff(const RetryPolicy& policy, std::uint32_t n) {
  const double top = policy.base_interval.seconds() * (std::pow(2.0, std::min(n, 60U)) - 1);
  return std::min(top, policy.maxInterval().seconds()) / 2;
}

void addRule(CallExpectation& whole, double& second, const RuleSplit& rule, const std::function<std::uint32_t(const SplitPart&)>& serving,
             const std::vector<ServingState>& states) {
  add(whole.failed, static_cast<std::uint16_t>(rule.abort_status), rule.probability * rule.aborted);
  const double goes_on = rule.probability * (1 - rule.aborted);
  if (rule.answered != 0) {
    if (rule.answered >= 400) add(whole.failed, static_cast<std::uint16_t>(rule.answered), goes_on);
    whole.time.mean += rule.probability * rule.delay.mean;
    second += rule.probability * rule.delay.second();
    return;
  }
  Moments one_try;
  double try_second = 0, again = 0;
  FailureMix for_good;
  add(for_good, 503, rule.unserved);
  for (const SplitPart& part : rule.parts) {
    const ServingState& state = states[serving(part)];
    const Moments time = part.way + state.time;
    one_try.mean += part.share * time.mean;
    try_second += part.share * time.second();
    for (const auto& [status, probability] : state.failed) {
      if (rule.retried && rule.retries.enabled() && isRetried(rule.retries, status))
        again += part.share * probability;
      else
        add(for_good, status, part.share * probability);
    }
  }
  one_try.variance = std::max(0.0, try_second - one_try.mean * one_try.mean);
  double tries = 0, reached = 1, backoff = 0;
  for (std::uint32_t n = 0; n <= rule.retries.attempts && reached > 1e-12; ++n) {
    tries += reached;
    if (n > 0) backoff += reached * meanBackoff(rule.retries, n);
    reached *= again;  // a further try is wanted
    if (again <= 0) break;
  }
  const Moments time = rule.delay + Moments{tries * one_try.mean + backoff, tries * one_try.variance};
  whole.time.mean += rule.probability * rule.delay.mean + goes_on * (time.mean - rule.delay.mean);
  second += goes_on * time.second() + rule.probability * rule.aborted * rule.delay.second();
  add(whole.failed, for_good, goes_on * tries);
  if (again > 0 && reached > 1e-12) {  // retries are used up: the last failure stays
    for (const SplitPart& part : rule.parts)
      for (const auto& [status, probability] : states[serving(part)].failed)
        if (isRetried(rule.retries, status)) add(whole.failed, status, goes_on * reached * part.share * probability / again);
  }
  for (const SplitPart& part : rule.parts) whole.tries.emplace_back(serving(part), goes_on * tries * part.share);
  for (const SplitPart& copy : rule.mirrored) whole.mirrored.emplace_back(serving(copy), goes_on * copy.share);
}

}  // namespace

double totalOf(const FailureMix& mix) {
  double sum = 0;
  for (const auto& entry : mix) sum += entry.second;
  return std::min(1.0, sum);
}

Course walkCourse(const Operation& operation, const CourseSetting& setting) { return Walker(setting).walk(operation); }

CallExpectation expectCall(const CallSplit& split, const std::function<std::uint32_t(const SplitPart&)>& serving, const std::vector<ServingState>& states) {
  CallExpectation whole;
  double second = 0;
  for (const RuleSplit& rule : split) addRule(whole, second, rule, serving, states);
  whole.time.variance = std::max(0.0, second - whole.time.mean * whole.time.mean);
  return whole;
}

}  // namespace meshmall::models
