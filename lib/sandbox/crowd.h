// The generated crowd, and the well-known people who stand among it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sandbox/people.h"
#include "sandbox/sink.h"

namespace ccctl::sandbox {

// The newest instant in seeded data, and the oldest of conversations.
Instant newest();
Instant oldest_conversation();

struct Crowd {
  Sink& sink;
  std::uint64_t seed;
  std::uint64_t contacts;

  std::uint64_t users() const { return contacts / 200 + 4; }
  std::uint64_t dialer_contacts() const { return contacts / 5; }
  std::uint64_t conversations() const { return contacts * 2; }
  bool has_left(std::uint64_t user) const { return user % 4 == 3; }

  std::string contact_id(std::uint64_t i) const;
  std::string user_id(std::uint64_t i) const;
  std::string list_id(std::uint64_t contact) const;
  std::string dialer_id(std::uint64_t i) const;
  // Some are in the address book too, some in no other place.
  Person dialer_person(std::uint64_t i) const;
};

// Users, address book, dialer lists, visitors, consents, staff and tickets.
void add_people(const Crowd& crowd);
void add_conversations(const Crowd& crowd);

// The people of seeder.h, row by row; the same with every seed.
void add_well_known(Sink& sink);

}  // namespace ccctl::sandbox
