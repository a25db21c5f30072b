// What `request export` and `request get` share: the pack's answer, the role's rights (W-03), the
// person.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>

#include "cmd/person.h"
#include "cmd/request/wiring.h"
#include "request/export.h"

namespace ccctl::cmd {

class Exporting {
 public:
  Exporting(
      App& app, const std::string& language, request::ExportFormat format,
      std::function<bool()> stopped = [] { return false; });

  const Requests& requests() const { return requests_; }
  request::Export& engine() { return *engine_; }
  // The person meant; `ref` is nothing where only match tables hold the term.
  struct Who {
    std::optional<subject::SubjectRef> ref;
    std::optional<subject::Identifier> term;
    const subject::Identifier* typed() const { return term ? &*term : nullptr; }
  };
  Who who(const Args& args);

 private:
  App& app_;
  Requests requests_;
  request::Answer answer_;
  std::optional<request::Export> engine_;
};

Option language_option();

}  // namespace ccctl::cmd
