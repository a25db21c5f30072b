#include <nlohmann/json.hpp>

#include "base/json.h"
#include "sandbox/crowd.h"
#include "sandbox/story.h"
#include "sandbox/words.h"

namespace ccctl::sandbox {
namespace {

struct ChannelShare {
  const char* channel;
  std::uint64_t percent;
};
constexpr ChannelShare kChannels[] = {{"voice", 35},
                                      {"email", 15},
                                      {"chat", 15},
                                      {"web_messaging", 15},
                                      {"sms", 5},
                                      {"whatsapp", 7},
                                      {"facebook_messenger", 3},
                                      {"twitter_dm", 3},
                                      {"open_messaging", 2}};
constexpr const char* kQueues[] = {"sales", "support", "billing"};

std::string channel_of(Random& random) {
  std::uint64_t draw = random.below(100);
  for (const ChannelShare& share : kChannels) {
    if (draw < share.percent) return share.channel;
    draw -= share.percent;
  }
  return "chat";
}

// A customer in a conversation: an entry of the address book, or a dialer contact.
struct Customer {
  std::string participant;
  std::string contact_id;  // empty: a dialer contact
  Person person;
};

class Conversation {
 public:
  Conversation(const Crowd& crowd, std::uint64_t number)
      : crowd_(crowd),
        random_(crowd.seed, "conversation", number),
        channel_(channel_of(random_)),
        story_(crowd.sink, random_, channel_, start()) {}

  void tell() {
    gather();
    if (channel_ == "voice") {
      call();
    } else if (channel_ == "email") {
      emails();
    } else {
      messages();
    }
    for (const Customer& customer : customers_) files(customer);
    notes();
    const bool billed = !first().contact_id.empty() && random_.percent(10);
    story_.usage(channel_ == "voice" ? "seconds" : "messages", random_.between(1, 900),
                 billed ? store::Value(first().contact_id) : store::Value());
    story_.finish(topic(), random_.pick(std::span<const char* const>(kQueues)), attributes());
  }

 private:
  const Customer& first() const { return customers_.front(); }
  const Phrases& phrases() const { return phrases_of(first().person.language); }

  Instant start() {
    const auto span =
        std::chrono::duration_cast<std::chrono::seconds>(newest() - oldest_conversation());
    // Not to the last day: a conversation of e-mails takes some days.
    const auto offset =
        random_.below(static_cast<std::uint64_t>(span.count()) - std::uint64_t{7} * 86400);
    return oldest_conversation() + std::chrono::seconds(offset);
  }

  bool reached_by_number() const {
    return channel_ == "voice" || channel_ == "sms" || channel_ == "whatsapp";
  }

  void add_customer() {
    if (channel_ == "voice" && customers_.empty() && crowd_.dialer_contacts() > 0 &&
        random_.percent(8)) {
      const std::uint64_t i = random_.below(crowd_.dialer_contacts());
      const Person who = crowd_.dialer_person(i);
      customers_.push_back(
          {story_.dialed(crowd_.list_id(i), crowd_.dialer_id(i), who.phone), "", who});
      return;
    }
    const std::uint64_t i = random_.below(crowd_.contacts);
    const std::string id = crowd_.contact_id(i);
    for (const Customer& known : customers_) {
      if (known.contact_id == id) return;
    }
    const Contact entry = contact(crowd_.seed, i, crowd_.contacts);
    const store::Value address =
        reached_by_number() ? store::Value(entry.person.phone) : store::Value();
    customers_.push_back({story_.customer(id, address), id, entry.person});
  }

  void gather() {
    add_customer();
    if (random_.percent(3)) add_customer();
    if (random_.percent(90))
      agent_ = story_.agent(agent_id_ = crowd_.user_id(random_.below(crowd_.users())));
    if (agent_.empty() || random_.percent(15)) bot_ = story_.bot();
  }

  std::string words_of(const Customer& customer) {
    const Phrases& list = phrases_of(customer.person.language);
    std::string text(random_.pick(list.customer));
    if (random_.percent(10)) text += " " + filled(random_.pick(list.own_data), customer.person);
    if (random_.percent(2)) {
      const Contact other = contact(crowd_.seed, random_.below(crowd_.contacts), crowd_.contacts);
      text += " " + filled(random_.pick(list.mentions), other.person);
    }
    return text;
  }

  std::string answer() { return filled(random_.pick(phrases().agent), first().person); }

  void messages() {
    const std::uint64_t rounds = random_.between(3, 5);
    for (std::uint64_t i = 0; i < rounds; ++i) {
      const Customer& speaker = customers_[i % customers_.size()];
      story_.message(speaker.participant, words_of(speaker));
      story_.message(agent_.empty() ? bot_ : agent_, answer());
    }
  }

  void emails() {
    const std::string subject(random_.pick(phrases().topics));
    for (const Customer& customer : customers_) {
      story_.email(customer.participant, true, customer.person.email, subject, words_of(customer));
      story_.email(customer.participant, false, customer.person.email, "Re: " + subject, answer());
      if (random_.percent(50)) {
        story_.email(customer.participant, true, customer.person.email, "Re: " + subject,
                     words_of(customer));
      }
    }
  }

  void call() {
    const std::string audio = random_.percent(2) ? "RIFF synthetic audio of " + story_.id() : "";
    const std::string transcript =
        random_.percent(70) ? words_of(first()) + "\n" + answer() + "\n" + words_of(first()) : "";
    story_.call(first().person.phone, random_.between(20, 1800), audio, transcript);
  }

  void files(const Customer& customer) {
    if (customer.contact_id.empty() || !random_.percent(6)) return;
    const std::string name =
        customer.person.ascii + "-" + std::to_string(random_.below(1000)) + ".png";
    const std::string bytes =
        random_.percent(20) ? "synthetic picture sent by " + customer.person.email : "";
    story_.file("customer", customer.contact_id, name, bytes);
    if (!agent_.empty() && random_.percent(30)) {
      story_.file("agent", agent_id_, "terms.pdf",
                  bytes.empty() ? "" : "synthetic terms and conditions");
    }
  }

  void notes() {
    if (random_.percent(60)) {
      story_.note({}, "disposition",
                  random_.percent(80) ? "solved" : "call back " + first().person.name);
    }
    if (random_.percent(40)) {
      story_.note(first().participant, "caller",
                  random_.percent(50) ? as_written(first().person.phone, random_.below(3))
                                      : first().person.name);
    }
  }

  store::Value topic() {
    std::string text(random_.pick(phrases().topics));
    if (random_.percent(5)) text += " (" + first().person.name + ")";
    return text;
  }

  std::string attributes() {
    Json attributes{{"priority", random_.below(5)}};
    if (random_.percent(5)) attributes["callback"] = first().person.phone;
    if (random_.percent(3)) {
      const Person& who = first().person;
      attributes["note"] =
          (who.half_kana.empty() ? who.name : who.half_kana) + " " + as_written(who.phone, 0);
    }
    return attributes.dump();
  }

  const Crowd& crowd_;
  Random random_;
  std::string channel_;
  Story story_;
  std::vector<Customer> customers_;
  std::string agent_, agent_id_, bot_;
};

// Calls and use of which nothing else is left: conversations of earlier years, deleted since. They
// go back ten years, so that some are past the seven that bookkeeping wants.
void add_old_records(const Crowd& crowd) {
  for (std::uint64_t i = 0; i < crowd.contacts / 2; ++i) {
    Random random(crowd.seed, "old", i);
    const Instant when = newest() - std::chrono::hours(24 * random.between(800, 3600));
    const std::uint64_t number = random.below(crowd.contacts);
    const store::Value user = random.percent(50)
                                  ? store::Value(crowd.user_id(random.below(crowd.users())))
                                  : store::Value();
    const store::Value billed =
        random.percent(20) ? store::Value(crowd.contact_id(number)) : store::Value();
    crowd.sink.add("usage_records", {random.uuid(),
                                     {},
                                     user,
                                     billed,
                                     "seconds",
                                     std::to_string(random.between(20, 1800)),
                                     "90",
                                     "JPY",
                                     at(when)});
    if (random.percent(20)) {
      const Person who = random.percent(50) ? contact(crowd.seed, number, crowd.contacts).person
                                            : person(crowd.seed, 5 * crowd.contacts + 200 + i);
      crowd.sink.add("call_detail_records", {random.uuid(),
                                             {},
                                             user,
                                             who.phone,
                                             "+81120000000",
                                             std::to_string(random.between(20, 1800)),
                                             at(when)});
    }
    crowd.sink.flush_when_large();
  }
}

}  // namespace

void add_conversations(const Crowd& crowd) {
  if (crowd.contacts == 0) return;
  for (std::uint64_t i = 0; i < crowd.conversations(); ++i) {
    Conversation(crowd, i).tell();
    crowd.sink.flush_when_large();
  }
  add_old_records(crowd);
}

}  // namespace ccctl::sandbox
