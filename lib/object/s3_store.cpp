#include "object/s3_store.h"

#include <algorithm>
#include <thread>

#include "base/error.h"
#include "object/xml.h"

namespace ccctl::object {
namespace {

constexpr int kAttempts = 3;
constexpr std::chrono::milliseconds kPause{100};
constexpr std::chrono::seconds kSilence{30};

bool done(const net::HttpResponse& response) {
  return response.status >= 200 && response.status < 300;
}

bool passing(const net::HttpResponse& response) {
  constexpr int kPassing[] = {409, 429, 500, 502, 503, 504};
  return std::find(std::begin(kPassing), std::end(kPassing), response.status) != std::end(kPassing);
}

// "NoSuchKey", or nothing.
std::string code_of(const net::HttpResponse& response) {
  const std::optional<Element> error = read_xml(response.body);
  if (!error || error->name != "Error") return "";
  return std::string(error->value("Code").value_or(""));
}

bool missing(const net::HttpResponse& response) {
  const std::string code = response.status == 404 ? code_of(response) : "";
  return code == "NoSuchKey" || code == "NoSuchVersion";
}

// What a service's error means to whoever set ccctl up.
struct Meaning {
  std::string_view code;
  ErrorKind kind;
  const char* hint;
};
constexpr const char* kCredentials = "see the file that the setting s3_credentials names";
constexpr const char* kPlace = "see the settings s3_endpoint and s3_region";
constexpr Meaning kMeanings[] = {
    {"InvalidAccessKeyId", ErrorKind::key_unavailable, kCredentials},
    {"SignatureDoesNotMatch", ErrorKind::key_unavailable, kCredentials},
    {"ExpiredToken", ErrorKind::key_unavailable, kCredentials},
    {"InvalidToken", ErrorKind::key_unavailable, kCredentials},
    {"InvalidSecurity", ErrorKind::key_unavailable, kCredentials},
    {"RequestTimeTooSkewed", ErrorKind::io, "the clock of this machine, or the store's, is wrong"},
    {"AccessDenied", ErrorKind::io,
     "the account lacks the right, or a retention or hold of the bucket forbids it"},
    {"AuthorizationHeaderMalformed", ErrorKind::config_invalid, kPlace},
    {"PermanentRedirect", ErrorKind::config_invalid, kPlace},
    {"NoSuchBucket", ErrorKind::config_invalid, "see `ccctl config show --origin`"},
};

}  // namespace

S3Store::S3Store(std::string bucket, std::string prefix, const S3Settings& settings)
    : bucket_(std::move(bucket)),
      prefix_(std::move(prefix)),
      name_("s3://" + bucket_ + "/" + prefix_),
      endpoint_(net::checked_endpoint(settings.endpoint, "s3_endpoint")),
      region_(settings.region),
      key_(settings.key()),
      now_(settings.now) {}

std::string S3Store::full(std::string_view key) const {
  require_key(key);
  return prefix_ + std::string(key);
}

// A code is the service's word, of letters only: anything else could be the caller's data.
void S3Store::fail(const Ask& ask, const net::HttpResponse& response) const {
  std::string code = code_of(response);
  const bool word = std::all_of(code.begin(), code.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  });
  if (code.empty() || !word) code = "answer " + std::to_string(response.status);
  const std::string message =
      std::string(ask.what) + " in the object store \"" + name_ + "\" failed: " + code;
  for (const Meaning& meaning : kMeanings) {
    if (code == meaning.code) throw Error(meaning.kind, message, meaning.hint);
  }
  throw Error(ErrorKind::io, message, "see the store's own log");
}

void S3Store::silent(const std::string& why) const {
  throw Error(ErrorKind::io, "the object store \"" + name_ + "\" does not answer: " + why, kPlace);
}

void S3Store::overwrites() const {
  throw Error(ErrorKind::config_invalid,
              "the object store \"" + name_ + "\" does not refuse to create what is there already",
              "a journal and pins want a store with conditional writes (If-None-Match)");
}

net::HttpResponse S3Store::send(const Ask& ask, const net::Piece& piece) {
  if (std::chrono::steady_clock::now() < silent_until_) silent(silence_);
  bool begun = false;  // what was handed on cannot be taken back
  const net::Piece tell = [&](std::string_view bytes) {
    begun = true;
    piece(bytes);
  };
  for (int attempt = 1;; ++attempt) {
    const std::string slash = ask.key.empty() ? "" : "/";
    try {
      net::HttpResponse response =
          http_.exchange(net::sign({ask.method, endpoint_, "/" + bucket_ + slash + ask.key,
                                    ask.query, ask.headers, ask.body},
                                   key_, region_, now_()),
                         piece ? tell : net::Piece{});
      if (!passing(response) || attempt == kAttempts) return response;
    } catch (const net::NoAnswer& none) {
      if (begun) silent(none.what());
      if (attempt == kAttempts) {
        silence_ = none.what();
        silent_until_ = std::chrono::steady_clock::now() + kSilence;
        silent(silence_);
      }
    }
    std::this_thread::sleep_for(kPause * (1 << attempt));
  }
}

void S3Store::put(std::string_view key, std::string_view bytes) {
  const Ask ask{
      "writing an object", "PUT", full(key), {}, {{"content-type", "binary/octet-stream"}}, bytes};
  const net::HttpResponse response = send(ask);
  if (!done(response)) fail(ask, response);
}

// A service may not know the condition, and then it overwrites. So the first object is created
// twice, with the same bytes: the second time must be refused.
bool S3Store::create(std::string_view key, std::string_view bytes) {
  if (!exclusive_ && exists(key)) return false;
  const Ask ask{"creating an object",
                "PUT",
                full(key),
                {},
                {{"content-type", "binary/octet-stream"}, {"if-none-match", "*"}},
                bytes};
  const net::HttpResponse response = send(ask);
  if (response.status == 501) overwrites();
  if (response.status == 412) return false;
  if (!done(response)) fail(ask, response);
  if (exclusive_) return true;
  const net::HttpResponse again = send(ask);
  if (done(again)) overwrites();
  if (again.status != 412) fail(ask, again);
  exclusive_ = true;
  return true;
}

std::string S3Store::get(std::string_view key) {
  std::string bytes;
  read(key, [&bytes](std::string_view piece) { bytes += piece; });
  return bytes;
}

void S3Store::read(std::string_view key, const std::function<void(std::string_view)>& piece) {
  const Ask ask{"reading an object", "GET", full(key), {}, {}, {}};
  const net::HttpResponse response = send(ask, piece);
  if (missing(response)) {
    throw Error(ErrorKind::not_found, "the object is not in the object store \"" + name_ + "\"");
  }
  if (!done(response)) fail(ask, response);
}

// Not with HEAD, whose answer does not tell a missing object from a missing bucket.
bool S3Store::exists(std::string_view key) {
  const Ask ask{"looking for an object", "GET", full(key), {}, {{"range", "bytes=0-0"}}, {}};
  const net::HttpResponse response = send(ask, [](std::string_view) {});
  if (missing(response)) return false;
  if (!done(response) && response.status != 416) fail(ask, response);  // 416: it is empty
  return true;
}

bool S3Store::read_versioned() {
  const Ask ask{"asking for old versions", "GET", "", {{"versioning", ""}}, {}, {}};
  const net::HttpResponse response = send(ask);
  if (!done(response)) fail(ask, response);
  const std::optional<Element> answer = read_xml(response.body);
  if (!answer || answer->name != "VersioningConfiguration") fail(ask, response);
  return answer->value("Status").has_value();  // Enabled, or Suspended: what was kept is there
}

// Of the first thousand of what begins with the key: its own come first.
std::vector<std::string> S3Store::versions(const std::string& key) {
  const Ask ask{"listing versions",
                "GET",
                "",
                {{"versions", ""}, {"prefix", key}, {"encoding-type", "url"}},
                {},
                {}};
  const net::HttpResponse response = send(ask);
  if (!done(response)) fail(ask, response);
  const std::optional<Element> list = read_xml(response.body);
  // Some services encode although they do not say so, and none says so without doing it.
  if (!list || list->name != "ListVersionsResult" || !list->value("IsTruncated") ||
      list->value("EncodingType") != "url") {
    fail(ask, response);
  }
  std::vector<std::string> found;
  for (const Element& one : list->children) {
    if (one.name != "Version" && one.name != "DeleteMarker") continue;
    const auto name = url_decoded(one.value("Key").value_or("%"));
    const auto version = one.value("VersionId");
    if (!name || !version) fail(ask, response);
    if (*name == key) found.emplace_back(*version);
  }
  return found;
}

void S3Store::remove_versions(const std::string& key) {
  std::vector<std::string> before;
  for (;;) {
    const std::vector<std::string> found = versions(key);
    if (found.empty()) return;
    for (const std::string& version : found) {
      const Ask ask{"removing an object's version", "DELETE", key,
                    {{"versionId", version}},       {},       {}};
      if (std::find(before.begin(), before.end(), version) != before.end()) {
        throw Error(ErrorKind::io, "a version in the object store \"" + name_ +
                                       "\" is still there after it was removed");
      }
      const net::HttpResponse response = send(ask);
      // What is not found is gone or not: the next list tells.
      if (!done(response) && response.status != 404) fail(ask, response);
    }
    before = found;
  }
}

void S3Store::remove(std::string_view key) {
  const std::string object = full(key);
  if (!versioned_) versioned_ = read_versioned();
  if (!*versioned_) {
    const Ask ask{"removing an object", "DELETE", object, {}, {}, {}};
    const net::HttpResponse response = send(ask);
    if (!done(response) && !missing(response)) fail(ask, response);
    versioned_ = response.headers.contains("x-amz-version-id") ||
                 response.headers.contains("x-amz-delete-marker");
  }
  if (*versioned_) remove_versions(object);
}

}  // namespace ccctl::object
