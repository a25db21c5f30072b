// Objects in a bucket of an S3 service: the `s3:` store.
#pragma once

#include <chrono>
#include <optional>

#include "net/http.h"
#include "net/sigv4.h"
#include "object/store.h"

namespace ccctl::object {

struct S3Settings {
  std::string endpoint;              // https://HOST[:PORT]; http:// for this machine only
  std::string region;                // signed; the service knows its own
  std::function<net::AwsKey()> key;  // called once for each store
  std::function<Instant()> now;      // signed; the service refuses a clock that is wrong
};

// What the service says it cannot do now, and what gets no answer, is tried three times; a service
// that gives none is then left alone for half a minute, because whoever asks holds locks. An object
// is put in one request, with the digest of its bytes signed: 5 GiB at most, as the service wants.
// remove() removes every version of a key, and asks again whether one is left. For one thread.
class S3Store : public ObjectStore {
 public:
  // `prefix` is empty or ends with a slash.
  S3Store(std::string bucket, std::string prefix, const S3Settings& settings);

  void put(std::string_view key, std::string_view bytes) override;
  bool create(std::string_view key, std::string_view bytes) override;
  std::string get(std::string_view key) override;
  void read(std::string_view key, const std::function<void(std::string_view)>& piece) override;
  bool exists(std::string_view key) override;
  void remove(std::string_view key) override;

 private:
  using Headers = std::vector<std::pair<std::string, std::string>>;
  struct Ask {
    const char* what;  // "writing an object"
    std::string method;
    std::string key;  // with the prefix; empty: the bucket itself
    net::Query query;
    Headers headers;
    std::string_view body;
  };
  std::string full(std::string_view key) const;
  net::HttpResponse send(const Ask& ask, const net::Piece& piece = {});
  [[noreturn]] void fail(const Ask& ask, const net::HttpResponse& response) const;
  [[noreturn]] void silent(const std::string& why) const;
  [[noreturn]] void overwrites() const;
  bool read_versioned();
  std::vector<std::string> versions(const std::string& key);
  void remove_versions(const std::string& key);

  std::string bucket_, prefix_, name_, endpoint_, region_;
  net::AwsKey key_;
  std::function<Instant()> now_;
  net::Http http_;
  std::chrono::steady_clock::time_point silent_until_{};
  std::string silence_;
  bool exclusive_ = false;         // it was seen to create nothing twice
  std::optional<bool> versioned_;  // whether the bucket keeps, or once kept, old versions
};

}  // namespace ccctl::object
