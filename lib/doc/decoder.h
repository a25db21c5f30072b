// Reads a tree through describe functions: the decoding half of reader.h.
#pragma once

#include "doc/reader.h"
#include "doc/tree.h"

namespace ccctl::doc {

class Decoder final : public Value {
 public:
  Decoder(const Node& node, const Source& source, const Position& at)
      : node_(node), source_(source), at_(at) {}

  bool decoding() const override { return true; }
  Position at() const override { return at_; }
  void text(std::string& out, const TextRule& rule) override;
  void scalar(std::string& out) override;
  void boolean(bool& out) override;
  void integer(std::int64_t& out, std::int64_t least, std::int64_t most) override;
  void null() override;
  std::size_t choice(const std::vector<std::string_view>& names) override;
  void record(const std::function<void(Fields&)>& fields) override;
  void list(const std::function<void(Value&)>& element, std::size_t least) override;
  void entries(const std::function<void(const std::string&, const Position&, Value&)>& entry,
               const TextRule& key) override;
  void one_of(const std::vector<Form>& forms) override;
  void named(std::string_view, const std::function<void(Value&)>& read) override { read(*this); }
  [[noreturn]] void fail(const std::string& message, const std::string& hint) const override;

  // As record(), with keys that belong to the document and not to the record.
  void record_besides(const std::vector<std::string_view>& others,
                      const std::function<void(Fields&)>& fields);

 private:
  [[noreturn]] void expected(std::string_view what) const;
  void require_text(const TextRule& rule) const;
  const Form* form_for(const std::vector<Form>& forms) const;

  const Node& node_;
  const Source& source_;
  Position at_;
};

}  // namespace ccctl::doc
