// What synthetic people are composed from, and what they say, in three languages.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "sandbox/people.h"

namespace ccctl::sandbox {

struct Name {
  std::string_view written;    // as a form has it
  std::string_view half_kana;  // Japanese in half-width kana, as old systems print it
  std::string_view ascii;      // for e-mail addresses
};

struct NameLists {
  std::span<const Name> family, given;
  std::span<const std::string_view> streets, towns;
};

extern const NameLists kJapanese, kEnglish, kGerman;

// {name}, {phone}, {email} stand for a person: the author's own, or in `mentions` somebody else's.
struct Phrases {
  std::span<const std::string_view> topics, customer, agent, own_data, mentions;
};

const Phrases& phrases_of(Language language);

// The phrase with the person's data filled in; the number as a person would write it.
std::string filled(std::string_view phrase, const Person& person);

}  // namespace ccctl::sandbox
