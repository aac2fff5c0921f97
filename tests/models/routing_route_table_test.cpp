#include "models/routing/header_operations.h"
#include "models/routing/route_table.h"

namespace meshmall::models {
namespace {

StringMatch exact(std::string value) { return {StringMatchKind::kExact, std::move(value), false}; }
StringMatch prefix(std::string value) { return {StringMatchKind::kPrefix, std::move(value), false}; }
StringMatch regex(std::string value) { return {StringMatchKind::kRegex, std::move(value), false}; }

HttpRoute ruleFor(HttpMatch match) {
  HttpRoute rule;
  rule.match.push_back(std::move(match));
  return rule;
}

RequestLine get(std::string_view path) {
  RequestLine line;
  line.path = path;
  return line;
}

TEST(RouteTable, TakesTheFirstRuleThatMatches) {
  VirtualService service;
  HttpMatch a, b;
  a.uri = prefix("/a");
  b.uri = exact("/a/b");
  service.http = {ruleFor(a), ruleFor(b), HttpRoute{}};
  const RouteTable table(service, {});
  EXPECT_EQ(table.match(get("/a/b"), {}), 0u);
  EXPECT_EQ(table.match(get("/ab?x=1"), {}), 0u);  // a sidecar's prefix is plain text
  EXPECT_EQ(table.match(get("/other"), {}), 2u);
}

TEST(RouteTable, MatchesWholeSegmentsAtAGateway) {
  VirtualService service;
  service.gateways = {"entrance"};
  HttpMatch a;
  a.uri = prefix("/a");
  service.http = {ruleFor(a)};
  const RouteTable table(service, {{}, "", "entrance", 0});
  EXPECT_EQ(table.match(get("/a"), {}), 0u);
  EXPECT_EQ(table.match(get("/a/b"), {}), 0u);
  EXPECT_EQ(table.match(get("/ab"), {}), std::nullopt);
  EXPECT_EQ(RouteTable(service, {}).match(get("/a"), {}), std::nullopt);  // not for the sidecars
}

TEST(RouteTable, ReadsConditionsInABlockTogetherAndBlocksAsAlternatives) {
  VirtualService service;
  HttpMatch first, second;
  first.method = exact("POST");
  first.headers = {{"x-user", exact("ann")}};
  second.query_params = {{"debug", {}}};
  HttpRoute rule;
  rule.match = {first, second};
  service.http = {rule};
  const RouteTable table(service, {});
  const std::vector<HeaderField> ann = {{"X-User", "ann"}};
  RequestLine post = get("/x");
  post.method = "POST";
  EXPECT_EQ(table.match(post, ann), 0u);
  EXPECT_EQ(table.match(post, {}), std::nullopt);
  EXPECT_EQ(table.match(get("/x"), ann), std::nullopt);
  EXPECT_EQ(table.match(get("/x?debug&y=1"), {}), 0u);
}

TEST(RouteTable, LeavesBlocksOutThatAreForOtherWorkloads) {
  VirtualService service;
  HttpMatch of_v2, of_shop;
  of_v2.source_labels = {{"version", "v2"}};
  of_shop.source_namespace = "shop";
  service.http = {ruleFor(of_v2), ruleFor(of_shop), HttpRoute{}};
  EXPECT_EQ(RouteTable(service, {{{"app", "x"}, {"version", "v2"}}, "default", "", 0}).match(get("/"), {}), 0u);
  EXPECT_EQ(RouteTable(service, {{{"version", "v1"}}, "shop", "", 0}).match(get("/"), {}), 1u);
  EXPECT_EQ(RouteTable(service, {{}, "default", "", 0}).match(get("/"), {}), 2u);
}

TEST(RouteTable, TreatsAMissingHeaderAsEmptyWhenItMustNotMatch) {
  VirtualService service;
  HttpMatch without_value, without_name;
  without_value.without_headers = {{"x-beta", exact("yes")}};
  without_name.without_headers = {{"x-beta", {}}};
  service.http = {ruleFor(without_value)};
  const std::vector<HeaderField> yes = {{"x-beta", "yes"}}, no = {{"x-beta", "no"}};
  const RouteTable by_value(service, {});
  EXPECT_EQ(by_value.match(get("/"), yes), std::nullopt);
  EXPECT_EQ(by_value.match(get("/"), no), 0u);
  EXPECT_EQ(by_value.match(get("/"), {}), 0u);
  service.http = {ruleFor(without_name)};
  const RouteTable by_name(service, {});
  EXPECT_EQ(by_name.match(get("/"), no), std::nullopt);
  EXPECT_EQ(by_name.match(get("/"), {}), 0u);
}

TEST(RouteTable, SettlesAnOperationWhenNoHeaderDecides) {
  VirtualService service;
  HttpMatch by_path, by_header;
  by_path.uri = exact("/fixed");
  by_header.headers = {{"x-user", regex("a.*")}};
  service.http = {ruleFor(by_path), ruleFor(by_header), HttpRoute{}};
  const RouteTable table(service, {});
  EXPECT_TRUE(table.settled(table.narrow(get("/fixed"))));
  const RouteTable::Candidates other = table.narrow(get("/other"));
  EXPECT_FALSE(table.settled(other));
  EXPECT_EQ(other.size(), 2u);
  const std::vector<HeaderField> ann = {{"x-user", "ann"}}, bob = {{"x-user", "bob"}};
  EXPECT_EQ(table.match(other, ann), 1u);
  EXPECT_EQ(table.match(other, bob), 2u);
}

TEST(StringMatcher, MatchesRegularExpressionsAgainstTheWholeText) {
  const StringMatcher matcher(regex("/v[12]/.*"));
  EXPECT_TRUE(matcher.matches("/v1/x"));
  EXPECT_FALSE(matcher.matches("a/v1/x"));
}

TEST(StringMatcher, StaysLinearOnAPatternThatBacktrackingCannotFinish) {
  const StringMatcher matcher(regex("(a*)*b"));
  EXPECT_FALSE(matcher.matches(std::string(100'000, 'a')));
}

TEST(StringMatcher, SaysWhatIsWrongWithAPattern) {
  EXPECT_FALSE(regexProblem("a+").has_value());
  EXPECT_TRUE(regexProblem("a(").has_value());
  EXPECT_TRUE(regexProblem("(a)\\1").has_value());                // no back-references
  EXPECT_TRUE(regexProblem("((a{100}){100}){100}").has_value());  // a million states
  EXPECT_FALSE(StringMatcher(regex("a(")).matches("a("));
}

TEST(ChooseDestination, IgnoresTheWeightOfASingleDestination) {
  std::vector<RouteDestination> route(1);
  EXPECT_EQ(chooseDestination(route, 77), 0u);
  EXPECT_FALSE(needsDraw(route));
}

TEST(ChooseDestination, GivesEachItsShareAndNothingToWeightZero) {
  std::vector<RouteDestination> route(3);
  route[0].weight = 75;
  route[2].weight = 25;
  std::vector<int> counts(3);
  for (std::uint64_t draw = 0; draw < 1000; ++draw) ++counts[*chooseDestination(route, draw)];
  EXPECT_EQ(counts, (std::vector<int>{750, 0, 250}));
  EXPECT_TRUE(needsDraw(route));
}

TEST(ChooseDestination, FindsNoneAmongSeveralWithoutWeight) { EXPECT_EQ(chooseDestination(std::vector<RouteDestination>(2), 5), std::nullopt); }

TEST(HeaderOperations, RemoveThenSetThenAdd) {
  HeaderOperations operations;
  operations.remove = {"X-Old"};
  operations.set = {{"x-mode", "test"}, {"x-new", "1"}};
  operations.add = {{"x-tag", "b"}};
  HeaderList headers = {{"x-old", "1"}, {"X-Mode", "a"}, {"x-mode", "b"}, {"x-tag", "a"}};
  applyHeaderOperations(operations, headers);
  EXPECT_EQ(headers, (HeaderList{{"X-Mode", "test"}, {"x-tag", "a"}, {"x-new", "1"}, {"x-tag", "b"}}));
  EXPECT_EQ(headerValue(viewOf(headers), "X-TAG"), "a,b");
}

}  // namespace
}  // namespace meshmall::models
