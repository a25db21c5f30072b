// What an event looks like as a leaf: outsiders hash these bytes.
#include "audit/event.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/time.h"

namespace ccctl::audit {
namespace {

Event erasure() {
  Event event;
  event.tenant = "acme";
  event.action = "request.delete.completed";
  event.actor = "officer";
  event.request_id = "3f2b8c4e-1111-4222-8333-944445555666";
  event.body = {{"outcome", "complete"}, {"kept", Json::array()}};
  return event;
}

Instant noon() {
  return *parse_instant("2026-11-21T12:00:00.5Z");
}

TEST(AuditEvent, IsOneCanonicalLine) {  // W-42
  EXPECT_EQ(
      leaf_line(erasure(), noon()),
      R"({"action":"request.delete.completed","actor":"officer",)"
      R"("at":"2026-11-21T12:00:00.500000Z","body":{"kept":[],"outcome":"complete"},)"
      R"("log":"evidence","request":"3f2b8c4e-1111-4222-8333-944445555666","tenant":"acme","v":1})");
}

TEST(AuditEvent, LeavesOutWhatThereIsNot) {
  Event event = erasure();
  event.action = "audit.idle";
  event.log = LogName::security;
  event.request_id.clear();
  event.body = nullptr;
  EXPECT_EQ(leaf_line(event, noon()),
            R"({"action":"audit.idle","actor":"officer",)"
            R"("at":"2026-11-21T12:00:00.500000Z","log":"security","tenant":"acme","v":1})");
}

TEST(AuditEvent, NeverHoldsANewline) {
  Event event = erasure();
  event.action = "request.cancelled";
  event.body = {{"reason", "line one\nline two\r\u2028\u00fc"}};
  const std::string line = leaf_line(event, noon());
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_NE(line.find(R"(line one\nline two\r)"), std::string::npos);
  EXPECT_NE(line.find("\u00fc"), std::string::npos) << "canonical JSON does not escape letters";
}

// An event whose line has that many bytes.
Event of_size(std::size_t bytes) {
  Event event = erasure();
  Json names = Json::array();
  for (int i = 0; i < 295; ++i) names.push_back(std::string(195, 'a'));
  event.body = {{"notCovered", names}, {"physical", "a"}};
  const std::size_t rest = bytes - leaf_line(event, noon()).size();
  event.body["physical"] = std::string(rest + 1, 'a');
  return event;
}

TEST(AuditEvent, HasAtMost60000Bytes) {
  EXPECT_EQ(leaf_line(of_size(60'000), noon()).size(), 60'000U);
  const Event event = of_size(60'001);
  try {
    leaf_line(event, noon());
    FAIL() << "a longer line was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::refused);
  }
}

TEST(AuditEvent, RefusesWhatTwoProgramsMayWriteDifferently) {
  Event event = erasure();
  event.body = {{"outcome", 0.5}};
  EXPECT_THROW(leaf_line(event, noon()), std::logic_error);
  event.body = Json::array({1});
  EXPECT_THROW(leaf_line(event, noon()), std::logic_error);
  event = erasure();
  event.actor.clear();
  EXPECT_THROW(leaf_line(event, noon()), std::logic_error);
}

TEST(AuditEvent, DoesNotRepeatABrokenValueInItsError) {
  Event event = erasure();
  event.body = {{"physical", "taro\xff"}};
  try {
    leaf_line(event, noon());
    FAIL() << "invalid UTF-8 was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).find("taro"), std::string::npos);
  }
}

}  // namespace
}  // namespace ccctl::audit
