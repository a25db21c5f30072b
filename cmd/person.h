// How a command is told which data subject it is about: exactly one of the eight terms, or an id.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cmd/app.h"
#include "cmd/command.h"
#include "subject/finder.h"

namespace ccctl::cmd {

// --name … --dialer-contact and --subject (G-13, G-18), followed by `more`.
std::vector<Option> with_person_options(std::vector<Option> more);
bool names_person(const Args& args);

struct Person {
  std::optional<subject::SubjectRef> ref;   // given as an id
  std::optional<subject::Identifier> term;  // given as a value
};
// Throws usage unless exactly one is given.
Person person_of(const Args& args, const datamap::Map& map, const subject::Finder& finder);
// All terms given, of any number: what `request verify` looks for after closing.
std::vector<subject::Identifier> terms_of(const Args& args, const subject::Finder& finder);

// The one subject meant: not_found, ambiguous (naming the candidates), or refused for a row of a
// merge set that is not the canonical one. Nothing when only a term was given that no subject
// holds.
std::optional<subject::SubjectRef> resolve(const Person& person, const subject::Finder& finder);

// {"externalContactId": …} and the like: the API's name for the kind, ours where it has none.
Json subject_json(const datamap::Map& map, const subject::SubjectRef& ref);

}  // namespace ccctl::cmd
