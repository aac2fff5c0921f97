// The forms of a comparison's report: what each says, how it escapes what comes from files, and where it is cut.
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "engine/report/comparison_annotations.h"
#include "engine/report/comparison_csv.h"
#include "engine/report/comparison_html.h"
#include "engine/report/comparison_json.h"
#include "engine/report/comparison_junit.h"
#include "engine/report/comparison_markdown.h"
#include "engine/report/comparison_openmetrics.h"
#include "engine/report/comparison_phrases.h"
#include "engine/report/escaping.h"
#include "engine/report/utf8.h"
#include "tests/engine/report_sample.h"

namespace meshmall::engine {
namespace {

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> all;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    all.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return all;
}

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// Names that mean something to one form or another.
const std::vector<std::string>& nastyTexts() {
  static const std::vector<std::string> texts = {
      "<script>alert(1)</script>", "=1+1|", "=HYPERLINK(\"http://x.example\",\"y\")", "+1", "-1", "@SUM(A1)", "\t=1", "\r\n=1", "a\nb", "a\r\nb", std::string("nul\0byte", 8), "\x1b[31mred",
      "]]>", "-->", "--><img src=x onerror=alert(1)>", "<!--", "&amp;&lt;", "\"quoted\" 'too'", "` `` ```", "**bold** _it_ ~~s~~", "[a](http://x.example)", "![i](http://x.example/i.png)",
      "| a | b |", "\\| \\\\|", "@octocat #12 org/repo#3", "www.example.com http://x.example user@x.example", ":tada: $x$ $$y$$", "# head", "1. list", "- item", "> quote", "---",
      "%0A::error::x", "::error::x", "a::set-output name=x::y", "##[error]x", "a,line=1", "100%", "{label=\"x\"} 1", "# EOF", "\xff\xfe bad utf-8", "\xef\xbf\xbf nonchar",
      "\xe2\x80\xae right to left", "\xf0\x9f\xa5\x90 croissant \xf0\x9d\x94\x98", std::string(5000, 'x'), std::string(3000, '|'), "", " ", "</td></table>", "</code></details>", "{{x}} ${y}", "a;=1+1"};
  return texts;
}

// All of them in one report.
ComparisonReport nastyReport(std::size_t longest = 10'000) {
  ComparisonReport report = sampleReport();
  for (const std::string& nasty : nastyTexts()) {
    if (nasty.size() > longest) continue;
    const ComparisonReport more = sampleReport(nasty);
    report.scenarios.insert(report.scenarios.end(), more.scenarios.begin(), more.scenarios.end());
  }
  return report;
}

struct Form {
  const char* name;
  std::function<std::string(const ComparisonReport&)> write;
};
const std::vector<Form>& forms() {
  static const std::vector<Form> all = {{"markdown", [](const ComparisonReport& r) { return comparisonMarkdown(r); }}, {"comment", comparisonComment}, {"csv", comparisonCsv}, {"junit", comparisonJunit}, {"html", comparisonHtml},
                                        {"json", comparisonJson}, {"openmetrics", comparisonOpenMetrics}, {"annotations", comparisonAnnotations}};
  return all;
}

// The tags of a document of angle brackets, in order; fails where a bracket is no tag's.
std::vector<std::string> tags(const std::string& text) {
  std::vector<std::string> found;
  for (std::size_t open = text.find('<'); open != std::string::npos; open = text.find('<', open + 1)) {
    const std::size_t close = text.find('>', open);
    EXPECT_NE(close, std::string::npos);
    found.push_back(text.substr(open, std::min(text.find_first_of(" />?", open + 2), close) - open));
  }
  return found;
}

// RFC 4180.
std::vector<std::vector<std::string>> csvRecords(const std::string& text) {
  std::vector<std::vector<std::string>> records(1, {""});
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string& field = records.back().back();
    if (quoted) {
      if (text[i] != '"') {
        field += text[i];
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        field += text[++i];
      } else {
        quoted = false;
      }
    } else if (text[i] == '"') {
      EXPECT_EQ(field, "");
      quoted = true;
    } else if (text[i] == ',') {
      records.back().emplace_back();
    } else if (text[i] == '\n') {
      records.push_back({""});
    } else {
      field += text[i];
    }
  }
  EXPECT_FALSE(quoted);
  records.pop_back();
  return records;
}

// What a program says of a file that it is given; nothing where the program is not there.
std::optional<int> judgedBy(const std::string& program, const std::string& arguments, const std::string& text) {
  if (std::system(("command -v " + program + " >/dev/null 2>&1").c_str()) != 0) return std::nullopt;
  char name[] = "/tmp/meshmall-report-XXXXXX";
  const int file = ::mkstemp(name);
  std::ofstream(name) << text;
  ::close(file);
  const int status = std::system((program + " " + arguments + " " + name + " >/dev/null 2>&1").c_str());
  ::unlink(name);
  return status;
}

TEST(ReportForms, EachNamesTheRegression) {
  const ComparisonReport report = sampleReport();
  for (const Form& form : forms()) {
    const std::string text = form.write(report);
    EXPECT_TRUE(holds(text, "REGRESSED")) << form.name;
    EXPECT_TRUE(holds(text, "latency.p99") || holds(text, "latency_seconds")) << form.name;
    EXPECT_EQ(text, form.write(report)) << form.name;
  }
}

TEST(ReportForms, SmallProbabilitiesHaveOneDigitAndAnExponent) {
  EXPECT_EQ(pText(9.99e-6), "p=1e-5");
  EXPECT_EQ(pText(4.4e-12), "p=4e-12");
  EXPECT_EQ(pText(2e-100), "p=2e-100");
  EXPECT_EQ(pText(0.00099), "p=1e-3");
  EXPECT_EQ(pText(0.004), "p=0.0040");
}

TEST(ReportForms, TheHeadlineTellsOfChancesOnlyWhereThereAreSome) {
  ComparisonReport report = sampleReport();
  report.hypotheses = 0;
  EXPECT_FALSE(holds(headlineDetail(report), "chance")) << headlineDetail(report);
  report.hypotheses = 1;
  EXPECT_TRUE(holds(headlineDetail(report), "(chance of a false alarm at most 1 %)")) << headlineDetail(report);
  report.hypotheses = 3;
  EXPECT_TRUE(holds(headlineDetail(report), "in all 3 together")) << headlineDetail(report);
}

TEST(ReportForms, TheDesignCountsWhatIsCompared) {
  ReportScenario pair;
  pair.baseline.replications = {0, 1, 2, 3};
  pair.candidate.replications = {1, 2, 3, 4, 5};
  EXPECT_EQ(designText(pair).rfind("3 paired replications", 0), 0u) << designText(pair);
  pair.paired = false;
  EXPECT_EQ(designText(pair).rfind("4 and 5 replications, independent seeds", 0), 0u) << designText(pair);
}

TEST(ReportForms, NoTextOfAFileBecomesStructureInAny) {
  const ComparisonReport plain = sampleReport("checkout");
  for (const std::string& nasty : nastyTexts()) {
    const ComparisonReport report = sampleReport(nasty);
    // Text is UTF-8 without control characters.
    for (const Form& form : forms()) {
      const std::string text = form.write(report);
      if (form.name == std::string("csv") || form.name == std::string("json")) continue;  // data, as they are
      for (std::size_t i = 0; i < text.size();) {
        const Utf8 c = decodeUtf8(text, i);
        ASSERT_GT(c.length, 0u) << form.name << " " << nasty;
        ASSERT_FALSE((c.point < 0x20 && c.point != '\n') || (c.point >= 0x7f && c.point < 0xa0) || (c.point >= 0x202a && c.point <= 0x202e)) << form.name << " " << nasty;
        i += c.length;
      }
    }
    // XML: the same elements in the same order.
    EXPECT_EQ(tags(comparisonJunit(report)), tags(comparisonJunit(plain))) << nasty;
    // HTML: likewise, and no address.
    const std::string html = comparisonHtml(report);
    EXPECT_TRUE(nasty.empty() || tags(html) == tags(comparisonHtml(plain))) << nasty;  // an empty remark has no line
    for (const char* mark : {"//", "<script", "<img", "<link", "<a href=\"h"}) EXPECT_FALSE(holds(html, mark)) << mark;
    EXPECT_FALSE(holds(html, "://"));
    // Markdown: the same tags, lines and cells; nothing in <code> that means anything.
    const std::string markdown = comparisonMarkdown(report);
    EXPECT_EQ(tags(markdown), tags(comparisonMarkdown(plain))) << nasty;
    const auto is = lines(markdown), should = lines(comparisonMarkdown(plain));
    ASSERT_EQ(is.size(), should.size()) << nasty;
    for (std::size_t i = 0; i < is.size(); ++i) EXPECT_EQ(std::count(is[i].begin(), is[i].end(), '|'), std::count(should[i].begin(), should[i].end(), '|')) << is[i];
    for (const char* mark : {"](", "**b", "`", "@", "www.", "://", "~~", "\\|", ":tada:", "$"}) EXPECT_FALSE(holds(markdown, mark)) << mark << " " << nasty;
    // CSV: as many records and fields; the text comes back; nothing starts a formula.
    const auto records = csvRecords(comparisonCsv(report)), wanted = csvRecords(comparisonCsv(plain));
    ASSERT_EQ(records.size(), wanted.size()) << nasty;
    for (const auto& record : records) {
      ASSERT_EQ(record.size(), 13u);
      for (std::size_t f = 0; f < 10; ++f) EXPECT_TRUE(record[f].empty() || std::string("=+-@\t\r\n").find(record[f][0]) == std::string::npos) << record[f];
    }
    EXPECT_TRUE(records[1][0] == nasty || records[1][0] == "'" + nasty) << records[1][0];
    // OpenMetrics: every line is one of the grammar.
    static const std::regex sample(R"re([a-z_0-9]+(\{[a-z]+="([^"\\\n]|\\["\\n])*"(,[a-z]+="([^"\\\n]|\\["\\n])*")*\})? [0-9.e+-]+)re"), comment("# (TYPE|UNIT|HELP) [a-z_0-9]+ .+");
    const std::string metrics = comparisonOpenMetrics(report);
    if (nasty.size() < 1000) {
      for (const std::string& line : lines(metrics)) EXPECT_TRUE(std::regex_match(line, sample) || std::regex_match(line, comment) || line == "# EOF") << line;
    }
    EXPECT_EQ(lines(metrics).size(), lines(comparisonOpenMetrics(plain)).size()) << nasty;
    EXPECT_EQ(metrics.substr(metrics.size() - 6), "# EOF\n");
    // Workflow commands: as many, each whole.
    static const std::regex command(R"(::(error|warning|notice) ([a-z]+=[^,:]*)(,[a-z]+=[^,:]*)*::[^\n]*)");
    const auto commands = lines(comparisonAnnotations(report));
    EXPECT_EQ(commands.size(), 6u);
    for (const std::string& line : commands)
      EXPECT_TRUE(line.size() >= 4000 || std::regex_match(line, command)) << line;
    // JSON: the text itself, where it is UTF-8.
    const auto json = nlohmann::json::parse(comparisonJson(report));
    EXPECT_TRUE(nasty[0] == '\xff' || json["scenarios"][0]["name"] == nasty);
  }
}

TEST(ReportForms, RandomTextsDoNoMoreThanNastyOnes) {
  const ComparisonReport plain = sampleReport("checkout");
  const auto plain_tags = tags(comparisonJunit(plain)), plain_marks = tags(comparisonMarkdown(plain)), plain_page = tags(comparisonHtml(plain));
  const std::vector<std::string> pieces = {"<", ">", "&", "\"", "'", "|", "`", "*", "\n", "\r", "=", "@", "]]>", "-->", "::", "%", ",", ":", "\\", "{", "}", "\x01", "\xff", "\xc3\xa9", "\xf0\x9f\xa5\x90", "a", "7", " ", "-", "#"};
  std::uint64_t state = 42;
  for (int i = 0; i < 300; ++i) {
    std::string text;
    state = state * 6364136223846793005u + 1442695040888963407u;
    const std::uint64_t length = 1 + (state >> 33) % 40;
    for (std::uint64_t k = 0; k < length; ++k) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      text += pieces[(state >> 33) % pieces.size()];
    }
    const ComparisonReport report = sampleReport(text);
    ASSERT_EQ(tags(comparisonJunit(report)), plain_tags) << text;
    ASSERT_EQ(tags(comparisonMarkdown(report)), plain_marks) << text;
    ASSERT_EQ(tags(comparisonHtml(report)), plain_page) << text;
    const auto records = csvRecords(comparisonCsv(report));
    ASSERT_TRUE(records[1][0] == text || records[1][0] == "'" + text) << text;
    ASSERT_EQ(lines(comparisonAnnotations(report)).size(), 6u) << text;
    ASSERT_EQ(lines(comparisonOpenMetrics(report)).size(), lines(comparisonOpenMetrics(plain)).size()) << text;
  }
}

TEST(ReportForms, JunitIsValidForASchemaOfTheCommonDialect) {
  const std::string schema = "--noout --schema tests/engine/junit.xsd";
  const auto known = judgedBy("xmllint", schema, comparisonJunit(sampleReport()));
  if (!known) GTEST_SKIP() << "xmllint (libxml2-utils) is not installed";
  EXPECT_EQ(*known, 0);
  EXPECT_EQ(*judgedBy("xmllint", schema, comparisonJunit(nastyReport())), 0);
  EXPECT_EQ(*judgedBy("xmllint", schema, comparisonJunit(ComparisonReport())), 0);
  EXPECT_NE(*judgedBy("xmllint", schema, "<testsuites><testsuite name='x'/></testsuites>"), 0);  // the schema refuses something
}

TEST(ReportForms, OpenMetricsIsReadByAParserOfItsOwn) {
  const std::string script =
      "-c 'import sys; from prometheus_client.openmetrics.parser import text_string_to_metric_families as f; n = len(list(f(open(sys.argv[1]).read()))); sys.exit(0 if n > 4 else 1)'";
  for (const std::string python : {"python3", "/usr/bin/python3"}) {
    if (std::system((python + " -c 'import prometheus_client.openmetrics.parser' >/dev/null 2>&1").c_str()) != 0) continue;
    EXPECT_EQ(judgedBy(python, script, comparisonOpenMetrics(nastyReport(200))), 0);
    return;
  }
  GTEST_SKIP() << "python3's prometheus_client is not installed";
}

TEST(ReportForms, JunitTellsFailuresErrorsAndSkippedApart) {
  ComparisonReport report = sampleReport();
  std::string junit = comparisonJunit(report);
  EXPECT_TRUE(holds(junit, R"(<testsuites name="meshmall compare" tests="9" failures="1" errors="0" skipped="6" time="0">)")) << junit;
  EXPECT_TRUE(holds(junit, R"(type="REGRESSED")"));
  EXPECT_TRUE(holds(junit, "waived until 2999-12-31: checkout"));
  EXPECT_TRUE(holds(junit, "new: nothing to compare it with"));
  EXPECT_TRUE(holds(junit, R"re(name="checkout (2)")re"));  // rules of the same text are cases of their own
  report.scenarios[0].rules[3].fails = true;            // no data where that fails
  junit = comparisonJunit(report);
  EXPECT_TRUE(holds(junit, R"(failures="1" errors="1" skipped="5")")) << junit;
  EXPECT_TRUE(holds(junit, R"(type="NO-DATA")"));
  report.informational = true;
  EXPECT_TRUE(holds(comparisonJunit(report), R"(failures="0" errors="0" skipped="7")"));
  EXPECT_TRUE(holds(comparisonJunit(report), "informational: latency.p99 REGRESSED"));
}

TEST(ReportForms, AnnotationsStandWhereTheCandidateDiffersAndAreAtMostTenOfEach) {
  ComparisonReport report = sampleReport("scenarios/a.json");
  const auto commands = lines(comparisonAnnotations(report));
  EXPECT_TRUE(holds(commands[0], "::error file=scenarios/a.json,line=4,title=meshmall%3A latency.p99 REGRESSED::")) << commands[0];
  EXPECT_TRUE(holds(commands[0], "+11.8 %25"));
  EXPECT_TRUE(holds(commands[1], "::warning "));
  EXPECT_TRUE(holds(commands.back(), "::notice title=meshmall::GATE FAILED: 1 of 7 rules fails"));
  for (int i = 0; i < 30; ++i) report.scenarios[0].rules.push_back(report.scenarios[0].rules[1]);
  const std::string many = comparisonAnnotations(report);
  EXPECT_EQ(lines(many).size(), 10u + 4u + 1u);
  report.informational = true;
  EXPECT_FALSE(holds(comparisonAnnotations(report), "::error"));
  EXPECT_EQ(lines(comparisonAnnotations(report)).size(), 10u + 1u);
  report.scenarios[0].candidate.file.clear();
  EXPECT_FALSE(holds(comparisonAnnotations(report), "file="));
}

TEST(ReportForms, LogLinesAreNoWorkflowCommands) {
  EXPECT_EQ(withoutWorkflowCommands("a\n::error::x\n  ::add-mask::y\nb ::c:: ##[group]d\n"), "a\n'::error::x\n  '::add-mask::y\nb ::c:: ##'[group]d\n");
}

TEST(ReportForms, MarkdownIsCutAtWholeRowsAndSaysSo) {
  ComparisonReport report = sampleReport();
  const std::string comment = comparisonComment(report);
  EXPECT_EQ(lines(comment)[0], "<!-- meshmall-compare:checkout -->");
  EXPECT_FALSE(holds(comment, "do not fit"));
  EXPECT_FALSE(holds(comparisonMarkdown(report), "<!--"));
  EXPECT_TRUE(holds(comment, "💤") && holds(comment, "waived until 2999-12-31"));
  for (int i = 0; i < 10'000; ++i) report.scenarios[0].rules.push_back(report.scenarios[0].rules[1]);
  for (int i = 0; i < 500; ++i) report.scenarios.push_back(report.scenarios[1]);
  for (const std::string& name : {std::string("checkout"), std::string(3000, '|'), std::string("@#@#@#")}) {
    report.scenarios[0].name = report.scenarios[1].name = report.baseline = report.command = name;
    for (const auto& [text, limit] : {std::pair{comparisonComment(report), kCommentLimit}, {comparisonMarkdown(report), kSummaryLimit}, {comparisonMarkdown(report, 1), std::size_t{16 * 1024}}}) {
      EXPECT_LE(text.size(), limit);
      EXPECT_GT(text.size(), limit / 3);
      EXPECT_TRUE(holds(text, " more rows of 100"));
      EXPECT_TRUE(holds(text, "do not fit here"));
      EXPECT_TRUE(holds(text, "</details>\n"));
      for (const std::string& line : lines(text))
        EXPECT_TRUE(line.rfind("| ", 0) != 0 || line.back() == '|') << line;
      EXPECT_EQ(std::count(text.begin(), text.end(), '<'), std::count(text.begin(), text.end(), '>'));
    }
  }
}

TEST(ReportForms, TheMarkerOfACommentStaysFromRevisionToRevision) {
  ComparisonReport report;
  const auto marker = [&](const std::string& candidate) {
    report.candidate = candidate;
    return commentMarker(report);
  };
  EXPECT_EQ(marker("scenarios"), "<!-- meshmall-compare:scenarios -->");
  EXPECT_EQ(marker("git:HEAD~1:scenarios/a.json"), "<!-- meshmall-compare:scenarios/a.json -->");
  EXPECT_EQ(marker("x --> <b>"), "<!-- meshmall-compare:x______b_ -->");
  EXPECT_EQ(marker("git:x"), "<!-- meshmall-compare:x -->");
  EXPECT_EQ(marker("git:"), "<!-- meshmall-compare:_ -->");
  EXPECT_EQ(marker(""), "<!-- meshmall-compare:_ -->");
}

TEST(ReportForms, CsvHoldsEveryValueOnceBesideItsVerdict) {
  const auto records = csvRecords(comparisonCsv(sampleReport()));
  // Five changes of one question with 20 pairs each, a rule of two questions (20 + 40), one without data, and the headings.
  EXPECT_EQ(records.size(), 1u + 5 * 40 + 60 + 1);
  EXPECT_EQ(records[1], (std::vector<std::string>{"checkout", "r1", "checkout", "fail", "fine", "service=checkout", "increase(latency.p99) <= 5%", "EQUIVALENT", "latency.p99", "ms", "0", "baseline", "183"}));
  EXPECT_EQ(records[21][11], "candidate");
}

TEST(ReportForms, OpenMetricsIsInBaseUnitsWithStableFigures) {
  const std::string text = comparisonOpenMetrics(sampleReport());
  for (const char* line : {"# UNIT meshmall_latency_seconds seconds\n", "meshmall_latency_seconds{scenario=\"checkout\",scope=\"service=checkout\",quantile=\"0.99\",side=\"candidate\"} 0.205\n",
                           "meshmall_success_rate_ratio{scenario=\"checkout\",scope=\"service=checkout\",side=\"candidate\"} 0.99979\n", "meshmall_gate_fails 1\n",
                           "rule=\"checkout (2)\"", "metric=\"latency.p99\"} 0.118\n", "state=\"waived\""})
    EXPECT_TRUE(holds(text, line)) << line << text;
}

// Every element is closed in order (voids apart), every attribute quoted; links lead to places of the page that are there.
TEST(ReportForms, TheHtmlIsWellFormedAndLeadsNowhereElse) {
  for (const ComparisonReport& report : {sampleReport(), nastyReport(), ComparisonReport()}) {
    const std::string html = comparisonHtml(report);
    std::vector<std::string> open;
    std::set<std::string> ids, links;
    static const std::regex tag(R"re(<(/?)([a-zA-Z0-9!]+)((?:\s+[a-zA-Z][a-zA-Z0-9-]*(?:="[^"<>]*")?)*)\s*(/?)>)re"), id(R"re( id="([^"]*)")re"), href(R"re( href="#([^"]*)")re");
    std::size_t seen = 0;
    for (std::size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
      const std::string text = html.substr(at, html.find('>', at) - at + 1);
      std::smatch parts;
      if (text == "<!DOCTYPE html>") continue;
      if (text.size() > 2000 && text.rfind("<path", 0) == 0 && text.ends_with("/>")) continue;
      ASSERT_TRUE(std::regex_match(text, parts, tag)) << text;
      ++seen;
      const std::string name = parts[2];
      if (parts[1] == "/") {
        ASSERT_FALSE(open.empty());
        ASSERT_EQ(open.back(), name) << text;
        open.pop_back();
      } else if (parts[4] != "/" && name != "meta" && name != "br") {
        open.push_back(name);
      }
      std::smatch found;
      EXPECT_TRUE(!std::regex_search(text, found, id) || ids.insert(found[1]).second) << text;
      if (std::regex_search(text, found, href)) links.insert(found[1]);
      EXPECT_FALSE(holds(text, " href=\"") && !std::regex_search(text, href)) << text;
      EXPECT_FALSE(holds(text, " src") || holds(text, " on")) << text;
    }
    EXPECT_TRUE(open.empty());
    EXPECT_GT(seen, 20u);
    for (const std::string& link : links) EXPECT_EQ(ids.count(link), 1u) << link;
    const std::string style = html.substr(html.find("<style>"), html.find("</style>") - html.find("<style>"));
    EXPECT_TRUE(holds(style, "@media (prefers-color-scheme:dark)") && holds(style, "@media print"));
    EXPECT_FALSE(holds(style, "@import") || holds(style, "url(h") || holds(style, "url(\"") || holds(style, "//"));
  }
}

TEST(ReportForms, ThePageShowsWhatTheReportHoldsAndSaysWhatItDoesNot) {
  ComparisonReport report = sampleReport();
  report.scenarios[0].events = {{20, 40.0, "crash checkout", true, true}, {30, std::nullopt, "patch of the policies", false, true}};
  report.scenarios[0].settling = {{"latency.mean", 1, std::vector<double>(60, 100), std::vector<double>(60, 110)}};
  std::string html = comparisonHtml(report);
  for (const char* part : {"GATE FAILED", "1 of 7 rules fails", "✗ REGRESSED", "waived until 2999-12-31", "margin +5 %", "limit 99 %", "Latency by percentile", "latency p99 over time",
                           "throughput per second", "at 20 s for 20 s: crash checkout", "(candidate only)", "measured from 5 s", "class=\"beyond\"", "What differs in the scenario", "retries.total",
                           "is new: nothing to compare it with", "is deleted", "All gating rules of the command are one family (Holm)", "divides the variance by 214", "and 30 more"})
    EXPECT_TRUE(holds(html, part)) << part;
  EXPECT_FALSE(holds(html, "Informational"));
  report.informational = true;
  EXPECT_TRUE(holds(comparisonHtml(report), "Informational"));
  ReportScenario& bare = report.scenarios[0];
  bare.series.clear();
  bare.settling.clear();
  bare.latency = {};
  bare.differences_known = false;
  html = comparisonHtml(report);
  for (const char* part : {"results hold no histograms", "results hold no time series", "files were not at hand"}) EXPECT_TRUE(holds(html, part)) << part;
}

TEST(ReportForms, APercentileOfFewAnswersIsNotDrawn) {
  ComparisonReport report = sampleReport();
  report.scenarios[0].latency = {{0.5, 0.99, 0.999}, {10, 20, 30}, {11, 22, 33}};
  const auto nodes = [&] {
    const std::string html = comparisonHtml(report);
    const std::string curve = html.substr(html.find("latency by percentile</title>"), html.find("</figure>", html.find("latency by percentile</title>")) - html.find("latency by percentile</title>"));
    return std::count(curve.begin(), curve.end(), 'L');
  };
  EXPECT_EQ(nodes(), 4);  // two lines of three
  report.scenarios[0].candidate.requests = 10'000;
  EXPECT_EQ(nodes(), 2);
}

TEST(ReportForms, ALongPageIsCutAndSaysSo) {
  ComparisonReport report = sampleReport();
  for (int i = 0; i < 3'000; ++i) report.scenarios[0].rules.push_back(report.scenarios[0].rules[1]);
  for (int i = 0; i < 600; ++i) report.scenarios.push_back(sampleReport("more").scenarios[0]);
  const std::string html = comparisonHtml(report);
  EXPECT_LT(html.size(), 20'000'000u);
  EXPECT_TRUE(holds(html, "No plots here"));
  EXPECT_TRUE(holds(html, " more</p>"));
}

TEST(ReportForms, StandingsAreThoseOfTheTally) {
  const ComparisonReport report = sampleReport();
  const std::vector<RuleState> states = {RuleState::fine, RuleState::failing, RuleState::broken_only, RuleState::no_data, RuleState::undecided, RuleState::waived, RuleState::fine};
  for (std::size_t i = 0; i < states.size(); ++i) EXPECT_EQ(stateOf(report.scenarios[0].rules[i]), states[i]);
  const auto rules = worstFirst(report);
  EXPECT_EQ(rules.front().rule->id, "r2");
  EXPECT_EQ(rules.back().rule->id, "r7");
}

}  // namespace
}  // namespace meshmall::engine
