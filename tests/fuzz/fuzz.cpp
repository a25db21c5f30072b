// Feeds every parser with inputs that grew out of good ones by small damage, and wants one of two
// ends: it reads, and what it read writes itself the same way again; or it refuses with an Error.
//
// fuzz NAME [RUNS] [SEED]: CTest runs each name for some thousand inputs, under preset asan with
// the sanitizers; by hand more RUNS and other SEEDs go further.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "base/calendar.h"
#include "base/error.h"
#include "base/posix_rule.h"
#include "base/time.h"
#include "crypto/note.h"
#include "datamap/map.h"
#include "doc/reader.h"
#include "net/sigv4.h"
#include "object/xml.h"
#include "request/policy.h"
#include "rule/fixture.h"
#include "rule/retention.h"
#include "text/identifier.h"
#include "text/unicode.h"

namespace ccctl {
namespace {

using Check = std::function<void(const std::string&)>;

struct Parser {
  std::vector<std::string> seeds;
  Check check;
};

[[noreturn]] void differs(const char* what) {
  throw std::logic_error(what);
}

std::string file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  std::ostringstream all;
  all << in.rdbuf();
  return all.str();
}

void time_text(const std::string& text) {
  const auto at = parse_instant(text);
  if (at && parse_instant(to_text(*at)) != at) differs("an instant");
  const auto duration = parse_duration(text);
  if (duration) add(Instant{}, *duration, "Asia/Tokyo", Granularity::instant);
  parse_pg_timestamptz(text);
  PosixRule::parse(text);
}

void note_text(const std::string& text) {
  const auto key = crypto::VerifierKey::parse(text);
  if (key && key->to_text() != text) differs("a verifier key");
  const auto checkpoint = crypto::Checkpoint::parse_body(text);
  if (checkpoint && checkpoint->body() != text) differs("a checkpoint");
  crypto::parse_tlog_proof(text);
}

void identifier_text(const std::string& text) {
  for (const char* kind : {"phone", "email", "name", "address", "social.x", "external"}) {
    const auto once = text::normalise(kind, text, "JP");
    if (once && text::normalise(kind, *once, "JP") != once) differs(kind);
  }
}

void site_text(const std::string& text) {
  const auto site = datamap::Site::parse(text);
  if (site && datamap::Site::parse(site->text()) != site) differs("a site");
}

void map_text(const std::string& text) {
  datamap::read_map(text, "fuzz.yaml");
}

void store_text(const std::string& text) {
  object::read_xml(text);
  if (object::url_decoded(net::encoded(text)) != text) differs("an object's key");
  net::read_aws_key(text, "fuzz");
}

template <class T>
Check document(const char* kind) {
  return [kind](const std::string& text) {
    doc::read<T>(doc::Document::parse(text, "fuzz.yaml", ErrorKind::policy_invalid), kind);
  };
}

std::map<std::string, Parser> parsers(const std::filesystem::path& source) {
  const std::filesystem::path pack = source / "policies" / "sandbox";
  return {
      {"time",
       {{"2025-03-31T10:00:00.000001Z", "P1Y2M3W4DT5H6M7S", "PT36H", "P30D", "2025-03-31",
         "2025-03-31 10:00:00.5+09:30", "CET-1CEST,M3.5.0,M10.5.0/3", "<+0330>-3:30", "JST-9"},
        time_text}},
      {"note",
       {{"ccctl.example/tenant/acme/"
         "2026+ee049fc8+Af9vrV2w6PO/aBWFNWq+tLOaT0/bPe0LezbNILJ1QVBk",
         "ccctl.example/tenant/acme/2026\n7\ngcM5Ofa686usmWOiM1FhylkyLHbHR0R8utktBJ4FaNU=\n",
         "c2sp.org/tlog-proof@v1\nindex 1\ngcM5Ofa686usmWOiM1FhylkyLHbHR0R8utktBJ4FaNU=\n\n"
         "ccctl.example/tenant/acme/2026\n7\ngcM5Ofa686usmWOiM1FhylkyLHbHR0R8utktBJ4FaNU=\n\n"
         "— ccctl.example/tenant/acme/2026 "
         "7gSfyDcHKJQTe9J41hwXqeh6BGanVE90VHyXxNr70cxvdGZg8KVAyQShc9UwLf1wdoGGTuHaRhxvNkvDSdKcry+"
         "93gM=\n"},
        note_text}},
      {"identifier",
       {{"+81 3-1234-5678", "０３−１２３４−５６７８", "taro@example.jp", "Ｔａｒｏ@例え.jp",
         "ﾀﾅｶ ﾀﾛｳ", "田中　太郎", "Straße 1, 80331 München", "x:@tanaka", "c-4711"},
        identifier_text}},
      {"site", {{"column", "attrs$.phones[*].number", "tags[*]", "a$[*][*].b"}, site_text}},
      {"store",  // a list and a credentials file in one
       {{"<?xml version='1.0'?><L a=\"b\"><IsTruncated>false</IsTruncated><Version><Key>a%2F&amp;"
         "&#x4e2d;</Key><VersionId>1.5</VersionId></Version><DeleteMarker/></L><!--\n[default]\n"
         "aws_access_key_id = AKIA\r\naws_secret_access_key = a/b+=\n-->"},
        store_text}},
      {"map", {{file(pack / "datamap.yaml")}, map_text}},
      {"retention", {{file(pack / "retention.yaml")}, document<rule::Retention>("Retention")}},
      {"requests", {{file(pack / "requests.yaml")}, document<request::RequestPolicy>("Requests")}},
      {"fixtures", {{file(pack / "policytest.yaml")}, document<rule::PolicyTest>("PolicyTest")}},
  };
}

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : dice_(seed) {}

  std::string operator()(const std::vector<std::string>& seeds) {
    std::string text = seeds[below(seeds.size())];
    for (std::size_t i = below(4) + 1; i > 0; --i) damage(text, seeds);
    return text;
  }

 private:
  std::size_t below(std::size_t n) { return n == 0 ? 0 : dice_() % n; }

  void damage(std::string& text, const std::vector<std::string>& seeds) {
    static const std::vector<std::string> odd{"\n",
                                              "\n\n",
                                              " ",
                                              "\t",
                                              ":",
                                              "- ",
                                              "{",
                                              "}",
                                              "[",
                                              "]",
                                              "&a ",
                                              "*a ",
                                              "!!",
                                              "''",
                                              "\"",
                                              "~",
                                              "null",
                                              "NO",
                                              "012",
                                              "-1",
                                              "1e999",
                                              "P0D",
                                              "\\0",
                                              "%",
                                              "$",
                                              "[*]",
                                              "\r",
                                              "０",
                                              "\xff",
                                              "\xc3",
                                              "\xEF\xBB\xBF",
                                              "99999999999999999999",
                                              std::string(1, '\0'),
                                              "<<: ",
                                              "? ",
                                              "|",
                                              "# "};
    const std::size_t at = below(text.size() + 1);
    const std::size_t length = below(std::min<std::size_t>(text.size() - at, 40) + 1);
    switch (below(6)) {
      case 0:
        text.erase(at, length);
        break;
      case 1:
        text.insert(at, odd[below(odd.size())]);
        break;
      case 2:
        text.replace(at, std::min<std::size_t>(length, 1), 1, static_cast<char>(dice_()));
        break;
      case 3:
        text.insert(below(text.size() + 1), text.substr(at, length));
        break;
      case 4:
        text.resize(at);
        break;
      default: {
        const std::string& other = seeds[below(seeds.size())];
        text.insert(at, other.substr(below(other.size() + 1), length));
      }
    }
  }

  std::mt19937_64 dice_;
};

int fuzz(const Parser& parser, std::size_t runs, std::uint64_t seed) {
  for (const std::string& good : parser.seeds) parser.check(good);
  Mutator mutate(seed);
  std::size_t read = 0;
  for (std::size_t i = 0; i < runs; ++i) {
    const std::string text = mutate(parser.seeds);
    try {
      parser.check(text);
      ++read;
    } catch (const Error&) {
      // A refusal is as good an end as any.
    } catch (const std::exception& error) {
      std::cerr << "run " << i << " of seed " << seed << ": " << error.what() << "\n"
                << text << "\n";
      return 1;
    }
  }
  std::cout << runs << " inputs, " << read << " of them read\n";
  return 0;
}

}  // namespace
}  // namespace ccctl

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv, argv + argc);
  const auto all = ccctl::parsers(CCCTL_SOURCE_DIR);
  const auto parser = argc > 1 ? all.find(args[1]) : all.end();
  if (parser == all.end()) {
    for (const auto& [name, each] : all) std::cerr << "fuzz " << name << " [RUNS] [SEED]\n";
    return 2;
  }
  return ccctl::fuzz(parser->second, argc > 2 ? std::stoul(args[2]) : 2000,
                     argc > 3 ? std::stoul(args[3]) : 1);
}
