// The same two calls in each format that is read, and files that are not what they should be.
#include "tests/traces/trace_files.h"

namespace meshmall::models::traces {
namespace {

// front (10 ms) calls cart: the client's span 2..6 ms, the server's 3..5 ms, in which a database takes 1 ms.
const char* const kJaeger = R"({"data":[{"traceID":"t1","spans":[
 {"traceID":"t1","spanID":"a","operationName":"GET /shop/17","references":[],"startTime":1000000,"duration":10000,"tags":[{"key":"span.kind","value":"server"}],"processID":"p1"},
 {"traceID":"t1","spanID":"b","operationName":"call","references":[{"refType":"CHILD_OF","traceID":"t1","spanID":"a"}],"startTime":1002000,"duration":4000,"tags":[{"key":"span.kind","value":"client"}],"processID":"p1"},
 {"traceID":"t1","spanID":"c","operationName":"demo.Cart/Get","references":[{"refType":"CHILD_OF","traceID":"t1","spanID":"b"}],"startTime":1003000,"duration":2000,"tags":[{"key":"span.kind","value":"server"},{"key":"http.status_code","value":503}],"processID":"p2"},
 {"traceID":"t1","spanID":"d","operationName":"find","references":[{"refType":"CHILD_OF","traceID":"t1","spanID":"c"}],"startTime":1003500,"duration":1000,"tags":[{"key":"db.system","value":"redis"}],"processID":"p2"}],
 "processes":{"p1":{"serviceName":"front.default","tags":[{"key":"hostname","value":"front-0"}]},"p2":{"serviceName":"cart","tags":[]}}}]})";

const char* const kOtlp = R"({"resourceSpans":[{"scopeSpans":[{"spans":[
 {"traceId":"T1","spanId":"A","parentSpanId":"","name":"GET","kind":2,"startTimeUnixNano":"1000000000","endTimeUnixNano":"1010000000","attributes":[{"key":"http.route","value":{"stringValue":"/shop/{id}"}}]},
 {"traceId":"T1","spanId":"B","parentSpanId":"A","name":"call","kind":"SPAN_KIND_CLIENT","startTimeUnixNano":1002000000,"endTimeUnixNano":1006000000}]}],
 "resource":{"attributes":[{"key":"service.name","value":{"stringValue":"front"}},{"key":"k8s.pod.name","value":{"stringValue":"front-0"}}]}}]}
{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"cart"}}]},"scopeSpans":[{"spans":[
 {"traceId":"T1","spanId":"C","parentSpanId":"B","name":"demo.Cart/Get","kind":2,"startTimeUnixNano":"1003000000","endTimeUnixNano":"1005000000","status":{"code":2}},
 {"traceId":"T1","spanId":"D","parentSpanId":"C","name":"find","kind":3,"startTimeUnixNano":"1003500000","endTimeUnixNano":"1004500000","attributes":[{"key":"db.system","value":{"stringValue":"redis"}}]}]}]}]})";

// The server's half of the call has the client's identifier.
const char* const kZipkin = R"([[
 {"traceId":"t1","id":"a","name":"get /shop/17","kind":"SERVER","timestamp":1000000,"duration":10000,"localEndpoint":{"serviceName":"front"},"tags":{"http.method":"GET","http.path":"/shop/17"}},
 {"traceId":"t1","id":"b","parentId":"a","name":"call","kind":"CLIENT","timestamp":1002000,"duration":4000,"localEndpoint":{"serviceName":"front"}},
 {"traceId":"t1","id":"b","parentId":"a","shared":true,"name":"demo.Cart/Get","kind":"SERVER","timestamp":1003000,"duration":2000,"localEndpoint":{"serviceName":"cart"},"tags":{"error":"full"}},
 {"traceId":"t1","id":"d","parentId":"b","name":"find","kind":"CLIENT","timestamp":1003500,"duration":1000,"localEndpoint":{"serviceName":"cart"},"tags":{"db.system":"redis"}}]])";

std::string withHeading(const std::string& rows) { return kCsvHeading + rows; }

const std::string kCsv = withHeading(
                         "t1,a,root,front-579b9bff58-t2dbm,/shop/17,1000000000,1010000000,10000\n"
                         "t1,b,a,front-579b9bff58-t2dbm,HTTP GET,1002000000,1006000000,4000\n"
                         "t1,c,b,cart-0,\"demo.Cart/Get\",1003000000,1005000000,2000\n"
                         "t1,d,c,cart-0,\"SELECT 1, 2\",1003500000,1004500000,1000");

void expectTheCall(const std::string& text, const std::string& format, const std::string& tree) {
  const ReadBack read = readText(text);
  ASSERT_TRUE(read.problems.empty()) << format << ": " << textOf(read.problems.front());
  EXPECT_EQ(read.reading.format, format);
  EXPECT_EQ(treesOf(read.visits), std::vector<std::string>{tree}) << format;
  ASSERT_EQ(read.visits.all.size(), 2u) << format;
  const Visit &front = read.visits.all[0], &cart = read.visits.all[1];
  EXPECT_EQ(front.length(), 10'000'000) << format;
  EXPECT_EQ(front.busy, 6'000'000) << format << ": the call is not its own time";
  EXPECT_EQ(front.calls.at(0).gap, 2'000'000) << format << ": client's span less server's";
  EXPECT_EQ(cart.wait, 1'000'000) << format << ": the database";
  EXPECT_EQ(cart.busy, 1'000'000) << format;
}

TEST(TraceReaders, ReadTheSameCallInEveryFormat) {
  expectTheCall(kJaeger, "Jaeger JSON", "front/GET /shop/{id}(cart/Get)");
  expectTheCall(kOtlp, "OTLP JSON", "front/GET /shop/{id}(cart/Get)");
  expectTheCall(kZipkin, "Zipkin JSON", "front/GET /shop/{id}(cart/Get)");
  expectTheCall(kCsv, "CSV", "front//shop/{id}(cart/Get)");
}

TEST(TraceReaders, ReadJaegersTracesWithoutTheObjectAroundThemAndTemposBatches) {
  const std::string jaeger = kJaeger, otlp = kOtlp;
  expectTheCall(jaeger.substr(8, jaeger.size() - 9), "Jaeger JSON", "front/GET /shop/{id}(cart/Get)");
  std::string tempo = otlp;
  for (std::size_t at = 0; (at = tempo.find("resourceSpans")) != std::string::npos;) tempo.replace(at, 13, "batches");
  expectTheCall(tempo, "OTLP JSON", "front/GET /shop/{id}(cart/Get)");
}

TEST(TraceReaders, RefuseOtherFormsByTheirName) {
  const auto problem = [](const std::string& text) {
    const ReadBack read = readText(text);
    return read.problems.empty() ? std::string("none") : read.problems[0].message;
  };
  EXPECT_EQ(problem(R"([{"traceId":"1","id":"2","name":"get","annotations":[{"timestamp":1,"value":"sr","endpoint":{"serviceName":"a"}}]}])"),
            "is Zipkin JSON of version 1 (annotations cs, cr, sr, ss), which is not read");
  EXPECT_EQ(problem("\x1f\x8b\x08 packed"), "is compressed (gzip)");
  EXPECT_EQ(problem("\x28\xb5\x2f\xfd packed"), "is compressed (Zstandard)");
  EXPECT_EQ(problem("(no heading)\n").substr(0, 19), "is neither JSON nor") << "one of the two bytes is put back";
}

TEST(TraceReaders, NameWhatIstiosEnvoysRecordByItsUrlAndThePodByItsNode) {
  const ReadBack read = readText(R"({"data":[{"traceID":"t","spans":[{"traceID":"t","spanID":"a","operationName":"reviews.default.svc.cluster.local:9080/*","startTime":1000000,"duration":10000,"processID":"p","tags":[
 {"key":"span.kind","value":"server"},{"key":"http.method","value":"GET"},{"key":"http.url","value":"http://reviews:9080/reviews/0?full=1"},{"key":"node_id","value":"sidecar~10.0.0.7~reviews-v2-545db77b95-wkjd2.default~default.svc.cluster.local"}]}],
 "processes":{"p":{"serviceName":"reviews.default","tags":[]}}}]})");
  EXPECT_EQ(treesOf(read.visits), std::vector<std::string>{"reviews/GET /reviews/{id}"});
  ASSERT_EQ(read.visits.pods.size(), 1u);
  EXPECT_EQ(read.visits.pods.begin()->second, "reviews-v2-545db77b95-wkjd2");
}

TEST(TraceReaders, KnowFailuresFromStatusesAndErrors) {
  EXPECT_TRUE(readText(kJaeger).visits.all[1].failed);
  EXPECT_EQ(readText(kJaeger).visits.all[1].status, 503);
  EXPECT_TRUE(readText(kOtlp).visits.all[1].failed);
  EXPECT_TRUE(readText(kZipkin).visits.all[1].failed);
  EXPECT_FALSE(readText(kCsv).visits.all[1].failed);
}

TEST(TraceReaders, KeepWhatStandsBeforeAFileBreaksOff) {
  for (const std::string& text : {std::string(kOtlp), kCsv}) {
    const ReadBack read = readText(text.substr(0, text.size() - 40));
    EXPECT_TRUE(read.problems.empty());
    EXPECT_TRUE(read.reading.broken_off);
    EXPECT_GE(read.log.spans().size(), 2u);
  }
}

TEST(TraceReaders, SurviveEveryPlaceWhereAFileMayBreakOff) {
  for (const std::string& text : {std::string(kJaeger), std::string(kOtlp), std::string(kZipkin), kCsv})
    for (std::size_t end = 1; end < text.size(); ++end) readText(text.substr(0, end));
}

TEST(TraceReaders, RefuseWhatIsNoTraceWithItsPlace) {
  const auto problem = [](const std::string& text) {
    const ReadBack read = readText(text);
    return read.problems.empty() ? std::string("none") : std::to_string(read.problems[0].line) + ": " + read.problems[0].message;
  };
  EXPECT_EQ(problem("a,b\n1,2\n"), "1: is neither JSON nor CSV of spans: the heading lacks TraceID, SpanID, ParentID, PodName, OperationName, StartTimeUnixNano, EndTimeUnixNano (or Duration)");
  EXPECT_EQ(problem(withHeading("1,2,3\n")), "2: has 3 fields where the heading has others");
  EXPECT_EQ(problem("{\"data\": []}"), "0: has no spans");
  EXPECT_EQ(problem("   "), "0: is empty");
  EXPECT_EQ(problem("{\"data\": [\n}").substr(0, 15), "2: is not JSON:");
  EXPECT_EQ(problem(std::string(100, '[')), "1: is nested more than 64 deep");
}

TEST(TraceReaders, CountSpansThatAreOfNoUse) {
  const ReadBack read = readText(withHeading("t1,a,root,front-0,x,100,50,0\nt1,,root,front-0,x,100,150,0\nt1,b,root,front-0,x,never,150,0\nt1,c,root,front-0,x,100,150,0\n"));
  EXPECT_EQ(read.reading.backwards, 1u);
  EXPECT_EQ(read.reading.unusable, 2u);
  EXPECT_EQ(read.visits.roots.size(), 1u);
}

TEST(TraceReaders, NameServicesAndOperationsAsPeopleDo) {
  EXPECT_EQ(serviceOfPod("frontend-579b9bff58-t2dbm"), "frontend");
  EXPECT_EQ(serviceOfPod("ts-order-service-6f6cfc45b-h5m2n"), "ts-order-service");
  EXPECT_EQ(serviceOfPod("redis-cart-0"), "redis-cart");
  EXPECT_EQ(serviceOfPod("productpage"), "productpage");
  EXPECT_EQ(operationName("HTTP GET", "", "/cart/123e4567-e89b-12d3-a456-426614174000/items?x=1"), "GET /cart/{id}/items");
  EXPECT_EQ(operationName("GET /a/b", "", ""), "GET /a/b");
  EXPECT_EQ(operationName("pkg.Service/Do", "", ""), "Do");
  EXPECT_EQ(operationName("a\nb", "", ""), "a_b");
  EXPECT_EQ(operationName("", "", ""), "unnamed");
}

}  // namespace
}  // namespace meshmall::models::traces
