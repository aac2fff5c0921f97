#include "models/importers/call_list.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "models/importers/yaml_text.h"

namespace meshmall::models {

namespace {

constexpr std::size_t kMostCalls = 200'000;

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// "cart/GET /items?" -> name, operation, optional.
CallEnd readEnd(std::string text, bool& optional) {
  text = trimmed(text);
  optional = !text.empty() && text.back() == '?';
  if (optional) text = trimmed(text.substr(0, text.size() - 1));
  CallEnd out;
  const std::size_t slash = text.find('/');
  out.name = trimmed(text.substr(0, slash));
  if (slash != std::string::npos) out.operation = trimmed(text.substr(slash + 1));
  return out;
}

// ---- DOT -------------------------------------------------------------------------------------------------------------------------------

struct DotToken {
  enum class Kind { name, arrow, open, close, open_list, close_list, equals, separator } kind;
  std::string text;
  YamlPlace at;
};

class DotReader {
 public:
  DotReader(const std::string& text, std::uint32_t file, ImportContext& context) : text_(text), at_{file, 1, 1}, context_(context) {}

  std::vector<NamedCall> read() {
    if (!scan()) return {};
    bool graph = false;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      const DotToken& token = tokens_[i];
      if (token.kind == DotToken::Kind::open_list) {
        i = readAttributes(i, "");
      } else if (token.kind == DotToken::Kind::name && (token.text == "digraph" || token.text == "subgraph" || token.text == "strict")) {
        graph = true;
        while (i + 1 < tokens_.size() && tokens_[i + 1].kind == DotToken::Kind::name && token.text != "strict") ++i;
      } else if (token.kind == DotToken::Kind::name && token.text == "graph" && i + 1 < tokens_.size() && tokens_[i + 1].kind != DotToken::Kind::open_list && !graph) {
        context_.error(token.at, "is no directed graph: calls need a digraph");
        return {};
      } else if (token.kind == DotToken::Kind::name) {
        i = readStatement(i);
      }
    }
    if (!graph) context_.error({at_.file, 1, 1}, "is neither a DOT digraph nor Kiali's JSON");
    for (NamedCall& call : calls_)
      for (CallEnd* end : {&call.from, &call.to})
        if (const auto label = labels_.find(end->name); label != labels_.end()) end->name = label->second;
    for (NamedCall& call : calls_) call.from_entrance = call.from.name.rfind("traffic: ", 0) == 0;  // as `meshmall export dot` writes customers
    return std::move(calls_);
  }

 private:
  char next() const { return i_ < text_.size() ? text_[i_] : '\0'; }
  void advance() {
    if (text_[i_] == '\n') at_ = {at_.file, at_.line + 1, 1};
    else ++at_.column;
    ++i_;
  }
  bool starts(std::string_view what) const { return std::string_view(text_).substr(i_, what.size()) == what; }

  bool scan() {
    while (i_ < text_.size()) {
      const char c = next();
      const YamlPlace here = at_;
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        advance();
      } else if (starts("//") || (c == '#' && here.column == 1)) {
        while (i_ < text_.size() && next() != '\n') advance();
      } else if (starts("/*")) {
        while (i_ < text_.size() && !starts("*/")) advance();
        for (int k = 0; k < 2 && i_ < text_.size(); ++k) advance();
      } else if (starts("->") || starts("--")) {
        tokens_.push_back({DotToken::Kind::arrow, "", here});
        advance(), advance();
      } else if (c == '"') {
        if (!scanQuoted(here)) return false;
      } else if (const std::size_t mark = std::string_view("{}[]=;,:").find(c); mark != std::string_view::npos) {
        static constexpr DotToken::Kind kinds[] = {DotToken::Kind::open,   DotToken::Kind::close,     DotToken::Kind::open_list, DotToken::Kind::close_list,
                                                   DotToken::Kind::equals, DotToken::Kind::separator, DotToken::Kind::separator, DotToken::Kind::separator};
        tokens_.push_back({kinds[mark], std::string(1, c), here});
        advance();
      } else {
        std::string name;
        while (i_ < text_.size() && std::string_view(" \t\r\n{}[]=;,:\"").find(next()) == std::string_view::npos && !starts("->") && !starts("--")) {
          name += next();
          advance();
        }
        tokens_.push_back({DotToken::Kind::name, name, here});
      }
      if (tokens_.size() > 8 * kMostCalls) {
        context_.error(here, "more than 200,000 calls");
        return false;
      }
    }
    return true;
  }

  bool scanQuoted(const YamlPlace& here) {
    std::string name;
    for (advance(); i_ < text_.size() && next() != '"'; advance()) {
      if (next() == '\\' && i_ + 1 < text_.size()) advance();
      name += next();
    }
    if (i_ >= text_.size()) {
      context_.error(here, "the text that begins here has no end");
      return false;
    }
    advance();
    tokens_.push_back({DotToken::Kind::name, name, here});
    return true;
  }

  // From "[" to "]": the label of node `of` (empty: nobody's). Gives the position of "]".
  std::size_t readAttributes(std::size_t i, const std::string& of) {
    for (++i; i < tokens_.size() && tokens_[i].kind != DotToken::Kind::close_list; ++i) {
      const bool label = tokens_[i].text == "label" && i + 2 < tokens_.size() && tokens_[i + 1].kind == DotToken::Kind::equals;
      if (label && !of.empty() && tokens_[i + 2].kind == DotToken::Kind::name) labels_[of] = tokens_[i + 2].text;
    }
    return i;
  }

  // "a -> b -> c [label=x]", "a [label=x]", "rankdir = LR". Gives the position of its last token.
  std::size_t readStatement(std::size_t i) {
    std::vector<DotToken> chain = {tokens_[i]};
    while (i + 2 < tokens_.size() && tokens_[i + 1].kind == DotToken::Kind::arrow && tokens_[i + 2].kind == DotToken::Kind::name) {
      chain.push_back(tokens_[i + 2]);
      i += 2;
    }
    if (i + 1 < tokens_.size() && tokens_[i + 1].kind == DotToken::Kind::arrow) {
      context_.notModelled(tokens_[i + 1].at, "an arrow that leads to no name (groups in braces are not read)");
      return i + 1;
    }
    if (chain.size() == 1 && i + 2 < tokens_.size() && tokens_[i + 1].kind == DotToken::Kind::equals) return i + 2;
    for (std::size_t k = 0; k + 1 < chain.size(); ++k) {
      NamedCall call;
      bool ignored = false;
      call.from = readEnd(chain[k].text, ignored);
      call.to = readEnd(chain[k + 1].text, call.optional);
      call.at = chain[k + 1].at;
      calls_.push_back(std::move(call));
    }
    if (i + 1 < tokens_.size() && tokens_[i + 1].kind == DotToken::Kind::open_list) return readAttributes(i + 1, chain.size() == 1 ? chain[0].text : "");
    return i;
  }

  const std::string& text_;
  YamlPlace at_;
  ImportContext& context_;
  std::size_t i_ = 0;
  std::vector<DotToken> tokens_;
  std::map<std::string, std::string> labels_;
  std::vector<NamedCall> calls_;
};

// ---- Kiali -----------------------------------------------------------------------------------------------------------------------------

struct KialiNode {
  std::string type, service, workload, app, name_space, version;
  double rate_in = 0;
};

double rateOf(const YamlValue& data) {
  double sum = 0;
  const auto add = [&sum](const std::string& text) {
    double value = 0;
    const auto [stop, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem == std::errc() && stop == text.data() + text.size() && value >= 0 && value < 1e12) sum += value;
  };
  if (const YamlValue* rates = data.find({"traffic", "rates"}))
    for (const char* key : {"http", "grpc"}) add(rates->textOf(key));
  return sum;
}

class KialiReader {
 public:
  explicit KialiReader(ImportContext& context) : context_(context) {}

  std::vector<NamedCall> read(const YamlValue& root) {
    const YamlValue* elements = root.find("elements");
    const YamlValue* nodes = elements == nullptr ? nullptr : elements->find("nodes");
    const YamlValue* edges = elements == nullptr ? nullptr : elements->find("edges");
    if (nodes == nullptr || edges == nullptr || !nodes->isList() || !edges->isList()) {
      context_.error(root.at, "is no graph of Kiali: elements.nodes and elements.edges are not there");
      return {};
    }
    for (const YamlValue& each : nodes->items)
      if (const YamlValue* data = each.find("data")) nodes_[data->textOf("id")] = nodeOf(*data);
    for (const YamlValue& each : edges->items)
      if (const YamlValue* data = each.find("data"))
        if (const auto to = nodes_.find(data->textOf("target")); to != nodes_.end()) to->second.rate_in += rateOf(*data);
    for (const YamlValue& each : edges->items)
      if (const YamlValue* data = each.find("data")) addEdge(*data);
    return std::move(calls_);
  }

 private:
  static KialiNode nodeOf(const YamlValue& data) {
    return {data.textOf("nodeType"), data.textOf("service"), data.textOf("workload"), data.textOf("app"), data.textOf("namespace"), data.textOf("version"), 0};
  }

  void addEdge(const YamlValue& data) {
    const auto from = nodes_.find(data.textOf("source")), to = nodes_.find(data.textOf("target"));
    if (from == nodes_.end() || to == nodes_.end()) return context_.notModelled(data.at, "an edge between nodes that are not in the graph");
    const KialiNode &a = from->second, &b = to->second;
    if (a.type == "service") return;  // a service's way to its own workloads
    const std::string caller = !a.workload.empty() ? a.workload : a.app;
    std::string callee = !b.service.empty() ? b.service : !b.app.empty() ? b.app : b.workload;
    if (callee.empty()) return context_.notModelled(data.at, "an edge to a node without service, app or workload");
    NamedCall call;
    call.from = {caller, a.name_space == "unknown" ? "" : a.name_space, ""};
    call.to = {callee, b.name_space, ""};
    call.from_entrance = caller.empty() || caller == "unknown" || caller.find("ingressgateway") != std::string::npos || caller.find("gateway-istio") != std::string::npos;
    if (a.rate_in > 0 && rateOf(data) > 0) call.times = rateOf(data) / a.rate_in;
    call.at = data.at;
    if (calls_.size() < kMostCalls) calls_.push_back(std::move(call));
  }

  ImportContext& context_;
  std::map<std::string, KialiNode> nodes_;
  std::vector<NamedCall> calls_;
};

}  // namespace

std::vector<NamedCall> callsOfText(const std::string& text, const YamlPlace& at, ImportContext& context) {
  std::vector<NamedCall> out;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find_first_of(",;\n", begin), text.size());
    const std::string chain = text.substr(begin, end - begin);
    begin = end + 1;
    if (trimmed(chain).empty()) continue;
    CallEnd from;
    std::size_t part = 0;
    for (int i = 0;; ++i) {
      const std::size_t arrow = chain.find("->", part);
      NamedCall call;
      call.to = readEnd(chain.substr(part, arrow == std::string::npos ? std::string::npos : arrow - part), call.optional);
      call.at = at;
      if (call.to.name.empty() || (i == 0 && arrow == std::string::npos)) {
        context.error(at, inQuotes(trimmed(chain)) + " is no call", "write \"caller -> callee\", several with commas between them");
        break;
      }
      call.from = from;
      from = call.to;
      if (i > 0 && out.size() < kMostCalls) out.push_back(std::move(call));
      if (arrow == std::string::npos) break;
      part = arrow + 2;
    }
  }
  return out;
}

std::vector<NamedCall> callsOfFile(const std::string& text, std::uint32_t file, const std::string& name, ImportContext& context) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos || text[first] != '{') return DotReader(text, file, context).read();
  const auto documents = parseYaml(text, file, name, context.problems);
  if (documents.empty()) return {};
  return KialiReader(context).read(documents.front());
}

}  // namespace meshmall::models
