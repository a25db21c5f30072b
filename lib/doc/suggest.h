// "Did you mean …": the known name that a misspelt one was probably meant to be.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ccctl::doc {

// The nearest known name by edit distance (a swap of neighbours counts as one edit, case counts as
// none), or nothing when none is near enough to be a likely slip: at most a third of the longer
// name's length, and at least one edit is always allowed for names of three characters or more.
// Equally near ones: the first.
std::optional<std::string> suggest(std::string_view wrong, std::span<const std::string_view> known);

// The hint that goes with an unknown name: a suggestion, else the list of what is known.
std::string suggestion_hint(std::string_view wrong, std::span<const std::string_view> known);

}  // namespace ccctl::doc
