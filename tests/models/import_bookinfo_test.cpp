// Istio's Bookinfo sample as it is published, with each of its routing files: imported, run, and the rules seen in the results as they are written.
#include <cmath>

#include "tests/models/import_fixture.h"

namespace meshmall::models {
namespace {

constexpr const char* kCalls = "productpage -> details, productpage -> reviews, reviews-v2 -> ratings, reviews-v3 -> ratings";
// A thousand visitors: nine in ten nobody in particular, one in ten the user the samples name.
constexpr const char* kLoad = R"({"traffic": [
  {"name": "everybody", "to": "productpage/GET /productpage", "via": "sidecar", "arrivals": {"constant": {"rate": "90/s"}}},
  {"name": "jason", "to": "productpage/GET /productpage", "via": "sidecar", "headers": {"end-user": "jason"}, "arrivals": {"constant": {"rate": "10/s"}}}]})";

class ImportBookinfo : public testing::Test {
 protected:
  void SetUp() override {
    if (!hasShared("istio")) GTEST_SKIP() << "../shared/data/istio is not here";
  }
  // The workloads with these files of the sample.
  static ImportResult import(const std::vector<std::string>& files, bool calls = true) {
    std::vector<std::string> texts = {sharedFile("istio/bookinfo-platform.yaml")};
    for (const std::string& file : files) texts.push_back(sharedFile("istio/bookinfo-" + file + ".yaml"));
    return importIstio(manifests(texts, calls ? kCalls : "", calls ? kLoad : ""));
  }
  static Result run(const std::vector<std::string>& files) { return runImported(import(files).scenario); }
  static double requests(const Result& result, const std::string& service, const std::string& version = {}) {
    return version.empty() ? valueOf(result, "requests.total", ScopeKind::service, service) : valueOf(result, "requests.total", ScopeKind::version, service, version);
  }
};

TEST_F(ImportBookinfo, EveryRoutingFileImportsAndRunsWithNothingSaidButTheFiles) {
  for (const std::string file : {"destination-rule-all", "destination-rule-all-mtls", "destination-rule-reviews", "fault-injection-details-v1", "gateway", "route-reviews-90-10",
                                 "virtual-service-all-v1", "virtual-service-ratings-test-abort", "virtual-service-ratings-test-delay", "virtual-service-reviews-80-20",
                                 "virtual-service-reviews-90-10", "virtual-service-reviews-jason-v2-v3"}) {
    const ImportResult imported = import({file}, false);
    ASSERT_FALSE(imported.scenario.empty()) << file << "\n" << problemsOf(imported);
    EXPECT_TRUE(imported.problems.empty()) << file << "\n" << problemsOf(imported);
    const Result result = runImported(imported.scenario, {setting("/run/duration", "5s")});
    EXPECT_GT(valueOf(result, "requests.ok"), 50) << file;
  }
}

// A share p of n requests is p plus or minus sqrt(p (1 - p) / n): four standard errors.
TEST_F(ImportBookinfo, ASplitOfEightyToTwentyIsSeenAsItIsWritten) {
  for (const auto& [file, share] : {std::pair{"virtual-service-reviews-80-20", 0.2}, {"virtual-service-reviews-90-10", 0.1}, {"route-reviews-90-10", 0.1}}) {
    for (const bool with_rules : {false, true}) {
      const Result result = with_rules ? run({"destination-rule-all", file}) : run({file});
      const double all = requests(result, "reviews"), v2 = requests(result, "reviews", "v2");
      ASSERT_GT(all, 5000) << file;
      EXPECT_NEAR(v2 / all, share, 4 * std::sqrt(share * (1 - share) / all)) << file;
      EXPECT_EQ(requests(result, "reviews", "v3"), 0) << file;
      EXPECT_NEAR(requests(result, "ratings"), v2, 3) << "only v2 asks ratings; " << file;
    }
  }
}

TEST_F(ImportBookinfo, OneUserGoesToV2AndEverybodyElseToV3) {
  const Result result = run({"destination-rule-all", "virtual-service-reviews-jason-v2-v3"});
  EXPECT_EQ(requests(result, "reviews", "v1"), 0);
  EXPECT_NEAR(requests(result, "reviews", "v2"), valueOf(result, "requests.total", ScopeKind::traffic, "jason"), 2);
  EXPECT_NEAR(requests(result, "reviews", "v3"), valueOf(result, "requests.total", ScopeKind::traffic, "everybody"), 2);
}

TEST_F(ImportBookinfo, AllV1MeansAllV1) {
  const Result result = run({"destination-rule-all", "virtual-service-all-v1"});
  EXPECT_EQ(requests(result, "reviews", "v2") + requests(result, "reviews", "v3"), 0);
  EXPECT_EQ(requests(result, "ratings"), 0);
}

TEST_F(ImportBookinfo, TheDelayOfSevenSecondsMeetsTheOneUserOnly) {
  const Result result = run({"destination-rule-all", "virtual-service-reviews-jason-v2-v3", "virtual-service-ratings-test-delay"});
  EXPECT_GT(valueOf(result, "latency.p50", ScopeKind::traffic, "jason"), 7000);
  EXPECT_LT(valueOf(result, "latency.p50", ScopeKind::traffic, "jason"), 7100);
  EXPECT_LT(valueOf(result, "latency.max", ScopeKind::traffic, "everybody"), 1000);
}

TEST_F(ImportBookinfo, TheAbortMeetsTheOneUserOnlyAndIsFive00) {
  const Result result = run({"destination-rule-all", "virtual-service-reviews-jason-v2-v3", "virtual-service-ratings-test-abort"});
  EXPECT_EQ(valueOf(result, "requests.ok", ScopeKind::traffic, "jason"), 0);
  EXPECT_GT(valueOf(result, "requests.failed", ScopeKind::traffic, "jason"), 500);
  EXPECT_EQ(valueOf(result, "requests.failed", ScopeKind::traffic, "everybody"), 0);
  ASSERT_EQ(result.failed_by_status.size(), 1u);
  EXPECT_EQ(result.failed_by_status[0].first, "500");
}

TEST_F(ImportBookinfo, DetailsAnswers555ToEverybody) {
  const Result result = run({"fault-injection-details-v1"});
  EXPECT_EQ(requests(result, "details", "v1"), 0);
  EXPECT_EQ(valueOf(result, "requests.ok"), 0);
}

TEST_F(ImportBookinfo, TheGatewayLetsCustomersInByThePathOfItsRule) {
  const ImportResult imported = importIstio(manifests({sharedFile("istio/bookinfo-platform.yaml"), sharedFile("istio/bookinfo-gateway.yaml"), sharedFile("istio/bookinfo-virtual-service-all-v1.yaml")}, kCalls));
  const ImportedJson scenario = importedJson(imported);
  ASSERT_EQ(scenario["traffic"].size(), 1u);
  EXPECT_EQ(scenario["traffic"][0]["to"], "productpage/GET /productpage");
  EXPECT_EQ(scenario["traffic"][0]["via"], "gateway");
  const ImportedJson& rules = scenario["mesh"]["virtualServices"]["productpage"];
  EXPECT_EQ(rules["gateways"], ImportedJson::parse(R"(["bookinfo-gateway", "mesh"])"));
  EXPECT_EQ(rules["http"].size(), 2u);
  EXPECT_GT(valueOf(runImported(imported.scenario, {setting("/run/duration", "5s")}), "requests.ok"), 100);
}

TEST_F(ImportBookinfo, ExportedAndImportedAgainOverTheSameWorkloadsItIsTheSameMesh) {
  const std::string platform = sharedFile("istio/bookinfo-platform.yaml");
  const std::vector<std::vector<std::string>> sets = {{"destination-rule-all", "virtual-service-reviews-jason-v2-v3", "virtual-service-ratings-test-delay"},
                                                      {"destination-rule-all-mtls", "virtual-service-all-v1", "gateway"},
                                                      {"destination-rule-reviews", "virtual-service-reviews-80-20"},
                                                      {"fault-injection-details-v1", "gateway"},
                                                      {"route-reviews-90-10"}};
  for (const auto& files : sets) {
    const ImportedJson before = importedJson(import(files, false));
    const IstioYaml exported = istioYaml(before.dump());
    EXPECT_TRUE(exported.remarks.empty()) << exported.remarks.front();
    const ImportedJson after = importedJson(importIstio(manifests({platform, exported.text})));
    EXPECT_EQ(after["mesh"], before["mesh"]) << exported.text;
  }
}

}  // namespace
}  // namespace meshmall::models
