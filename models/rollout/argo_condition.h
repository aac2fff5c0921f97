// The successCondition and failureCondition of an analysis: a yes or no about one measured value, called `result` (or `result[0]`).
//
// Understood: numbers, + - * /, the six comparisons, && || ! (and, or, not), parentheses, true, false, len(result), isNaN(x), isInf(x), isNil(result) and
// default(result, x). A value that is missing makes the answer unknown (Argo: an evaluation error), unless len, isNil or default ask for that. No draws.
// Source: Argo Rollouts utils/evaluate (the expr language); only one value is measured here, so other indexes and field names are refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace meshmall::models {

struct ArgoConditionProblem {
  std::size_t at = 0;  // byte of the text
  std::string message;
};

class ArgoCondition {
 public:
  // At most 64 levels deep; at most 1,024 bytes.
  static std::variant<ArgoCondition, ArgoConditionProblem> parse(std::string_view text);

  // Nothing: it could not be evaluated.
  std::optional<bool> holds(std::optional<double> result) const;

 private:
  friend class ArgoConditionParser;
  enum class Op : std::uint8_t {
    number, result, length, is_nil, is_nan, is_inf, fallback,  // fallback: the left one, or the right one where that is missing
    add, subtract, multiply, divide, negate,
    less, less_equal, greater, greater_equal, equal, not_equal,
    conjunction, disjunction, negation, truth,
  };
  struct Node {
    Op op = Op::number;
    double number = 0;  // truth: 0 or 1
    std::uint32_t left = 0, right = 0;
  };
  std::optional<double> value(std::uint32_t node, std::optional<double> result) const;  // a yes is 1

  std::vector<Node> nodes_;
  std::uint32_t root_ = 0;
};

}  // namespace meshmall::models
