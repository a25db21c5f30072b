#include "net/smtp.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "base/error.h"
#include "crypto/digest.h"
#include "net/http.h"

namespace ccctl::net {
namespace {

constexpr long kConnectSeconds = 10, kSeconds = 60;
constexpr std::size_t kLineBytes = 57;  // 76 characters of base64

bool printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

// Of the addresses that RFC 5322 allows only those that need no quoting.
std::string_view checked_address(std::string_view address) {
  constexpr std::string_view kOthers = "()<>[]:;,\\\" ";
  const std::size_t at = address.find('@');
  const bool plain = printable(address) && address.find_first_of(kOthers) == address.npos &&
                     at != address.npos && at > 0 && at + 1 < address.size() &&
                     address.find('@', at + 1) == address.npos && !address.starts_with('-');
  if (!plain) {
    throw Error(ErrorKind::config_invalid,
                "\"" + std::string(address) + "\" is not an address that mail can be sent to");
  }
  return address;
}

std::string_view checked_word(std::string_view text) {
  if (text.empty() || !printable(text) || text.find_first_of("\"\\<>") != text.npos) {
    throw Error(ErrorKind::unexpected, "a mail's header would not be one");
  }
  return text;
}

// "Sun, 22 Nov 2026 06:00:00 +0000"
std::string date_of(Instant at) {
  using namespace std::chrono;
  constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = floor<days>(at);
  const year_month_day date{day};
  const std::string text = to_text(at);  // 2026-11-22T06:00:00.000000Z
  return std::string(kDays[weekday{day}.c_encoding()]) + ", " + text.substr(8, 2) + " " +
         kMonths[static_cast<unsigned>(date.month()) - 1] + " " + text.substr(0, 4) + " " +
         text.substr(11, 8) + " +0000";
}

std::string folded_base64(std::string_view bytes) {
  std::string lines;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(kLineBytes, bytes.size()))) {
    lines += crypto::to_base64(std::string(bytes.substr(0, kLineBytes))) + "\r\n";
  }
  return lines;
}

struct Upload {
  std::string_view rest;
};

std::size_t read_some(char* buffer, std::size_t size, std::size_t count, void* context) {
  std::string_view& rest = static_cast<Upload*>(context)->rest;
  const std::size_t length = std::min(size * count, rest.size());
  std::memcpy(buffer, rest.data(), length);
  rest.remove_prefix(length);
  return length;
}

void transfer(CURL* curl, const Relay& relay, const Mail& mail, const std::string& message) {
  Upload upload{message};
  const std::string from = "<" + relay.from + ">", to = "<" + mail.to + ">";
  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> recipients(
      curl_slist_append(nullptr, to.c_str()), curl_slist_free_all);
  const bool local = is_loopback(host_of(relay.url));
  curl_easy_setopt(curl, CURLOPT_URL, relay.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_USE_SSL, local ? CURLUSESSL_NONE : CURLUSESSL_ALL);
  curl_easy_setopt(curl, CURLOPT_MAIL_FROM, from.c_str());
  curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients.get());
  curl_easy_setopt(curl, CURLOPT_READFUNCTION, read_some);
  curl_easy_setopt(curl, CURLOPT_READDATA, &upload);
  curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, kSeconds);
  const CURLcode code = curl_easy_perform(curl);
  if (code == CURLE_OK) return;
  throw Error(ErrorKind::io, "the mail relay \"" + relay.url +
                                 "\" did not take the mail: " + curl_easy_strerror(code));
}

}  // namespace

std::string compose(const Relay& relay, const Mail& mail, Instant at) {
  const std::string from(checked_address(relay.from));
  const std::string domain = from.substr(from.find('@') + 1);
  std::string message = "Date: " + date_of(at) + "\r\n";
  message += "From: <" + from + ">\r\n";
  message += "To: <" + std::string(checked_address(mail.to)) + ">\r\n";
  message += "Message-ID: <" + std::string(checked_word(mail.id)) + "@" + domain + ">\r\n";
  message += "Subject: " + std::string(checked_word(mail.subject)) + "\r\n";
  message += "Auto-Submitted: auto-generated\r\n";
  message += "MIME-Version: 1.0\r\n";
  message += "Content-Type: text/plain; charset=utf-8\r\n";
  message += "Content-Disposition: attachment; filename=\"" + std::string(checked_word(mail.file)) +
             "\"\r\n";
  message += "Content-Transfer-Encoding: base64\r\n\r\n";
  return message + folded_base64(mail.text);
}

void send(const Relay& relay, const Mail& mail, Instant at) {
  if (!relay.url.starts_with("smtp://") && !relay.url.starts_with("smtps://")) {
    throw Error(ErrorKind::config_invalid, "\"" + relay.url + "\" is not a mail relay",
                "write it as smtp://HOST:PORT or smtps://HOST:PORT");
  }
  const std::string message = compose(relay, mail, at);
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                 curl_easy_cleanup);
  if (started != CURLE_OK || !curl) throw Error(ErrorKind::unexpected, "libcurl does not start");
  transfer(curl.get(), relay, mail, message);
}

}  // namespace ccctl::net
