#include "net/http.h"

#include <curl/curl.h>

#include <algorithm>
#include <exception>

namespace ccctl::net {
namespace {

constexpr long kHttpConnectSeconds = 10;
constexpr std::size_t kMostBody = 8 << 20;

using HeaderList = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

// What libcurl's callbacks fill.
struct Incoming {
  CURL* curl;
  const Piece& piece;
  HttpResponse response;
  std::exception_ptr thrown;
};

bool successful(CURL* curl) {
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  return status >= 200 && status < 300;
}

std::size_t take_body(char* data, std::size_t size, std::size_t count, void* context) {
  auto& incoming = *static_cast<Incoming*>(context);
  const std::string_view bytes(data, size * count);
  try {
    if (incoming.piece && successful(incoming.curl)) {
      incoming.piece(bytes);
    } else {
      if (incoming.response.body.size() + bytes.size() > kMostBody) return 0;
      incoming.response.body += bytes;
    }
  } catch (...) {
    incoming.thrown = std::current_exception();
    return 0;
  }
  return bytes.size();
}

std::size_t take_header(char* data, std::size_t size, std::size_t count, void* context) {
  auto& headers = static_cast<Incoming*>(context)->response.headers;
  const std::string_view line(data, size * count);
  if (line.starts_with("HTTP/")) headers.clear();  // after an answer 100
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return line.size();
  std::string name(line.substr(0, colon));
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && (value.back() == '\r' || value.back() == '\n' || value.back() == ' ')) {
    value.remove_suffix(1);
  }
  while (value.starts_with(' ')) value.remove_prefix(1);
  headers[std::move(name)] = value;
  return line.size();
}

HeaderList header_list(const HttpRequest& request) {
  HeaderList list(nullptr, curl_slist_free_all);
  const auto add = [&list](const std::string& line) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    list.release();
    list.reset(longer);
  };
  // libcurl would say that a body is a form, and wait for an answer 100 before a large one.
  const bool typed = std::any_of(request.headers.begin(), request.headers.end(),
                                 [](const auto& header) { return header.first == "content-type"; });
  if (!typed) add("Content-Type:");
  add("Expect:");
  for (const auto& [name, value] : request.headers) add(name + ": " + value);
  return list;
}

void set_method(CURL* curl, const HttpRequest& request) {
  if (request.method == "GET") {
    curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    return;
  }
  // Also a DELETE says how long its body is, even if nothing: there are servers that wait for one.
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.empty() ? "" : request.body.data());
}

void set_limits(CURL* curl, const std::string& url, std::chrono::seconds patience) {
  const bool local = is_loopback(host_of(url));
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, local ? "http,https" : "https");
  if (local) curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, kHttpConnectSeconds);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(patience.count()));
}

}  // namespace

struct Http::Handle {
  CURL* curl;
  Handle() {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    curl = started == CURLE_OK ? curl_easy_init() : nullptr;
    if (curl == nullptr) throw Error(ErrorKind::unexpected, "libcurl does not start");
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { curl_easy_cleanup(curl); }
};

std::string host_of(std::string_view url) {
  std::string_view rest = url.substr(url.find("://") + 3);
  rest = rest.substr(0, rest.find('/'));
  if (rest.starts_with('[')) return std::string(rest.substr(0, rest.find(']') + 1));
  return std::string(rest.substr(0, rest.find(':')));
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "[::1]" || host == "127.0.0.1";
}

std::string checked_endpoint(std::string_view url, std::string_view setting) {
  std::string_view text = url;
  if (text.ends_with('/')) text.remove_suffix(1);
  const bool open = text.starts_with("http://"), closed = text.starts_with("https://");
  const std::string_view rest = text.substr(open ? 7 : closed ? 8 : text.size());
  const bool plain = std::all_of(rest.begin(), rest.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(".-:[]_").find(c) != std::string_view::npos;
  });
  if (rest.empty() || !plain || (open && !is_loopback(host_of(text)))) {
    throw Error(ErrorKind::config_invalid,
                "\"" + std::string(url) + "\" is not the address of an encrypted service",
                "write " + std::string(setting) +
                    " as https://HOST or https://HOST:PORT; http:// only reaches this machine");
  }
  return std::string(text);
}

Http::Http(std::chrono::seconds patience)
    : handle_(std::make_unique<Handle>()), patience_(patience) {}

Http::~Http() = default;

HttpResponse Http::exchange(const HttpRequest& request, const Piece& piece) {
  CURL* curl = handle_->curl;
  curl_easy_reset(curl);  // its connection stays
  Incoming incoming{curl, piece, {}, nullptr};
  const HeaderList headers = header_list(request);
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  set_method(curl, request);
  set_limits(curl, request.url, patience_);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &incoming);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &incoming);
  const CURLcode code = curl_easy_perform(curl);
  if (incoming.thrown) std::rethrow_exception(incoming.thrown);
  if (code == CURLE_WRITE_ERROR) throw NoAnswer("the answer is longer than any should be");
  if (code != CURLE_OK) throw NoAnswer(curl_easy_strerror(code));
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  incoming.response.status = static_cast<int>(status);
  return std::move(incoming.response);
}

}  // namespace ccctl::net
