// What `request export` and `request get` share: the pack's answer, the role's rights, the person.
#pragma once

#include <csignal>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "cmd/person.h"
#include "cmd/request/wiring.h"
#include "request/export.h"

namespace ccctl::cmd {

// Checks the actor's role against the pack (W-03) before anything else is done.
class Exporting {
 public:
  Exporting(
      App& app, const Args& args, request::ExportFormat format,
      std::function<bool()> stopped = [] { return false; });

  const Requests& requests() const { return requests_; }
  request::Export& engine() { return *engine_; }
  // The person meant; both may be nothing only where a term names nobody.
  struct Who {
    std::optional<subject::SubjectRef> ref;
    std::optional<subject::Identifier> term;
    const subject::Identifier* typed() const { return term ? &*term : nullptr; }
  };
  Who who(const Args& args);
  // Runs `work`; a refusal is recorded as an event before it is thrown on.
  int recorded(const std::string& action, const std::function<int()>& work);

 private:
  App& app_;
  Requests requests_;
  request::Answer answer_;
  std::optional<request::Export> engine_;
};

Option language_option();

}  // namespace ccctl::cmd
