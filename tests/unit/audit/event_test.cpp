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
  event.request_id = "r-1";
  event.body = {{"rows", 12}, {"kept", Json::array()}};
  return event;
}

Instant noon() {
  return *parse_instant("2026-11-21T12:00:00.5Z");
}

TEST(AuditEvent, IsOneCanonicalLine) {  // W-42
  EXPECT_EQ(leaf_line(erasure(), noon()),
            R"({"action":"request.delete.completed","actor":"officer",)"
            R"("at":"2026-11-21T12:00:00.500000Z","body":{"kept":[],"rows":12},"log":"evidence",)"
            R"("request":"r-1","tenant":"acme","v":1})");
}

TEST(AuditEvent, LeavesOutWhatThereIsNot) {
  Event event = erasure();
  event.log = LogName::security;
  event.request_id.clear();
  event.body = nullptr;
  EXPECT_EQ(leaf_line(event, noon()),
            R"({"action":"request.delete.completed","actor":"officer",)"
            R"("at":"2026-11-21T12:00:00.500000Z","log":"security","tenant":"acme","v":1})");
}

TEST(AuditEvent, NeverHoldsANewline) {
  Event event = erasure();
  event.body = {{"reason", "line one\nline two\r\u2028\u00fc"}};
  const std::string line = leaf_line(event, noon());
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_NE(line.find(R"(line one\nline two\r)"), std::string::npos);
  EXPECT_NE(line.find("\u00fc"), std::string::npos) << "canonical JSON does not escape letters";
}

TEST(AuditEvent, HasAtMost60000Bytes) {
  Event event = erasure();
  event.body = {{"x", ""}};
  const std::size_t rest = leaf_line(event, noon()).size();
  event.body = {{"x", std::string(60'000 - rest, 'a')}};
  EXPECT_EQ(leaf_line(event, noon()).size(), 60'000U);
  event.body = {{"x", std::string(60'001 - rest, 'a')}};
  try {
    leaf_line(event, noon());
    FAIL() << "a longer line was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::refused);
  }
}

TEST(AuditEvent, RefusesWhatTwoProgramsMayWriteDifferently) {
  Event event = erasure();
  event.body = {{"share", 0.5}};
  EXPECT_THROW(leaf_line(event, noon()), std::logic_error);
  event.body = Json::array({1});
  EXPECT_THROW(leaf_line(event, noon()), std::logic_error);
  event = erasure();
  event.actor.clear();
  EXPECT_THROW(leaf_line(event, noon()), std::logic_error);
}

TEST(AuditEvent, DoesNotRepeatABrokenValueInItsError) {
  Event event = erasure();
  event.body = {{"value", "taro\xff"}};
  try {
    leaf_line(event, noon());
    FAIL() << "invalid UTF-8 was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).find("taro"), std::string::npos);
  }
}

}  // namespace
}  // namespace ccctl::audit
