#include "policy/pack.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "base/error.h"
#include "crypto/digest.h"

namespace ccctl::policy {
namespace {

struct Head {
  std::string name;
  std::string about;
  std::vector<std::string> extends;
};

void describe(Head& head, doc::Fields& f) {
  f.required("name", head.name, "the pack's name, that of its folder");
  f.required("about", head.about, "what the pack is for, in one sentence");
  f.optional("extends", head.extends, "packs whose documents come first");
}

constexpr std::string_view kAbout = "a policy pack's head";

std::string read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in || !text) throw Error(ErrorKind::policy_invalid, "cannot read \"" + file.string() + "\"");
  return text.str();
}

void load(const std::filesystem::path& folder, std::set<std::string>& open,
          std::set<std::string>& loaded, Pack& pack, crypto::Sha256& hash) {
  const std::string name = folder.filename().string();
  if (loaded.contains(name)) return;
  if (!open.insert(name).second) {
    throw Error(ErrorKind::policy_invalid, "pack \"" + name + "\" extends itself");
  }
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  }
  if (error) {
    throw Error(ErrorKind::policy_invalid,
                "cannot read the pack folder \"" + folder.string() + "\"",
                "name it with the setting `pack`");
  }
  std::sort(files.begin(), files.end());
  std::vector<doc::Document> own;
  bool has_head = false;
  for (const std::filesystem::path& file : files) {
    const std::string text = read_file(file);
    doc::Document document = doc::Document::parse(text, file.string(), ErrorKind::policy_invalid);
    if (document.kind() == "DataMap") continue;
    hash.update(crypto::lp(name + "/" + file.filename().string()));
    hash.update(crypto::view(crypto::sha256(text)));
    if (document.kind() != "Pack") {
      own.push_back(std::move(document));
      continue;
    }
    const Head head = doc::read<Head>(document, "Pack");
    has_head = true;
    for (const std::string& base : head.extends)
      load(folder.parent_path() / base, open, loaded, pack, hash);
    pack.name = head.name;
    pack.about = head.about;
  }
  if (!has_head) {
    throw Error(ErrorKind::policy_invalid,
                "\"" + folder.string() + "\" holds no document of kind Pack");
  }
  for (doc::Document& document : own) pack.documents.push_back(std::move(document));
  loaded.insert(name);
}

}  // namespace

Pack load_pack(const std::filesystem::path& folder) {
  Pack pack;
  std::set<std::string> open, loaded;
  crypto::Sha256 hash;
  load(std::filesystem::weakly_canonical(folder), open, loaded, pack, hash);
  pack.digest = crypto::to_hex(crypto::view(hash.finish()));
  return pack;
}

std::string pack_schema() {
  return doc::schema<Head>("Pack", kAbout);
}

}  // namespace ccctl::policy
