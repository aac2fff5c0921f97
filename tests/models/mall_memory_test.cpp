// A run's memory is that of what is inside and of what is counted, not of all who ever came: after the first customers it stays, whatever happens to those who follow.
// What is measured is the heap in use, asked of the C library; where it does not say (sanitizers bring their own) there is nothing to test.
#include <malloc.h>

#include "mall_story.h"

namespace meshmall::models {
namespace {

std::size_t heapInUse() {
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
#else
  return 0;
#endif
}

// Bytes of heap that each customer of the last two thirds of the run left behind. The figures of a run's timeline (at most 1,000 points of 11 series) are among
// them: 0.4 bytes for 300,000 customers. A decision that the result tells of (a crash, an ejection; their number has a limit of its own) is no customer's record:
// 1 KiB for each is left out, several times what its texts take.
double bytesPerCustomer(const std::string& text) {
  Mall mall(story::planOf(text), {.seed = 1});
  const std::int64_t third = mall.end().ns / 3;
  while (mall.now().ns < third && mall.step()) continue;
  const std::size_t before = heapInUse(), decisions = mall.collector().decisions().size(), customers = mall.collector().customersOf(0).started;
  mall.run();
  const double told = 1024.0 * static_cast<double>(mall.collector().decisions().size() - decisions);
  return (static_cast<double>(heapInUse()) - static_cast<double>(before) - told) / static_cast<double>(mall.collector().customersOf(0).started - customers);
}

std::string shops(const std::string& traffic, const std::string& mesh, const std::string& more = "") {
  return R"({"meshmall":1,"run":{"duration":"450s"},"network":{"sameZone":{"exponential":{"mean":"250us"}},"loss":0.001},
    "services":{"front":{"versions":{"v1":{"replicas":4,"workers":50}},"operations":{"x":{"steps":[{"busy":{"exponential":{"mean":"1ms"}}},{"call":"back/y"},{"parallel":[{"call":"back/y"},{"call":"back/y","optional":true}]}]}}},
      "back":{"versions":{"v1":{"replicas":3,"workers":20,"queueLimit":50,"onCancel":"stop"}},
        "operations":{"y":{"steps":[{"busy":{"lognormal":{"mean":"3ms","cv":2}}}],"failure":{"probability":0.05,"status":503}}}}},
    "traffic":[{"name":"t","to":"front/x",)" + traffic + R"(}],"mesh":)" + mesh + more + "}";
}

const std::string kPoisson = R"("arrivals":{"poisson":{"rate":"1000/s"}},"timeout":"200ms","return":{"times":2,"after":{"exponential":{"mean":"1s"}}},"headers":{"x-user":{"zipf":{"n":10000,"s":1.1}}})";
const std::string kMesh = R"({"defaults":{"retries":{"attempts":2,"perTryTimeout":"20ms","retryOn":"5xx,reset,connect-failure"},
    "trafficPolicy":{"connectionPool":{"http":{"http1MaxPendingRequests":40,"maxRequestsPerConnection":10}},
      "outlierDetection":{"consecutive5xxErrors":5,"interval":"1s","baseEjectionTime":"2s","maxEjectionPercent":60}}}})";

TEST(MallMemory, NoCustomerLeavesARecord) {
  void* probe = ::operator new(1 << 16);
  const bool told = heapInUse() >= (1 << 16);
  ::operator delete(probe);
  if (!told) GTEST_SKIP() << "the heap in use is not known here";
  EXPECT_LT(bytesPerCustomer(shops(kPoisson, kMesh)), 1.0);
  EXPECT_LT(bytesPerCustomer(shops(R"("arrivals":{"closed":{"users":40,"think":{"exponential":{"mean":"20ms"}}}})", kMesh)), 1.0);
  EXPECT_LT(bytesPerCustomer(shops(kPoisson, R"({"destinationRules":{"back":{"trafficPolicy":{"loadBalancer":{"consistentHash":{"httpHeaderName":"x-user"}}}}},
      "defaults":{"retries":{"attempts":1,"perTryTimeout":"10ms","hedge":{"onPerTryTimeout":true}}}})")), 1.0);
  EXPECT_LT(bytesPerCustomer(shops(kPoisson, kMesh, R"(,"events":[{"at":"0s","every":{"exponential":{"mean":"5s"}},"crash":{"service":"back","count":1},"for":"1s"}])")), 1.0);
}

}  // namespace
}  // namespace meshmall::models
