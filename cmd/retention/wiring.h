// What the retention commands share: the tenant's pack with its rules, and at which instant.
#pragma once

#include <functional>
#include <optional>

#include "cmd/app.h"
#include "policy/pack.h"
#include "retention/situation.h"
#include "retention/survey.h"
#include "rule/ruleset.h"

namespace ccctl::cmd {

// Owns what a Ground refers to; as long-lived as the command.
class Retentions {
 public:
  explicit Retentions(App& app, rule::MatchAll match_all = rule::MatchAll::refuse);

  const policy::Pack& pack() const { return pack_; }
  const rule::Ruleset& rules() const { return rules_; }
  const retention::Ground& ground() const { return ground_; }

 private:
  policy::Pack pack_;
  rule::Ruleset rules_;
  retention::Ground ground_;
};

// The instant that --as-of names; without it, the datastore's clock.
std::optional<Instant> as_of_given(const Args& args);
Option as_of_option(const std::string& help);

// The counts as a result: `kind` and what else belongs to the list stand in `envelope`.
void print_survey(App& app, const retention::Survey& survey, Json envelope);
// The notices as messages.
using Say = std::function<void(std::string_view line)>;
Say messages_of(App& app);
void tell_notices(const Say& say, const retention::Survey& survey);

}  // namespace ccctl::cmd
