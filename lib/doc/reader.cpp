#include "doc/reader.h"

#include "doc/decoder.h"
#include "doc/suggest.h"

namespace ccctl::doc {
namespace {

constexpr std::string_view kApiVersion = "ccctl/v1";

}  // namespace

struct Document::Impl {
  Source source;
  NodePtr root;
};

Document Document::parse(const std::string& yaml, const std::string& file, ErrorKind error) {
  Source source(yaml, file, error);
  NodePtr root = parse_tree(source);
  return Document(std::make_shared<const Impl>(Impl{std::move(source), std::move(root)}));
}

Position Document::at() const {
  return impl_->root->at;
}

std::string Document::kind() const {
  const Node& root = *impl_->root;
  Decoder whole(root, impl_->source, root.at);
  if (root.kind != Node::Kind::map) whole.fail("expected a document with apiVersion and kind", "");
  std::string version, kind;
  Position version_at;
  for (const Entry& entry : root.entries) {
    Decoder value(*entry.value, impl_->source, entry.value->at);
    if (entry.key == "apiVersion") {
      value.text(version, {});
      version_at = entry.value->at;
    } else if (entry.key == "kind") {
      value.text(kind, {});
    }
  }
  if (version.empty()) whole.fail("missing key \"apiVersion\"", "begin with apiVersion: ccctl/v1");
  if (version != kApiVersion) {
    impl_->source.fail(version_at, "unknown apiVersion \"" + version + "\"",
                       "this program reads ccctl/v1");
  }
  if (kind.empty()) whole.fail("missing key \"kind\"", "");
  return kind;
}

void Document::read(std::string_view kind, const std::function<void(Fields&)>& fields) const {
  const std::string found = this->kind();
  if (found != kind) {
    for (const Entry& entry : impl_->root->entries) {
      if (entry.key == "kind") {
        impl_->source.fail(entry.value->at, "wrong kind \"" + found + "\"",
                           "a document of kind " + std::string(kind) + " is wanted here");
      }
    }
  }
  Decoder whole(*impl_->root, impl_->source, impl_->root->at);
  whole.record_besides({"apiVersion", "kind"}, fields);
}

void Document::read_bare(const std::function<void(Value&)>& value) const {
  Decoder whole(*impl_->root, impl_->source, impl_->root->at);
  value(whole);
}

void Reader<Duration>::read(Duration& out, Value& value) {
  std::string text;
  value.text(
      text, {.what = "an ISO 8601 duration such as P30D, P7Y or PT36H",
             .pattern = "^P(?=.)(\\d+Y)?(\\d+M)?(\\d+W)?(\\d+D)?(T(?=.)(\\d+H)?(\\d+M)?(\\d+S)?)?$",
             .accepts = [](std::string_view d) { return parse_duration(d).has_value(); }});
  if (value.decoding()) out = *parse_duration(text);
}

}  // namespace ccctl::doc
