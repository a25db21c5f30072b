// Correcting what is wrong (GDPR Art. 16): replacement terms, and what in a scope they concern.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plan/compiler.h"
#include "request/preview.h"
#include "request/request.h"
#include "subject/finder.h"

namespace ccctl::request {

// Reads KIND=NEW or KIND:OLD=NEW (`social.twitter:old=new`). Without OLD the person's one value of
// the kind is meant. Throws usage for what is no replacement, for a kind that the person has no or
// several values of, and for a value that would not change.
plan::Replacement replacement(const subject::Finder& finder, const subject::Profile& profile,
                              std::string_view text);

// Throws usage where the outcome would hang on the order: one term's new value is another's old
// one, or two replace the same value.
void require_apart(const std::vector<plan::Replacement>& terms);

// What stands in the scope of the values to be replaced.
std::vector<plan::Standing> standing(store::Tx& tx, const subject::Finder& finder,
                                     const datamap::Map& map, const plan::Compiler& compiler,
                                     const plan::Scope& scope, const plan::Drivers& drivers,
                                     const std::vector<plan::Replacement>& replacements);

// Of the stored request, while its terms stand.
std::vector<plan::Replacement> load_replacements(store::Tx& tx, const Request& request,
                                                 const std::string& region);

// As the request row keeps them: kinds, and pseudonyms of the values under the key of `ref`.
Json replacement_marks(store::Tx& tx, const std::string& tenant, const subject::SubjectRef& ref,
                       const std::vector<plan::Replacement>& replacements);

}  // namespace ccctl::request
