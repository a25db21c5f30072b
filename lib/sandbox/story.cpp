#include "sandbox/story.h"

namespace ccctl::sandbox {
namespace {

constexpr const char* kServiceNumber = "+81120000000";
constexpr const char* kServiceAddress = "support@acme.example";

std::string media_type(const std::string& file_name) {
  return file_name.ends_with(".pdf")   ? "application/pdf"
         : file_name.ends_with(".png") ? "image/png"
                                       : "text/plain";
}

}  // namespace

Story::Story(Sink& sink, Random& random, std::string channel, Instant started)
    : sink_(sink),
      random_(random),
      channel_(std::move(channel)),
      id_(random.uuid()),
      started_(started),
      now_(started) {}

void Story::advance() {
  now_ += std::chrono::seconds(random_.between(5, 90));
}

std::string Story::participant(const std::string& role, const store::Value& contact,
                               const store::Value& list, const store::Value& dialer,
                               const store::Value& user, const store::Value& address) {
  std::string id = random_.uuid();
  sink_.add("participants", {id, id_, role, contact, list, dialer, user, address, at(now_),
                             at(now_ + std::chrono::hours(1))});
  return id;
}

std::string Story::customer(const std::string& contact_id, const store::Value& address) {
  return participant("customer", contact_id, {}, {}, {}, address);
}

std::string Story::dialed(const std::string& list_id, const std::string& contact_id,
                          const store::Value& address) {
  return participant("customer", {}, list_id, contact_id, {}, address);
}

std::string Story::agent(const std::string& user_id) {
  agent_ = user_id;
  return participant("agent", {}, {}, {}, user_id, {});
}

std::string Story::bot() {
  return participant("bot", {}, {}, {}, {}, {});
}

void Story::message(const std::string& participant, const std::string& body) {
  advance();
  sink_.add("messages", {random_.uuid(), id_, participant, body, at(now_)});
}

void Story::email(const std::string& customer, bool inbound, const std::string& customer_address,
                  const std::string& subject, const std::string& body) {
  now_ += std::chrono::minutes(random_.between(10, 600));
  sink_.add("emails", {random_.uuid(), id_, customer, inbound ? "inbound" : "outbound",
                       inbound ? customer_address : kServiceAddress,
                       inbound ? kServiceAddress : customer_address, subject, body, at(now_)});
}

void Story::call(const store::Value& ani, std::uint64_t seconds, const std::string& audio,
                 const std::string& transcript) {
  const std::string recording = random_.uuid();
  const store::Value key =
      audio.empty() ? store::Value() : sink_.put("recordings", recording, audio);
  sink_.add("recordings", {recording, id_, key, std::to_string(seconds), at(now_)});
  if (!transcript.empty()) {
    sink_.add("transcripts", {random_.uuid(), id_, recording, transcript, at(now_)});
  }
  sink_.add("call_detail_records", {random_.uuid(), id_, agent_, ani, kServiceNumber,
                                    std::to_string(seconds), at(started_)});
  now_ += std::chrono::seconds(seconds);
}

void Story::file(const std::string& role, const std::string& uploader, const std::string& name,
                 const std::string& bytes) {
  const std::string id = random_.uuid();
  const store::Value key = bytes.empty() ? store::Value() : sink_.put("attachments", id, bytes);
  advance();
  sink_.add("attachments", {id, "Conversation", id_, role, uploader, name, media_type(name),
                            std::to_string(bytes.size()), key, at(now_)});
}

void Story::note(const store::Value& participant, const std::string& key,
                 const std::string& value) {
  sink_.add("call_associated_data", {random_.uuid(), id_, participant, key, value, at(now_)});
}

void Story::usage(const std::string& unit, std::uint64_t quantity,
                  const store::Value& billed_contact) {
  sink_.add("usage_records",
            {random_.uuid(), id_, agent_, billed_contact, unit, std::to_string(quantity),
             std::to_string(quantity * 3), "JPY", at(now_)});
}

void Story::finish(const store::Value& topic, const std::string& queue,
                   const std::string& attributes, bool ended) {
  sink_.add("conversations", {id_, channel_, topic, queue, attributes, at(started_),
                              ended ? at(now_ + std::chrono::minutes(1)) : store::Value()});
}

}  // namespace ccctl::sandbox
