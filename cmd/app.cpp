// App without the datastore: the result, messages, the terminal, settings.
#include "cmd/app.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cmd/app_impl.h"

extern char** environ;

namespace ccctl::cmd {
namespace {

std::string capitalised(std::string word) {
  if (!word.empty() && word[0] >= 'a' && word[0] <= 'z') word[0] = static_cast<char>(word[0] - 32);
  return word;
}

// The controlling terminal, closed at the end of the scope.
struct Terminal {
  int fd = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
  Terminal() = default;
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal() {
    if (fd >= 0) ::close(fd);
  }
  bool say(std::string_view text) const {
    return ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  }
};

}  // namespace

render::Format App::Impl::format() const {
  return render::parse_format(args.get("output")).value_or(render::Format::table);
}

render::Style App::Impl::style() const {
  const std::string wish = args.get("color");
  if (wish == "always") return {true};
  if (wish == "never" || (args.find("out") && !spec.own_out)) return {false};
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool dumb = term == nullptr || std::string_view(term) == "dumb";
  return {(no_color == nullptr || *no_color == '\0') && !dumb && ::isatty(STDOUT_FILENO) == 1};
}

std::string App::Impl::default_kind() const {
  return capitalised(spec.noun) + capitalised(spec.verb);
}

App::App(Context context, const Spec& spec, const Args& args)
    : impl_(std::make_unique<Impl>(std::move(context), spec, args)) {
  impl_->settings = Settings::load(args, environ);
}

App::~App() = default;

const Context& App::context() const {
  return impl_->context;
}
void App::reserve_out() {
  if (impl_->out) return;
  const std::string path = impl_->spec.own_out ? "-" : impl_->args.find("out").value_or("-");
  impl_->out = path == "-" ? render::Output::standard() : render::Output::reserve(path);
}

void App::finish() {
  if (impl_->out) impl_->out->finish();
}

bool App::json_output() const {
  return impl_->format() == render::Format::json;
}

void App::print(const Json& document) {
  reserve_out();
  Json complete = document;
  if (complete.is_object() && !complete.contains("kind")) complete["kind"] = impl_->default_kind();
  render::write_document([this](std::string_view bytes) { impl_->out->write(bytes); }, complete,
                         impl_->format(), impl_->style());
}

void App::print_rows(const std::vector<std::string>& columns, const std::vector<Json>& rows,
                     const Json& envelope) {
  reserve_out();
  Json complete = envelope;
  if (complete.is_object() && !complete.contains("kind")) {
    complete["kind"] = impl_->default_kind() + "List";
  }
  render::write_grid([this](std::string_view bytes) { impl_->out->write(bytes); }, {columns, rows},
                     complete, impl_->format(), impl_->style());
}

void App::print_page(const std::vector<std::string>& columns, const std::vector<Json>& rows,
                     const Json& envelope, bool first) {
  reserve_out();
  const render::Format format = impl_->format();
  bool heading = format == render::Format::csv && !first;  // it is the first record of each page
  const auto sink = [&](std::string_view bytes) {
    if (!heading) impl_->out->write(bytes);
    heading = false;
  };
  render::write_grid(sink, {columns, rows}, envelope, format, impl_->style());
}

void App::write_result(std::string_view bytes) {
  reserve_out();
  impl_->out->write(bytes);
}

void App::message(std::string_view line) {
  if (impl_->args.has("quiet")) return;
  // In one piece: workers speak at the same time.
  std::cerr << "ccctl: " + render::escape_for_terminal(line) + '\n';
}

bool App::show(const std::vector<std::string>& columns, const std::vector<Json>& rows) {
  const Terminal terminal;
  bool shown = terminal.fd >= 0;
  const auto sink = [&](std::string_view bytes) { shown = shown && terminal.say(bytes); };
  if (shown) render::write_grid(sink, {columns, rows}, {}, render::Format::table);
  return shown;
}

std::optional<std::string> App::prompt(std::string_view question) {
  const Terminal terminal;
  if (terminal.fd < 0 || !terminal.say(render::escape_for_terminal(question) + " ")) {
    return std::nullopt;
  }
  std::string line;
  for (;;) {
    char c = 0;
    const ssize_t got = ::read(terminal.fd, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;  // the end of the input is no answer
    if (c == '\n') return line;
    line += c;
  }
}

}  // namespace ccctl::cmd
