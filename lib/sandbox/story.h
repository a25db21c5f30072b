// One conversation, told event by event: each call adds the rows that the event leaves behind.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"
#include "sandbox/random.h"
#include "sandbox/sink.h"

namespace ccctl::sandbox {

// Identifiers are drawn from the story's own random stream, so that they repeat with the seed.
class Story {
 public:
  Story(Sink& sink, Random& random, std::string channel, Instant started);

  // Each returns the participant's id; `address` is the E.164 number it was reached at, or nothing.
  std::string customer(const std::string& contact_id, const store::Value& address);
  std::string dialed(const std::string& list_id, const std::string& contact_id,
                     const store::Value& address);
  std::string agent(const std::string& user_id);
  std::string bot();

  void message(const std::string& participant, const std::string& body);
  void email(const std::string& customer, bool inbound, const std::string& customer_address,
             const std::string& subject, const std::string& body);
  // A call's recording (with an object when `audio` is not empty), transcript, and detail record.
  void call(const store::Value& ani, std::uint64_t seconds, const std::string& audio,
            const std::string& transcript);
  // role: customer or agent; uploader: the contact's or user's id. Empty bytes: no object.
  void file(const std::string& role, const std::string& uploader, const std::string& name,
            const std::string& bytes);
  void note(const store::Value& participant, const std::string& key, const std::string& value);
  void usage(const std::string& unit, std::uint64_t quantity, const store::Value& billed_contact);

  // The conversation's own row; last. Without `ended` it is still open.
  void finish(const store::Value& topic, const std::string& queue, const std::string& attributes,
              bool ended = true);

  const std::string& id() const { return id_; }
  Instant now() const { return now_; }

 private:
  std::string participant(const std::string& role, const store::Value& contact,
                          const store::Value& list, const store::Value& dialer,
                          const store::Value& user, const store::Value& address);
  void advance();

  Sink& sink_;
  Random& random_;
  std::string channel_, id_;
  std::optional<std::string> agent_;
  Instant started_, now_;
};

}  // namespace ccctl::sandbox
