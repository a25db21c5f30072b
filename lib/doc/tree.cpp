#include "doc/tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <set>
#include <sstream>

namespace ccctl::doc {
namespace {

constexpr std::size_t kMostAliasedNodes = 10'000;

// Builds the tree from the parser's events, so that bounds hold before memory is spent.
class Builder : public YAML::EventHandler {
 public:
  explicit Builder(const Source& source) : source_(source) {}
  NodePtr take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0) {
      source_.fail(place(mark), "a second document in one file", "keep one document per file");
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    auto node = std::make_shared<Node>();
    node->plain = Plain::null;
    // An absent value has the mark of whatever follows it; the key is the better place.
    const std::string_view there = source_.from(mark.line, mark.column);
    const bool written = there.starts_with('~') || there.starts_with('n') || there.starts_with('N');
    node->at = awaiting_value() && !written ? open_.back().key.at : place(mark);
    finish(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end())
      source_.fail(place(mark), "an alias inside the value it stands for");
    aliased_ += found->second->weight;
    if (aliased_ > kMostAliasedNodes) {
      source_.fail(place(mark), "aliases add up to more than 10,000 values",
                   "write the values out");
    }
    if (expects_key()) source_.fail(place(mark), "an alias as a key", "write the key out");
    add(found->second);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_tag(mark, tag);
    auto node = std::make_shared<Node>();
    node->text = value;
    node->plain = tag == "?" ? classify(value) : Plain::text;
    node->at = place(mark);
    if (expects_key()) {
      set_key(*node);
    } else {
      finish(std::move(node), anchor);
    }
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    start(mark, tag, anchor, Node::Kind::list);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    start(mark, tag, anchor, Node::Kind::map);
  }
  void OnSequenceEnd() override { end(); }
  void OnMapEnd() override { end(); }

 private:
  struct Open {
    std::shared_ptr<Node> node;
    YAML::anchor_t anchor = 0;
    Entry key;  // maps: the key whose value comes next
    bool has_key = false;
    std::map<std::string, Position> seen{};
  };

  Position place(const YAML::Mark& mark) const { return source_.position(mark.line, mark.column); }
  bool expects_key() const {
    return !open_.empty() && open_.back().node->kind == Node::Kind::map && !open_.back().has_key;
  }
  bool awaiting_value() const { return !open_.empty() && open_.back().has_key; }

  void refuse_tag(const YAML::Mark& mark, const std::string& tag) const {
    if (!tag.empty() && tag != "?" && tag != "!") {
      source_.fail(place(mark), "a tag, which no document here uses", "remove it");
    }
  }

  void set_key(const Node& node) {
    Open& map = open_.back();
    const auto [first, fresh] = map.seen.emplace(node.text, node.at);
    if (!fresh) {
      source_.fail(node.at, "duplicate key \"" + node.text + "\"",
                   "the first stands at line " + std::to_string(first->second.line));
    }
    map.key = Entry{node.text, node.plain, node.at, nullptr};
    map.has_key = true;
  }

  void start(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
             Node::Kind kind) {
    refuse_tag(mark, tag);
    if (expects_key()) source_.fail(place(mark), "a key that is not a text");
    if (open_.size() >= static_cast<std::size_t>(kDeepest)) {
      source_.fail(place(mark), "nested deeper than " + std::to_string(kDeepest) + " levels");
    }
    Open open;
    open.node = std::make_shared<Node>();
    open.node->kind = kind;
    open.node->at = place(mark);
    open.anchor = anchor;
    open_.push_back(std::move(open));
  }

  void end() {
    Open done = std::move(open_.back());
    open_.pop_back();
    finish(std::move(done.node), done.anchor);
  }

  void finish(std::shared_ptr<Node> node, YAML::anchor_t anchor) {
    if (expects_key()) source_.fail(node->at, "a key that is not a text");
    if (anchor != 0) anchors_[anchor] = node;
    add(std::move(node));
  }

  void add(NodePtr node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    parent.node->weight += node->weight;
    if (parent.node->kind == Node::Kind::list) {
      parent.node->items.push_back(std::move(node));
    } else {
      parent.key.value = std::move(node);
      parent.node->entries.push_back(std::move(parent.key));
      parent.has_key = false;
    }
  }

  const Source& source_;
  NodePtr root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, NodePtr> anchors_;
  std::size_t aliased_ = 0;
  int documents_ = 0;
};

}  // namespace

NodePtr parse_tree(const Source& source) {
  std::istringstream stream(source.text());
  Builder builder(source);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& failure) {
    // The parser's own words name tokens, never values.
    source.fail(source.position(failure.mark.line, failure.mark.column),
                "not YAML: " + failure.msg);
  }
  NodePtr root = builder.take();
  if (!root) source.fail({source.file(), 0, 0}, "the document is empty");
  return root;
}

}  // namespace ccctl::doc
