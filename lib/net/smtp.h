// Mail through a relay: one recipient, one text as an attachment (RFC 5321, 5322, 2045).
//
// A connection that leaves the machine is encrypted or is not made. libcurl stands behind this.
#pragma once

#include <string>

#include "base/time.h"

namespace ccctl::net {

struct Relay {
  std::string url;   // smtp://HOST[:PORT] or smtps://HOST[:PORT]
  std::string from;  // the sender's address
};

struct Mail {
  std::string to;       // one address, nothing around it
  std::string subject;  // ASCII
  std::string file;     // the attachment's name, ASCII
  std::string text;     // UTF-8
  std::string id;       // the left part of the Message-ID: the same for a mail that is sent again
};

// The message as it is sent. Throws config_invalid for an address, and unexpected for a subject,
// name or id, with which something could be put into the header.
std::string compose(const Relay& relay, const Mail& mail, Instant at);

// Returns when the relay has taken it over. Throws io when it does not, and config_invalid for
// another scheme. Waits a minute at most.
void send(const Relay& relay, const Mail& mail, Instant at);

}  // namespace ccctl::net
