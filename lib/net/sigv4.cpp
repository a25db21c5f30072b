#include "net/sigv4.h"

#include <algorithm>

#include "base/percent.h"
#include "crypto/digest.h"

namespace ccctl::net {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

std::string hex_sha256(std::string_view bytes) {
  return crypto::to_hex(crypto::view(crypto::sha256(bytes)));
}

// "20261122T060000Z"
std::string basic_time(Instant at) {
  std::string text = to_text(at).substr(0, 19);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text + "Z";
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  while (!text.empty() && kBlank.find(text.front()) != kBlank.npos) text.remove_prefix(1);
  while (!text.empty() && kBlank.find(text.back()) != kBlank.npos) text.remove_suffix(1);
  return text;
}

// The signature over `text`, by a key that holds for one day, region and service.
std::string signature(const AwsKey& key, std::string_view day, const std::string& region,
                      std::string_view text) {
  const Secret first("AWS4" + key.secret.reveal());
  crypto::Digest digest = crypto::hmac_sha256(first.reveal(), day);
  for (const std::string_view part :
       {std::string_view(region), std::string_view("s3"), std::string_view("aws4_request"), text}) {
    digest = crypto::hmac_sha256(crypto::view(digest), part);
  }
  return crypto::to_hex(crypto::view(digest));
}

}  // namespace

AwsKey read_aws_key(std::string_view text, const std::string& what) {
  AwsKey key;
  bool ours = true;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.starts_with('[')) ours = line == "[default]";
    const std::size_t equals = line.find('=');
    if (!ours || line.starts_with('#') || equals == std::string_view::npos) continue;
    const std::string_view name = trimmed(line.substr(0, equals));
    const std::string value(trimmed(line.substr(equals + 1)));
    if (name == "aws_access_key_id") key.id = value;
    if (name == "aws_secret_access_key") key.secret = Secret(value);
    if (name == "aws_session_token") key.token = Secret(value);
  }
  if (key.id.empty() || key.secret.empty()) {
    throw Error(ErrorKind::key_unavailable, "\"" + what + "\" holds no credentials",
                "write aws_access_key_id = … and aws_secret_access_key = … below [default]");
  }
  return key;
}

std::string encoded(std::string_view text, bool path) {
  return percent_encoded(text, path ? "-._~/" : "-._~");
}

std::string canonical(const Query& query) {
  Query ready;  // sorted as encoded, which is another order
  for (const auto& [name, value] : query) ready[encoded(name)] = encoded(value);
  std::string text;
  for (const auto& [name, value] : ready)
    text.append(text.empty() ? "" : "&") += name + "=" + value;
  return text;
}

HttpRequest sign(const AwsRequest& request, const AwsKey& key, const std::string& region,
                 Instant at) {
  const std::string path = encoded(request.path, true), query = canonical(request.query);
  HttpRequest wire{request.method, request.endpoint + path + (query.empty() ? "" : "?") + query,
                   request.headers, request.body};
  const std::string time = basic_time(at), body = hex_sha256(request.body);
  wire.headers.emplace_back("host", request.endpoint.substr(request.endpoint.find("://") + 3));
  wire.headers.emplace_back("x-amz-content-sha256", body);
  wire.headers.emplace_back("x-amz-date", time);
  if (!key.token.empty()) wire.headers.emplace_back("x-amz-security-token", key.token.reveal());
  std::sort(wire.headers.begin(), wire.headers.end());
  std::string text = request.method + "\n" + path + "\n" + query + "\n", names;
  for (const auto& [name, value] : wire.headers) {
    text += name + ":" + value + "\n";
    names.append(names.empty() ? "" : ";") += name;
  }
  text += "\n" + names + "\n" + body;
  const std::string day = time.substr(0, 8), scope = day + "/" + region + "/s3/aws4_request";
  const std::string to_sign =
      std::string(kAlgorithm) + "\n" + time + "\n" + scope + "\n" + hex_sha256(text);
  wire.headers.emplace_back("authorization",
                            std::string(kAlgorithm) + " Credential=" + key.id + "/" + scope +
                                ",SignedHeaders=" + names +
                                ",Signature=" + signature(key, day, region, to_sign));
  return wire;
}

}  // namespace ccctl::net
