// The synthetic people: repeatable, alike to nobody by accident, and findable as the finder
// searches.
#include <gtest/gtest.h>

#include <set>

#include "sandbox/people.h"
#include "sandbox/random.h"
#include "sandbox/words.h"
#include "text/phone.h"
#include "text/unicode.h"

namespace ccctl::sandbox {
namespace {

// Computed apart from the constants of SplitMix64 and FNV-1a: another sequence would make every
// sandbox of the same seed a different one.
TEST(Random, IsTheSameOnEveryMachine) {
  Random random(1, "person", 7);
  EXPECT_EQ(random.next(), 0xd48fd5b2fee688caULL);
  EXPECT_EQ(random.uuid(), "39e6ccbe-3b8f-443c-9c19-f5770f585db6");
  EXPECT_EQ(random.below(1), 0U);
}

TEST(Random, StreamsDoNotMoveEachOther) {
  Random one(1, "person", 7);
  one.next();
  EXPECT_NE(Random(1, "person", 7).next(), Random(1, "person", 8).next());
  EXPECT_NE(Random(1, "person", 7).next(), Random(1, "user", 7).next());
  EXPECT_NE(Random(1, "person", 7).next(), Random(2, "person", 7).next());
  EXPECT_EQ(Random(1, "person", 7).next(), Random(1, "person", 7).next());
}

TEST(Person, HasIdentifiersOfTheirOwn) {
  std::set<std::string> seen;
  for (std::uint64_t i = 0; i < 60000; ++i) {
    const Person who = person(1, i);
    EXPECT_TRUE(seen.insert(who.email).second) << i;
    EXPECT_TRUE(seen.insert(who.phone).second) << i;
    if (who.mobile) {
      EXPECT_TRUE(seen.insert(*who.mobile).second) << i;
    }
  }
}

// The finder compares what people write with the stored number.
TEST(Person, NumbersAreFoundHoweverTheyAreWritten) {
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const Person who = person(1, i);
    EXPECT_EQ(text::e164(who.phone, ""), who.phone);
    if (who.mobile) {
      EXPECT_EQ(text::e164(*who.mobile, ""), *who.mobile);
    }
    if (who.work_phone) {
      EXPECT_EQ(text::e164(*who.work_phone, ""), *who.work_phone);
    }
    for (std::uint64_t style = 0; style < 6; ++style) {
      EXPECT_EQ(text::e164(as_written(who.phone, style), "JP"), who.phone);
    }
  }
}

TEST(Person, TextIsNormalised) {
  for (std::uint64_t i = 0; i < 500; ++i) {
    const Person who = person(1, i);
    EXPECT_EQ(text::nfc(who.name), who.name);
    EXPECT_EQ(text::folded(who.email), who.email);
  }
}

// About 5 % of the entries stand in merge sets of two to four, about 2 % share a family's
// telephone.
TEST(Contact, SharesAsRealDataDoes) {
  constexpr std::uint64_t kContacts = 12000;
  std::uint64_t in_sets = 0;
  std::uint64_t families = 0;
  std::set<Language> languages;
  for (std::uint64_t i = 0; i < kContacts; ++i) {
    const Contact entry = contact(1, i, kContacts);
    if (entry.canonical) {
      const Contact head = contact(1, *entry.canonical, kContacts);
      EXPECT_FALSE(head.canonical) << "a canonical entry is canonical itself";
      EXPECT_EQ(head.person.name, entry.person.name);
      EXPECT_LT(*entry.canonical, i);
      if (i == *entry.canonical + 1) in_sets += 2;
      if (i > *entry.canonical + 1) in_sets += 1;
      languages.insert(entry.person.language);
    } else if (i > 0 && contact(1, i - 1, kContacts).person.phone == entry.person.phone) {
      families += 2;
    }
  }
  EXPECT_NEAR(static_cast<double>(in_sets) / kContacts, 0.05, 0.01);
  EXPECT_NEAR(static_cast<double>(families) / kContacts, 0.02, 0.01);
  EXPECT_EQ(languages.size(), 3U);
}

TEST(Contact, OfASmallSandboxRefersToNobodyOutside) {
  for (std::uint64_t contacts = 0; contacts < 130; ++contacts) {
    for (std::uint64_t i = 0; i < contacts; ++i) {
      const Contact entry = contact(3, i, contacts);
      if (entry.canonical) {
        EXPECT_LT(*entry.canonical, contacts);
      }
    }
  }
}

TEST(Phrases, HideNoMarkUnfilled) {
  const Person who = person(1, 4);
  for (const Language language : {Language::ja, Language::en, Language::de}) {
    const Phrases& phrases = phrases_of(language);
    for (const auto list : {phrases.agent, phrases.own_data, phrases.mentions, phrases.customer}) {
      for (const std::string_view phrase : list) {
        EXPECT_EQ(filled(phrase, who).find('{'), std::string::npos) << phrase;
      }
    }
  }
}

}  // namespace
}  // namespace ccctl::sandbox
