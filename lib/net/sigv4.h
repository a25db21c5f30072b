// Signs requests to an object store: AWS Signature Version 4, in its form for S3.
//
// Our own, because libcurl 7.88's signs a query string as it stands, neither sorted nor encoded.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/personal.h"
#include "base/time.h"
#include "net/http.h"

namespace ccctl::net {

struct AwsKey {
  std::string id;
  Secret secret;
  Secret token;  // of a temporary key, else empty
};

// Of a credentials file as the AWS tools know it: aws_access_key_id, aws_secret_access_key and
// aws_session_token below [default] (or below nothing). Throws key_unavailable when one is missing;
// nothing of the text is repeated.
AwsKey read_aws_key(std::string_view text, const std::string& what);

// Every byte but letters, digits and "-._~" as %XX; a path keeps its slashes.
std::string encoded(std::string_view text, bool path = false);

using Query = std::map<std::string, std::string>;

// "NAME=VALUE&…", both encoded, in the order that is signed.
std::string canonical(const Query& query);

struct AwsRequest {
  std::string method;
  std::string endpoint;  // checked_endpoint()
  std::string path;      // "/BUCKET/KEY", not encoded
  Query query;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string_view body;
};

// The same ready for the wire, with everything in it signed.
HttpRequest sign(const AwsRequest& request, const AwsKey& key, const std::string& region,
                 Instant at);

}  // namespace ccctl::net
