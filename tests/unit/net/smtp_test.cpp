#include "net/smtp.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "crypto/digest.h"

namespace ccctl::net {
namespace {

const Relay kRelay{"smtp://127.0.0.1:2525", "sealer@ccctl.example"};

Mail mail() {
  return {"eve@auditors.example", "checkpoints of ccctl.example", "checkpoints.txt",
          "\u2014 a line\nanother\n", "1f2e"};
}
std::string composed(const Mail& what) {
  return compose(kRelay, what, *parse_instant("2026-11-02T06:07:08Z"));
}
ErrorKind refusal(const Relay& relay, const Mail& what) {
  try {
    compose(relay, what, Instant{});
  } catch (const Error& error) {
    return error.kind();
  }
  return ErrorKind::usage;
}

TEST(Smtp, ComposesWhatRelaysTake) {
  const std::string text = composed(mail());
  EXPECT_TRUE(text.starts_with("Date: Mon, 02 Nov 2026 06:07:08 +0000\r\n"));
  for (const char* line :
       {"\r\nFrom: <sealer@ccctl.example>\r\n", "\r\nTo: <eve@auditors.example>\r\n",
        "\r\nMessage-ID: <1f2e@ccctl.example>\r\n", "\r\nAuto-Submitted: auto-generated\r\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line;
  }
  const std::string body = text.substr(text.find("\r\n\r\n") + 4);
  EXPECT_EQ(crypto::from_base64(body.substr(0, body.size() - 2)), mail().text);
}

TEST(Smtp, FoldsLongText) {
  Mail what = mail();
  what.text = std::string(1000, 'x');
  std::string text = composed(what);
  for (std::size_t end; (end = text.find("\r\n")) != std::string::npos; text.erase(0, end + 2)) {
    EXPECT_LE(end, 78U);
  }
  EXPECT_TRUE(text.empty());
}

TEST(Smtp, NothingGetsIntoTheHeader) {
  for (const char* to : {"", "eve", "@x", "eve@", "a@b@c", "eve@x\r\nBcc: mallory@x", "a@b, c@d",
                         "<eve@x>", "Eve eve@x", "-f@x", "\xc3\xa9@x"}) {
    Mail what = mail();
    what.to = to;
    EXPECT_EQ(refusal(kRelay, what), ErrorKind::config_invalid) << to;
    EXPECT_EQ(refusal({kRelay.url, to}, mail()), ErrorKind::config_invalid) << to;
  }
  Mail what = mail();
  what.subject = "a\r\nBcc: mallory@x";
  EXPECT_EQ(refusal(kRelay, what), ErrorKind::unexpected);
  what = mail();
  what.file = "a\"b";
  EXPECT_EQ(refusal(kRelay, what), ErrorKind::unexpected);
}

TEST(Smtp, KnowsNoOtherScheme) {
  try {
    send({"http://127.0.0.1:1", "a@b"}, mail(), Instant{});
    ADD_FAILURE() << "sent";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::config_invalid);
  }
}

}  // namespace
}  // namespace ccctl::net
