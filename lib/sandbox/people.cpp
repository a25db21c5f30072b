#include "sandbox/people.h"

#include <array>

#include "sandbox/random.h"
#include "sandbox/words.h"

namespace ccctl::sandbox {
namespace {

constexpr std::uint64_t kBlock = 60;   // entries per merge set
constexpr std::uint64_t kFamily = 40;  // its place in the block

std::string padded(std::uint64_t value, std::size_t width) {
  std::string digits = std::to_string(value);
  return digits.size() < width ? std::string(width - digits.size(), '0') + digits : digits;
}

// Of twenty people twelve are Japanese, five English-speaking and three German; the rank counts
// within the language, so that reserved number ranges are used without gaps.
struct Slot {
  Language language;
  std::uint64_t rank;
};

Slot slot_of(std::uint64_t i) {
  const std::uint64_t group = i / 20;
  const std::uint64_t at = i % 20;
  if (at < 12) return {Language::ja, group * 12 + at};
  if (at < 17) return {Language::en, group * 5 + at - 12};
  return {Language::de, group * 3 + at - 17};
}

// The last tenth of each reserved block is for the well-known people; what does not fit in a block
// goes to the unreserved numbers behind it, which only very large sandboxes reach.
std::string german_phone(std::uint64_t rank) {
  constexpr std::array kAreas{"3023125", "6990009", "4066969", "2214710", "8999998"};
  const std::uint64_t n = rank / kAreas.size();
  return "+49" + std::string(kAreas[rank % kAreas.size()]) +
         (n < 900 ? padded(n, 3) : padded(n, 5));
}

std::string american_phone(std::uint64_t rank) {
  constexpr std::array kAreas{"201", "202", "203", "205", "206", "207", "208", "209", "210", "212",
                              "213", "214", "215", "216", "217", "218", "219", "224", "225", "228",
                              "229", "231", "234", "239", "240", "248", "251", "252", "253", "254",
                              "256", "260", "262", "267", "269", "270", "272", "276", "281", "301"};
  const std::uint64_t n = rank / kAreas.size();
  return "+1" + std::string(kAreas[rank % kAreas.size()]) + "555" +
         (n < 90 ? "01" + padded(n, 2) : padded(n + 110, 4));
}

std::string british_phone(std::uint64_t rank) {
  constexpr std::array kAreas{"113496", "114496", "115496", "116496", "117496", "118496",
                              "121496", "131496", "141496", "151496", "161496", "207946"};
  return "+44" + std::string(kAreas[rank % kAreas.size()]) + padded(rank / kAreas.size(), 4);
}

std::string phone_of(const Slot& slot) {
  switch (slot.language) {
    case Language::ja:
      return "+81120" + padded(slot.rank, 6);
    case Language::de:
      return german_phone(slot.rank);
    default:
      break;
  }
  const std::uint64_t five = slot.rank / 5;
  const std::uint64_t at = slot.rank % 5;
  return at < 3 ? american_phone(five * 3 + at) : british_phone(five * 2 + at - 3);
}

std::string mobile_of(const Slot& slot) {
  switch (slot.language) {
    case Language::ja:
      return "+8190" + padded(slot.rank, 8);
    case Language::de:
      return "+49171392" + padded(slot.rank, 5);
    default:
      return "+4477009" + padded(slot.rank < 900 ? slot.rank : slot.rank + 100, 5);
  }
}

std::string domain_of(Language language) {
  return language == Language::ja   ? "example.jp"
         : language == Language::en ? "example.com"
                                    : "example.de";
}

const NameLists& lists_of(Language language) {
  return language == Language::ja ? kJapanese : language == Language::en ? kEnglish : kGerman;
}

// Some Japanese forms have full-width digits; both fold to the same text.
std::string full_width(const std::string& ascii) {
  std::string text;
  for (char c : ascii) {
    if (c >= '0' && c <= '9') {
      text += "\xef\xbc";
      text += static_cast<char>(0x90 + (c - '0'));
    } else if (c == '-') {
      text += "－";
    } else {
      text += c;
    }
  }
  return text;
}

std::string address_of(Language language, Random& random) {
  const NameLists& lists = lists_of(language);
  const std::string street(random.pick(lists.streets));
  const std::string town(random.pick(lists.towns));
  const std::string house = std::to_string(random.between(1, 400));
  switch (language) {
    case Language::ja: {
      const std::string number = std::to_string(random.between(1, 9)) + "-" + house + "-" +
                                 std::to_string(random.between(1, 40));
      return town + street + (random.percent(30) ? full_width(number) : number);
    }
    case Language::de:
      return street + " " + house + ", " + town;
    default:
      return house + " " + street + ", " + town;
  }
}

void set_name(Person& person, Random& random, const Name& family) {
  const NameLists& lists = lists_of(person.language);
  const Name& given = random.pick(lists.given);
  const bool ja = person.language == Language::ja;
  const Name& first = ja ? family : given;
  const Name& last = ja ? given : family;
  person.name = std::string(first.written) + " " + std::string(last.written);
  if (ja) person.half_kana = std::string(first.half_kana) + " " + std::string(last.half_kana);
  person.ascii = std::string(given.ascii) + "." + std::string(family.ascii);
}

}  // namespace

std::string code(Language language) {
  return language == Language::ja ? "ja" : language == Language::en ? "en" : "de";
}

Person person(std::uint64_t seed, std::uint64_t i) {
  Random random(seed, "person", i);
  const Slot slot = slot_of(i);
  Person person;
  person.language = slot.language;
  const NameLists& lists = lists_of(slot.language);
  set_name(person, random, random.pick(lists.family));
  const std::string handle = person.ascii + std::to_string(i);
  person.email = handle + "@" + domain_of(slot.language);
  person.phone = phone_of(slot);
  if (random.percent(30)) person.mobile = mobile_of(slot);
  if (random.percent(10)) person.work_phone = "+81120" + padded(900000 + i % 100000, 6);
  person.address = address_of(slot.language, random);
  if (random.percent(15)) person.twitter = handle;
  if (random.percent(10)) person.facebook = handle;
  return person;
}

std::string as_written(const std::string& e164, std::uint64_t style) {
  std::string national = e164;
  if (e164.starts_with("+81")) {
    national = "0" + e164.substr(3);
    const std::size_t head = national.starts_with("03") ? 2 : national.starts_with("0120") ? 4 : 3;
    const std::size_t middle = national.size() - head - (head == 4 ? 3 : 4);
    national = national.substr(0, head) + "-" + national.substr(head, middle) + "-" +
               national.substr(head + middle);
    return style % 3 == 0 ? full_width(national) : style % 3 == 1 ? national : e164;
  }
  if (e164.starts_with("+1") && e164.size() == 12) {
    return "+1 (" + e164.substr(2, 3) + ") " + e164.substr(5, 3) + "-" + e164.substr(8);
  }
  return style % 2 == 0 ? e164.substr(0, 3) + " " + e164.substr(3) : e164;
}

Contact contact(std::uint64_t seed, std::uint64_t i, std::uint64_t contacts) {
  const std::uint64_t block = i / kBlock * kBlock;
  constexpr std::array<std::uint64_t, 3> kOffsets{0, 13, 17};  // a set in each language
  const std::uint64_t first = block + kOffsets[i / kBlock % kOffsets.size()];
  const std::uint64_t at = i < first ? 0 : i - first;
  Random random(seed, "block", block);
  const std::uint64_t members = random.between(2, 4);
  const bool conflicting = random.percent(10);
  const bool family = random.percent(60);
  Contact entry{{}, person(seed, i), true, true};
  if (at > 0 && at < members && first + members <= contacts) {
    const Person own = entry.person;
    entry.canonical = first;
    entry.person = person(seed, first);
    entry.person.mobile.reset();
    entry.person.twitter.reset();
    if (at == 1) entry.has_email = conflicting;
    if (at == 1 && conflicting) entry.person.email = own.email;
    if (at == 2) entry.has_phone = false;
    if (at == 3) entry.has_email = entry.has_phone = false;
    if (at == 3) entry.person.twitter = own.ascii + std::to_string(i);
  }
  if (family && i == block + kFamily + 1) {
    const Person head = person(seed, i - 1);
    entry.person.phone = head.phone;
    entry.person.address = head.address;
  }
  return entry;
}

}  // namespace ccctl::sandbox
