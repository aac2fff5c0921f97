#include "models/observation/expression.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace meshmall::models {

namespace {

constexpr std::uint32_t kDeepest = 64;

bool isSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isWord(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || isDigit(c) || c == '.' || c == '_'; }

struct UnitName {
  std::string_view name;
  MetricUnit unit;
  double factor;  // to the unit of results
};
constexpr std::array<UnitName, 9> kUnits = {{{"ns", MetricUnit::milliseconds, 1e-6},
                                             {"us", MetricUnit::milliseconds, 1e-3},
                                             {"ms", MetricUnit::milliseconds, 1},
                                             {"s", MetricUnit::milliseconds, 1e3},
                                             {"m", MetricUnit::milliseconds, 6e4},
                                             {"h", MetricUnit::milliseconds, 3.6e6},
                                             {"/s", MetricUnit::per_second, 1},
                                             {"/m", MetricUnit::per_second, 1.0 / 60},
                                             {"/h", MetricUnit::per_second, 1.0 / 3600}}};

std::string_view unitHint(MetricUnit unit) {
  switch (unit) {
    case MetricUnit::milliseconds:
      return "it is a time: write a unit of ns, us, ms, s, m or h, e.g. 250ms";
    case MetricUnit::ratio:
      return "it is a ratio: write a percentage, e.g. 99.9%, or a number from 0 to 1";
    case MetricUnit::per_second:
      return "it is a rate: write e.g. 400/s";
    case MetricUnit::count:
      return "it is a count: write a plain number";
    case MetricUnit::factor:
      return "it is a plain number: write no unit";
  }
  return "";
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) { expression_.text = std::string(text); }

  std::variant<Expression, ExpressionProblem> parse() {
    if (text_.size() > 10'000) return ExpressionProblem{1, "the expression is longer than 10000 characters", ""};
    if (!parseSeverity() || !parseOr(expression_.root, 0) || !parseScope() || !checkScope()) return problem_;
    return std::move(expression_);
  }

 private:
  struct Number {
    double value = 0;
    std::string_view digits;
    std::string_view unit;
    std::size_t at = 0;
  };
  struct Term {
    bool is_number = false;
    Number number;
    ExpressionNode node;
  };

  bool fail(std::size_t at, std::string message, std::string hint = {}) {
    problem_ = {static_cast<std::uint32_t>(at + 1), std::move(message), std::move(hint)};
    return false;
  }
  void skipSpace() {
    while (at_ < text_.size() && isSpace(text_[at_])) ++at_;
  }
  bool accept(std::string_view token) {
    skipSpace();
    if (text_.substr(at_, token.size()) != token) return false;
    at_ += token.size();
    return true;
  }
  std::string_view peekWord() {
    skipSpace();
    std::size_t end = at_;
    while (end < text_.size() && isWord(text_[end])) ++end;
    return text_.substr(at_, end - at_);
  }
  bool acceptWord(std::string_view word) {
    if (peekWord() != word) return false;
    at_ += word.size();
    return true;
  }
  std::string found() {  // what stands here, for messages
    skipSpace();
    if (at_ >= text_.size()) return "the end";
    const std::string_view word = peekWord();
    return "'" + std::string(word.empty() ? text_.substr(at_, 1) : word.substr(0, 40)) + "'";
  }

  bool parseSeverity() {
    const std::size_t start = (skipSpace(), at_);
    const std::string_view word = peekWord();
    std::size_t colon = at_ + word.size();
    while (colon < text_.size() && isSpace(text_[colon])) ++colon;
    if (colon >= text_.size() || text_[colon] != ':') return true;
    if (word == "fail") {
      expression_.severity = Severity::fail;
    } else if (word == "warn") {
      expression_.severity = Severity::warn;
    } else if (word == "info") {
      expression_.severity = Severity::info;
    } else {
      return fail(start, "unknown severity '" + std::string(word) + "'", "write fail:, warn: or info:");
    }
    at_ = colon + 1;
    return true;
  }

  std::uint32_t push(const ExpressionNode& node) {
    expression_.nodes.push_back(node);
    return static_cast<std::uint32_t>(expression_.nodes.size() - 1);
  }

  bool parseOr(std::uint32_t& node, std::uint32_t depth) {
    if (!parseAnd(node, depth)) return false;
    while (acceptWord("or")) {
      ExpressionNode joined{.kind = ExpressionNode::Kind::disjunction, .left = node};
      if (!parseAnd(joined.right, depth)) return false;
      node = push(joined);
    }
    return true;
  }
  bool parseAnd(std::uint32_t& node, std::uint32_t depth) {
    if (!parseAtom(node, depth)) return false;
    while (acceptWord("and")) {
      ExpressionNode joined{.kind = ExpressionNode::Kind::conjunction, .left = node};
      if (!parseAtom(joined.right, depth)) return false;
      node = push(joined);
    }
    return true;
  }
  bool parseAtom(std::uint32_t& node, std::uint32_t depth) {
    skipSpace();
    const std::size_t start = at_;
    if (accept("(")) {
      if (depth >= kDeepest) return fail(start, "parentheses are nested deeper than 64");
      if (!parseOr(node, depth + 1)) return false;
      skipSpace();
      if (!accept(")")) return fail(at_, "expected ')' but found " + found());
      return true;
    }
    return parseComparison(node);
  }

  bool parseComparison(std::uint32_t& node) {
    Term left, right;
    Comparison op{};
    if (!parseTerm(left)) return false;
    skipSpace();
    const std::size_t op_at = at_;
    if (!parseOperator(op) || !parseTerm(right)) return false;
    if (left.is_number == right.is_number) return fail(op_at, "compares a metric with a number; found two of a kind");
    if (left.is_number) {  // 250ms > latency.p99
      std::swap(left, right);
      constexpr std::array<Comparison, 6> kMirrored = {Comparison::greater,    Comparison::greater_equal, Comparison::less,
                                                       Comparison::less_equal, Comparison::equal,         Comparison::not_equal};
      op = kMirrored[static_cast<std::size_t>(op)];
    }
    left.node.op = op;
    if (!setLimit(left.node, right.number)) return false;
    const bool exact = op == Comparison::equal || op == Comparison::not_equal;
    if (exact && (info(left.node.metric).unit != MetricUnit::count || left.node.term != TermKind::value)) {
      return fail(op_at, "== and != compare counts only, and " + std::string(info(left.node.metric).name) + " is none", "use < <= > or >=");
    }
    node = push(left.node);
    return true;
  }

  bool parseOperator(Comparison& op) {
    constexpr std::array<std::pair<std::string_view, Comparison>, 6> kOperators = {{{"<=", Comparison::less_equal},
                                                                                    {">=", Comparison::greater_equal},
                                                                                    {"==", Comparison::equal},
                                                                                    {"!=", Comparison::not_equal},
                                                                                    {"<", Comparison::less},
                                                                                    {">", Comparison::greater}}};
    for (const auto& [text, comparison] : kOperators) {
      if (accept(text)) {
        op = comparison;
        return true;
      }
    }
    skipSpace();
    return fail(at_, "expected one of < <= > >= == != but found " + found());
  }

  bool parseTerm(Term& term) {
    skipSpace();
    if (at_ < text_.size() && (isDigit(text_[at_]) || text_[at_] == '-' || text_[at_] == '+')) {
      term.is_number = true;
      return parseNumber(term.number);
    }
    const std::size_t start = at_;
    const std::string_view word = peekWord();
    if (word.empty()) return fail(at_, "expected a metric but found " + found());
    at_ += word.size();
    skipSpace();
    if ((word == "increase" || word == "decrease") && at_ < text_.size() && text_[at_] == '(') {
      ++at_;
      term.node.term = word == "increase" ? TermKind::increase : TermKind::decrease;
      skipSpace();
      const std::size_t name_at = at_;
      const std::string_view name = peekWord();
      at_ += name.size();
      if (!setMetric(term.node, name, name_at)) return false;
      skipSpace();
      if (!accept(")")) return fail(at_, "expected ')' but found " + found());
      return true;
    }
    return setMetric(term.node, word, start);
  }

  bool setMetric(ExpressionNode& node, std::string_view name, std::size_t at) {
    if (name.empty()) return fail(at, "expected a metric but found " + found());
    const std::optional<Metric> metric = findMetric(name);
    if (!metric) {
      return fail(at, "unknown metric '" + std::string(name.substr(0, 60)) + "'", "did you mean '" + std::string(nearestMetric(name)) + "'?");
    }
    node.metric = *metric;
    node.column = static_cast<std::uint32_t>(at + 1);
    return true;
  }

  bool parseNumber(Number& number) {
    number.at = at_;
    const char* begin = text_.data() + at_;
    const char* end = text_.data() + text_.size();
    if (*begin == '+') ++begin;
    const auto [stop, error] = std::from_chars(begin, end, number.value, std::chars_format::fixed);
    if (error != std::errc() || !std::isfinite(number.value)) return fail(at_, "not a number");
    number.digits = std::string_view(begin, static_cast<std::size_t>(stop - begin));
    at_ = static_cast<std::size_t>(stop - text_.data());
    std::size_t unit_end = at_;
    if (unit_end < text_.size() && (text_[unit_end] == '%' || text_[unit_end] == '/')) ++unit_end;
    while (unit_end < text_.size() && text_[at_] != '%' && isWord(text_[unit_end])) ++unit_end;
    number.unit = text_.substr(at_, unit_end - at_);
    at_ = unit_end;
    if (number.unit.empty()) {  // "250 ms": a blank before the unit is fine, words of the grammar are none
      const std::size_t after = at_;
      skipSpace();
      std::string_view next = peekWord();
      if (at_ < text_.size() && text_[at_] == '%') next = text_.substr(at_, 1);
      const bool known = next == "%" || next == "pp" || std::any_of(kUnits.begin(), kUnits.end(), [&](const UnitName& u) { return u.name == next; });
      if (known) {
        number.unit = next;
        at_ += next.size();
      } else {
        at_ = after;
      }
    }
    return true;
  }

  bool wrongUnit(const ExpressionNode& node, const Number& number) {
    const std::string unit = number.unit.empty() ? "a number without unit" : "the unit '" + std::string(number.unit) + "'";
    return fail(number.at, std::string(info(node.metric).name) + " can't be compared with " + unit, std::string(unitHint(info(node.metric).unit)));
  }

  // 99.9 % is the number next to 0.999: 99.9 / 100 isn't.
  double hundredth(const Number& number) const {
    const std::string text = std::string(number.digits) + "e-2";
    double value = number.value / 100;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  }

  bool setLimit(ExpressionNode& node, const Number& number) {
    const MetricUnit unit = info(node.metric).unit;
    const bool change = node.term != TermKind::value;
    node.limit = number.value;
    if (number.unit == "pp") {
      if (unit != MetricUnit::ratio || !change) {
        return fail(number.at, "percentage points (pp) are for the increase or decrease of a ratio", std::string(unitHint(unit)));
      }
      node.limit = hundredth(number);
      node.limit_kind = LimitKind::points;
      return true;
    }
    if (number.unit == "%") {
      if (!change && unit != MetricUnit::ratio) return wrongUnit(node, number);
      node.limit = hundredth(number);
      node.limit_kind = change ? LimitKind::relative : LimitKind::absolute;
      return true;
    }
    if (number.unit.empty()) {
      if (unit == MetricUnit::milliseconds) return wrongUnit(node, number);
      if (change && unit == MetricUnit::ratio) node.limit_kind = LimitKind::points;
      return true;
    }
    for (const UnitName& known : kUnits) {
      if (known.name != number.unit) continue;
      if (known.unit != unit) return wrongUnit(node, number);
      node.limit = number.value * known.factor;
      return true;
    }
    return fail(number.at, "unknown unit '" + std::string(number.unit.substr(0, 20)) + "'", std::string(unitHint(unit)));
  }

  bool parseScope() {
    skipSpace();
    if (at_ == text_.size()) return true;
    const std::size_t start = at_;
    if (!acceptWord("for")) return fail(start, "expected 'and', 'or', 'for' or the end but found " + found());
    skipSpace();
    const std::size_t key_at = at_;
    const std::string_view key = peekWord();
    at_ += key.size();
    if (key != "service" && key != "traffic") {
      return fail(key_at, key.empty() ? "expected a scope after 'for'" : "unknown scope '" + std::string(key.substr(0, 40)) + "'",
                  "write service=NAME or traffic=NAME");
    }
    expression_.scope = key == "service" ? ScopeKind::service : ScopeKind::traffic;
    if (!accept("=")) return fail((skipSpace(), at_), "expected '=' but found " + found());
    skipSpace();
    expression_.scope_column = static_cast<std::uint32_t>(at_ + 1);
    std::string_view name = text_.substr(at_);  // names may have blanks: up to the end
    while (!name.empty() && isSpace(name.back())) name.remove_suffix(1);
    if (name.empty()) return fail(at_, "expected the name of a " + std::string(key));
    expression_.scope_name = std::string(name);
    return true;
  }

  bool checkScope() {
    for (const ExpressionNode& node : expression_.nodes) {
      if (node.kind != ExpressionNode::Kind::comparison || info(node.metric).measuredFor(expression_.scope)) continue;
      const std::string_view metric = info(node.metric).name;
      std::string whom = expression_.scope == ScopeKind::mall ? "the whole mall" : expression_.scope == ScopeKind::service ? "a service" : "a traffic entry";
      const bool for_service = info(node.metric).measuredFor(ScopeKind::service);
      return fail(node.column - 1, std::string(metric) + " is not measured for " + whom, for_service ? "add 'for service=NAME'" : "leave out the scope");
    }
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Expression expression_;
  ExpressionProblem problem_;
};

std::optional<ExpressionProblem> checkParsed(const Expression& e, const std::vector<std::string>& services, const std::vector<std::string>& traffics) {
  for (const ExpressionNode& node : e.nodes) {
    if (node.kind == ExpressionNode::Kind::comparison && node.term != TermKind::value) {
      return ExpressionProblem{node.column, "increase() and decrease() compare with a baseline, and an SLO has none",
                               "use them in the gates of a study or of compare"};
    }
  }
  if (e.scope == ScopeKind::mall) return std::nullopt;
  const std::vector<std::string>& names = e.scope == ScopeKind::service ? services : traffics;
  if (std::find(names.begin(), names.end(), e.scope_name) != names.end()) return std::nullopt;
  std::string known;
  for (std::size_t i = 0; i < names.size() && i < 8; ++i) known += (i > 0 ? ", " : "") + names[i];
  if (names.size() > 8) known += ", ...";
  return ExpressionProblem{e.scope_column, "unknown " + std::string(name(e.scope)) + " '" + e.scope_name + "'", known.empty() ? "" : "there is " + known};
}

}  // namespace

std::variant<Expression, ExpressionProblem> parseExpression(std::string_view text) { return Parser(text).parse(); }

std::optional<ExpressionProblem> checkSlo(std::string_view text, const std::vector<std::string>& services, const std::vector<std::string>& traffics) {
  const auto parsed = parseExpression(text);
  if (const auto* problem = std::get_if<ExpressionProblem>(&parsed)) return *problem;
  return checkParsed(std::get<Expression>(parsed), services, traffics);
}

}  // namespace meshmall::models
