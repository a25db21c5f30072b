// Who the synthetic people are: pure functions of (seed, number).
//
// Telephone numbers come from ranges that no subscriber has (US 555-01xx, UK Ofcom drama, German
// BNetzA drama, Japanese 0120 with leading zeros and 090-0000), mail addresses from example
// domains. Strong identifiers are unique per number; contact() adds the sharing that real data has.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace ccctl::sandbox {

enum class Language { ja, en, de };
std::string code(Language language);  // "ja"

struct Person {
  Language language = Language::ja;
  std::string name;
  std::string half_kana;  // Japanese only
  std::string ascii;      // "kenta.sato"
  std::string email;
  std::string phone;                              // E.164
  std::optional<std::string> work_phone, mobile;  // E.164
  std::string address;
  std::optional<std::string> twitter, facebook;
};

// Person number i, different from every other in e-mail address and telephone numbers.
Person person(std::uint64_t seed, std::uint64_t i);

// The same number as people write it: "０３－１２３４－５６７８", "+1 (202) 555-0198", "030
// 23125901". `style` picks one of several ways.
std::string as_written(const std::string& e164, std::uint64_t style);

// An entry of the address book. Of every 60 entries two to four are one person's merge set (one set
// in ten with two e-mail addresses), and numbers 40 and 41 are often a family with one telephone.
struct Contact {
  std::optional<std::uint64_t> canonical;  // the entry that stands for the set; nothing: itself
  Person person;
  bool has_email = true, has_phone = true;
};
Contact contact(std::uint64_t seed, std::uint64_t i, std::uint64_t contacts);

}  // namespace ccctl::sandbox
