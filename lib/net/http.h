// One HTTP request and its answer.
//
// A connection that leaves the machine is encrypted, and its certificate is checked against the
// system's authorities; nothing is followed to another address. libcurl stands behind this.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace ccctl::net {

// HOST of scheme://HOST[:PORT][/…], an IPv6 address with its brackets.
std::string host_of(std::string_view url);
bool is_loopback(std::string_view host);

// https://HOST[:PORT], or http:// to this machine, without a slash at its end. Throws
// config_invalid for anything else. `setting` names it in the hint.
std::string checked_endpoint(std::string_view url, std::string_view setting);

// There is no answer, or no whole one: what was asked for may have been done.
class NoAnswer : public Error {
 public:
  explicit NoAnswer(const std::string& why) : Error(ErrorKind::io, why) {}
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;                                           // encoded, as it goes over the wire
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string_view body;
};

struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;                            // 8 MiB at most, without what went to a Piece
};

// Gets the body of an answer 2xx as it comes in; what it throws comes out of exchange().
using Piece = std::function<void(std::string_view)>;

// Keeps its connection from one request to the next. For one thread.
class Http {
 public:
  // An answer of which nothing comes for that long is none.
  explicit Http(std::chrono::seconds patience = std::chrono::seconds(30));
  ~Http();
  Http(const Http&) = delete;
  Http& operator=(const Http&) = delete;

  // Throws NoAnswer, with libcurl's words and nothing of the request.
  HttpResponse exchange(const HttpRequest& request, const Piece& piece = {});

 private:
  struct Handle;
  std::unique_ptr<Handle> handle_;
  std::chrono::seconds patience_;
};

}  // namespace ccctl::net
