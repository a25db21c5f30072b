// How a request is made: the person found, the plan shown and confirmed, the request stored and
// carried out. Erasure and rectification differ in the plan only.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cmd/app.h"
#include "cmd/request/wiring.h"
#include "request/preview.h"
#include "subject/finder.h"

namespace ccctl::cmd {

// The subject, or nothing for a term that only match tables hold.
struct Found {
  std::optional<subject::SubjectRef> ref;
  request::Preview preview;
  datamap::Catalog catalog;  // the preview's
};

// What a person's values become; nothing: the person is erased.
using Replacing = std::function<std::vector<plan::Replacement>(
    const subject::Finder& finder, const std::optional<subject::Profile>& profile)>;

// Throws not_found where there is nothing to do.
Found look(App& app, const Args& args, const request::Ground& ground,
           const Replacing& replacing = {});

void print_plan(App& app, const request::Ground& ground, const request::Preview& preview);
// The plan and its confirmation, for --dry-run and `request plan`.
int show_plan(App& app, const Args& args, const Replacing& replacing = {});

Option merge_set_option();  // --confirm-merge-set
Option case_option();       // --case
// --dry-run, --confirm, --confirm-merge-set, --case, --queue; followed by `more`.
std::vector<Option> with_making_options(std::vector<Option> more);

struct Making {
  Replacing replacing{};
  std::string prompt;  // "erase": what the typed id does
  // Refuses what needs more than a confirmation.
  std::function<void(const request::Ground& ground, const request::Preview& preview)> guard{};
};
int make_request(App& app, const Args& args, const Making& making);

}  // namespace ccctl::cmd
