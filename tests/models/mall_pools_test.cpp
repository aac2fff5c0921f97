// Fields of the connection pool that change which connections there are: the upgrade to HTTP/2, the idle time of plain TCP; and aborts with a gRPC status.
#include <cmath>

#include "mall_story.h"

namespace meshmall::models {
namespace {

using story::ms;
using story::told;

std::string shop(const std::string& protocol, const std::string& pool, const std::string& rate = "100/s", const std::string& events = "") {
  return R"({"meshmall":1,"run":{"duration":"10s"},"services":{"a":{"protocol":")" + protocol + R"(","versions":{"v1":{"workers":100}},"operations":{"x":{"steps":[{"busy":"50ms"}]}}}},
    "traffic":[{"name":"t","to":"a/x","arrivals":{"constant":{"rate":")" + rate + R"("}}}],"mesh":{"defaults":{"trafficPolicy":{"connectionPool":)" + pool + "}}}" + events + "}";
}

std::uint64_t connections(const Mall& mall) { return mall.collector().handshakes(); }

TEST(MallPools, AnUpgradedServiceSharesOneConnection) {
  EXPECT_EQ(connections(told(shop("http1", R"({"http":{}})"))), 6u);  // five at work, and the one that comes at the instant at which the first is answered
  EXPECT_EQ(connections(told(shop("http1", R"({"http":{"h2UpgradePolicy":"UPGRADE"}})"))), 1u);
  EXPECT_EQ(connections(told(shop("http1", R"({"http":{"h2UpgradePolicy":"UPGRADE","useClientProtocol":true}})"))), 6u);
  EXPECT_EQ(connections(told(shop("http1", R"({"http":{"h2UpgradePolicy":"DO_NOT_UPGRADE"}})"))), 6u);
  EXPECT_EQ(connections(told(shop("grpc", R"({"http":{"h2UpgradePolicy":"DO_NOT_UPGRADE"}})"))), 1u);
}

TEST(MallPools, AnUpgradeByAPatchBeginsWithNewConnectionsAndLosesNobody) {
  const std::string patch = R"(,"events":[{"at":"5s","patch":{"mesh":{"defaults":{"trafficPolicy":{"connectionPool":{"http":{"h2UpgradePolicy":"UPGRADE"}}}}}}},
    {"at":"7s","patch":{"mesh":{"defaults":{"trafficPolicy":{"connectionPool":{"http":{"h2UpgradePolicy":"DEFAULT"}}}}}}}])";
  const Mall mall = told(shop("http1", R"({"http":{}})", "100/s", patch));
  EXPECT_EQ(connections(mall), 6u + 1 + 6);
  EXPECT_EQ(*mall.result().metric("requests.failed"), 0);
}

TEST(MallPools, PlainTcpHasItsOwnIdleTime) {
  EXPECT_EQ(connections(told(shop("tcp", R"({"tcp":{"idleTimeout":"500ms"}})", "1/s"))), 9u);
  EXPECT_EQ(connections(told(shop("tcp", R"({"http":{"idleTimeout":"500ms"}})", "1/s"))), 1u);
  EXPECT_EQ(connections(told(shop("http1", R"({"tcp":{"idleTimeout":"500ms"}})", "1/s"))), 1u);
  EXPECT_EQ(connections(told(shop("http1", R"({"http":{"idleTimeout":"500ms"}})", "1/s"))), 9u);
}

TEST(MallPools, AnAbortWithAGrpcStatusFailsAGrpcCallAndNotAnHttpOne) {
  const auto text = [](const std::string& protocol) {
    return R"({"meshmall":1,"run":{"duration":"10s"},"services":{"a":{"protocol":")" + protocol + R"(","operations":{"x":{}}}},"traffic":[{"name":"t","to":"a/x","arrivals":{"constant":{"rate":"1/s"}}}],
      "mesh":{"virtualServices":{"a":{"http":[{"route":[{"destination":{"host":"a"}}],"fault":{"abort":{"grpcStatus":"UNAVAILABLE","percentage":{"value":100}}}}]}}}})";
  };
  EXPECT_EQ(told(text("grpc")).result().failed_by_status, (std::vector<std::pair<std::string, std::uint64_t>>{{"503", 9}}));
  EXPECT_EQ(*told(text("http1")).result().metric("requests.ok"), 9);  // HTTP 200 with a grpc-status that nobody looks at
}

TEST(MallPools, ConnectionsThatRequestsShareAreClosedWhenTheyWereIdleForTooLong) {
  for (const char* protocol : {"http2", "grpc"}) {
    EXPECT_EQ(connections(told(shop(protocol, R"({"http":{"idleTimeout":"500ms"}})", "1/s"))), 9u) << protocol;
    EXPECT_EQ(connections(told(shop(protocol, R"({"http":{"idleTimeout":"950ms"}})", "1/s"))), 9u) << protocol;  // idle from the answer on: 950 ms
    EXPECT_EQ(connections(told(shop(protocol, R"({"http":{"idleTimeout":"951ms"}})", "1/s"))), 1u) << protocol;
    EXPECT_EQ(connections(told(shop(protocol, R"({"http":{"idleTimeout":"20ms"}})", "100/s"))), 1u) << protocol;  // there is always a request on it
  }
}

// Constant rate, so the share within a window is no accident: 10,000 delays of an exponential of 10 ms, standard error of the mean 0.1 ms.
TEST(MallPools, AnExponentialDelayHasItsMeanAndItsSpread) {
  const Mall mall = told(R"({"meshmall":1,"run":{"duration":"100s"},"services":{"a":{"operations":{"x":{}}}},"traffic":[{"name":"t","to":"a/x","arrivals":{"constant":{"rate":"100/s"}}}],
    "mesh":{"virtualServices":{"a":{"http":[{"route":[{"destination":{"host":"a"}}],"fault":{"delay":{"exponentialDelay":"10ms","percentage":{"value":100}}}}]}}}})");
  EXPECT_NEAR(*mall.result().metric("latency.mean"), 10, 0.4);
  EXPECT_NEAR(*mall.result().metric("latency.p50"), 10 * std::log(2), 0.4);   // standard error of the median: 10 ms / sqrt(n)
  EXPECT_NEAR(*mall.result().metric("latency.p90"), 10 * std::log(10), 1.2);  // of p90: 30 ms / sqrt(n)
}

TEST(MallPools, AnHttp2ErrorLeavesTheCallerWithoutAnAnswer) {
  const auto failed = [](const std::string& protocol, const std::string& error) {
    return told(R"({"meshmall":1,"run":{"duration":"10s"},"services":{"a":{"protocol":")" + protocol + R"(","operations":{"x":{}}}},"traffic":[{"name":"t","to":"a/x","arrivals":{"constant":{"rate":"1/s"}}}],
      "mesh":{"virtualServices":{"a":{"http":[{"route":[{"destination":{"host":"a"}}],"fault":{"abort":{"http2Error":")" + error + R"(","percentage":{"value":100}}}}]}}}})").result();
  };
  using Counts = std::vector<std::pair<std::string, std::uint64_t>>;
  EXPECT_EQ(failed("http2", "CANCEL").failed_by_status, (Counts{{"503", 9}}));
  EXPECT_EQ(failed("http2", "CANCEL").failed_by_flag, (Counts{{"FI", 9}}));
  EXPECT_EQ(failed("grpc", "CANCEL").failed_by_status, (Counts{{"499", 9}}));             // gRPC: cancelled
  EXPECT_EQ(failed("grpc", "REFUSED_STREAM").failed_by_status, (Counts{{"503", 9}}));     // unavailable
  EXPECT_EQ(failed("grpc", "ENHANCE_YOUR_CALM").failed_by_status, (Counts{{"429", 9}}));  // resource exhausted
  EXPECT_EQ(failed("grpc", "PROTOCOL_ERROR").failed_by_status, (Counts{{"500", 9}}));     // internal
}

}  // namespace
}  // namespace meshmall::models
