#include "models/rollout/argo_condition.h"

#include <charconv>
#include <cmath>
#include <utility>

namespace meshmall::models {

namespace {

constexpr std::size_t kLongest = 1024;
constexpr int kDeepest = 64;

bool isSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

}  // namespace

// Recursive descent. Each part answers whether it is a yes or no, or a number; a mistake is kept once, and everything after it is let pass.
class ArgoConditionParser {
 public:
  explicit ArgoConditionParser(std::string_view text) : text_(text) {}

  std::variant<ArgoCondition, ArgoConditionProblem> run() {
    if (text_.size() > kLongest) return ArgoConditionProblem{0, "longer than 1,024 bytes"};
    const Part whole = disjunction();
    skip();
    if (at_ < text_.size()) wrong("can't read what follows here");
    if (!whole.yes_or_no) wrongAt(0, "is a number, not a yes or no: compare it, as in \"result >= 0.95\"");
    if (problem_) return *problem_;
    out_.root_ = whole.node;
    return std::move(out_);
  }

 private:
  using Op = ArgoCondition::Op;
  struct Part {
    std::uint32_t node = 0;
    bool yes_or_no = true;
  };

  void wrongAt(std::size_t at, std::string message) {
    if (!problem_) problem_ = ArgoConditionProblem{at, std::move(message)};
    at_ = text_.size();
  }
  void wrong(std::string message) { wrongAt(at_, std::move(message)); }
  void skip() {
    while (at_ < text_.size() && isSpace(text_[at_])) ++at_;
  }
  bool take(std::string_view token) {
    skip();
    if (text_.substr(at_, token.size()) != token) return false;
    const bool word = isLetter(token.front());
    const std::size_t end = at_ + token.size();
    if (word && end < text_.size() && (isLetter(text_[end]) || isDigit(text_[end]))) return false;
    at_ = end;
    return true;
  }
  void expect(std::string_view token) {
    if (!problem_ && !take(token)) wrong("expected \"" + std::string(token) + "\" here");
  }
  std::uint32_t add(Op op, std::uint32_t left = 0, std::uint32_t right = 0, double number = 0) {
    out_.nodes_.push_back({op, number, left, right});
    return static_cast<std::uint32_t>(out_.nodes_.size() - 1);
  }
  void need(const Part& part, bool yes_or_no, std::size_t at) {
    if (!problem_ && part.yes_or_no != yes_or_no) wrongAt(at, yes_or_no ? "must be a yes or no here" : "must be a number here");
  }

  Part disjunction() {
    if (++depth_ > kDeepest) wrong("nested too deeply");
    std::size_t from = at_;
    Part left = conjunction();
    while (!problem_ && (take("||") || take("or"))) {
      need(left, true, from);
      from = at_;
      const Part right = conjunction();
      need(right, true, from);
      left = {add(Op::disjunction, left.node, right.node), true};
    }
    --depth_;
    return left;
  }
  Part conjunction() {
    std::size_t from = at_;
    Part left = negation();
    while (!problem_ && (take("&&") || take("and"))) {
      need(left, true, from);
      from = at_;
      const Part right = negation();
      need(right, true, from);
      left = {add(Op::conjunction, left.node, right.node), true};
    }
    return left;
  }
  Part negation() {
    skip();
    const bool not_equal = text_.substr(at_, 2) == "!=";
    if (!not_equal && (take("!") || take("not"))) {
      if (++depth_ > kDeepest) wrong("nested too deeply");
      const std::size_t from = at_;
      const Part of = problem_ ? Part{} : negation();
      --depth_;
      need(of, true, from);
      return {add(Op::negation, of.node), true};
    }
    return comparison();
  }
  Part comparison() {
    const std::size_t from = at_;
    const Part left = sum();
    static constexpr std::pair<std::string_view, Op> kOps[] = {{"<=", Op::less_equal}, {">=", Op::greater_equal}, {"==", Op::equal},
                                                                {"!=", Op::not_equal},  {"<", Op::less},           {">", Op::greater}};
    for (const auto& [token, op] : kOps) {
      if (problem_ || !take(token)) continue;
      const std::size_t second = at_;
      const Part right = sum();
      need(left, false, from);
      need(right, false, second);
      return {add(op, left.node, right.node), true};
    }
    return left;
  }
  Part sum() {
    std::size_t from = at_;
    Part left = product();
    while (!problem_) {
      const bool plus = take("+");
      if (!plus && !take("-")) break;
      need(left, false, from);
      from = at_;
      const Part right = product();
      need(right, false, from);
      left = {add(plus ? Op::add : Op::subtract, left.node, right.node), false};
    }
    return left;
  }
  Part product() {
    std::size_t from = at_;
    Part left = operand();
    while (!problem_) {
      const bool times = take("*");
      if (!times && !take("/")) break;
      need(left, false, from);
      from = at_;
      const Part right = operand();
      need(right, false, from);
      left = {add(times ? Op::multiply : Op::divide, left.node, right.node), false};
    }
    return left;
  }
  Part operand() {
    skip();
    if (problem_) return {};
    if (at_ >= text_.size()) return wrong("ends too early"), Part{};
    if (take("(")) {
      const Part inner = disjunction();
      expect(")");
      return inner;
    }
    if (take("-")) {
      if (++depth_ > kDeepest) wrong("nested too deeply");
      const std::size_t from = at_;
      const Part of = operand();
      --depth_;
      need(of, false, from);
      return {add(Op::negate, of.node), false};
    }
    if (take("true")) return {add(Op::truth, 0, 0, 1), true};
    if (take("false")) return {add(Op::truth, 0, 0, 0), true};
    if (take("result")) return theResult();
    if (take("len")) return function(Op::length, false);
    if (take("isNil")) return function(Op::is_nil, true);
    if (take("isNaN")) return function(Op::is_nan, true);
    if (take("isInf")) return function(Op::is_inf, true);
    if (take("default")) return withDefault();
    return number();
  }
  Part theResult() {
    if (take("[")) {
      if (!take("0")) wrong("there is one value: result or result[0]");
      expect("]");
    }
    return {add(Op::result), false};
  }
  Part function(Op op, bool yes_or_no) {
    expect("(");
    const std::size_t from = at_;
    const bool of_result = op == Op::length || op == Op::is_nil;
    if (of_result && !problem_ && !take("result")) wrong("expected \"result\" here");
    const Part of = problem_ ? Part{} : of_result ? theResult() : sum();
    if (!of_result) need(of, false, from);
    expect(")");
    return {add(op, of.node), yes_or_no};
  }
  Part withDefault() {
    expect("(");
    std::size_t from = at_;
    const Part wanted = sum();
    need(wanted, false, from);
    expect(",");
    from = at_;
    const Part other = sum();
    need(other, false, from);
    expect(")");
    return {add(Op::fallback, wanted.node, other.node), false};
  }
  Part number() {
    double read = 0;
    const char* const first = text_.data() + at_;
    const auto [end, problem] = std::from_chars(first, text_.data() + text_.size(), read);
    const bool plain = isDigit(text_[at_]) || text_[at_] == '.';
    if (!plain || problem != std::errc{}) {
      wrong("expected a number or \"result\" here");
      return {0, false};
    }
    at_ += static_cast<std::size_t>(end - first);
    return {add(Op::number, 0, 0, read), false};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  ArgoCondition out_;
  std::optional<ArgoConditionProblem> problem_;
};

std::variant<ArgoCondition, ArgoConditionProblem> ArgoCondition::parse(std::string_view text) { return ArgoConditionParser(text).run(); }

std::optional<double> ArgoCondition::value(std::uint32_t index, std::optional<double> result) const {
  const Node& node = nodes_[index];
  const auto yes = [](bool answer) { return std::optional<double>(answer ? 1 : 0); };
  switch (node.op) {
    case Op::number:
    case Op::truth: return node.number;
    case Op::result: return result;
    case Op::length: return result ? 1 : 0;
    case Op::is_nil: return yes(!result);
    case Op::fallback: {
      const auto wanted = value(node.left, result);
      return wanted ? wanted : value(node.right, result);
    }
    default: break;
  }
  const auto left = value(node.left, result);
  if (!left) return std::nullopt;
  switch (node.op) {
    case Op::is_nan: return yes(std::isnan(*left));
    case Op::is_inf: return yes(std::isinf(*left));
    case Op::negate: return -*left;
    case Op::negation: return yes(*left == 0);
    case Op::conjunction:  // what decides already is not asked further
      if (*left == 0) return left;
      return value(node.right, result);
    case Op::disjunction:
      if (*left != 0) return left;
      return value(node.right, result);
    default: break;
  }
  const auto right = value(node.right, result);
  if (!right) return std::nullopt;
  switch (node.op) {
    case Op::add: return *left + *right;
    case Op::subtract: return *left - *right;
    case Op::multiply: return *left * *right;
    case Op::divide: return *left / *right;
    case Op::less: return yes(*left < *right);
    case Op::less_equal: return yes(*left <= *right);
    case Op::greater: return yes(*left > *right);
    case Op::greater_equal: return yes(*left >= *right);
    case Op::equal: return yes(*left == *right);
    default: return yes(*left != *right);
  }
}

std::optional<bool> ArgoCondition::holds(std::optional<double> result) const {
  const auto answer = value(root_, result);
  if (!answer) return std::nullopt;
  return *answer != 0;
}

}  // namespace meshmall::models
