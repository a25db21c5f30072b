#include "policy/pack.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/error.h"
#include "crypto/digest.h"
#include "doc/suggest.h"

namespace ccctl::policy {
namespace {

namespace fs = std::filesystem;

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
constexpr std::string_view kFixtures = "PolicyTest";

// One document speaks for the pack: the nearest.
bool speaks_alone(std::string_view kind) {
  return kind == "Requests";
}

std::string read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in || !text) throw Error(ErrorKind::policy_invalid, "cannot read \"" + file.string() + "\"");
  return text.str();
}

std::vector<fs::path> documents_of(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  }
  if (error) {
    throw Error(ErrorKind::policy_invalid,
                "cannot read the pack folder \"" + folder.string() + "\"",
                "name it with the setting `pack`");
  }
  std::sort(files.begin(), files.end());
  return files;
}

void require_known(const doc::Document& document) {
  const std::string kind = document.kind();
  const std::vector<std::string_view>& known = document_kinds();
  if (std::find(known.begin(), known.end(), kind) != known.end()) return;
  throw doc::error_at(ErrorKind::policy_invalid, document.at(),
                      "a pack holds no documents of kind \"" + kind + "\"",
                      doc::suggestion_hint(kind, known));
}

class Loader {
 public:
  Pack load(const fs::path& folder) {
    folder_of(folder, true);
    pack_.digest = crypto::to_hex(crypto::view(hash_.finish()));
    return std::move(pack_);
  }

 private:
  void folder_of(const fs::path& folder, bool outermost) {
    const std::string name = folder.filename().string();
    if (pack_.bases.contains(name)) return;
    if (!open_.insert(name).second) {
      throw Error(ErrorKind::policy_invalid, "pack \"" + name + "\" extends itself");
    }
    std::vector<doc::Document> own;
    std::set<std::string> bases;
    bool has_head = false;
    for (const fs::path& file : documents_of(folder)) {
      const std::string text = read_file(file);
      doc::Document document = doc::Document::parse(text, file.string(), ErrorKind::policy_invalid);
      const std::string kind = document.kind();
      if (kind == "DataMap") continue;
      if (kind == kFixtures) {
        if (outermost) own.push_back(std::move(document));
        continue;
      }
      hash_.update(crypto::lp(name + "/" + file.filename().string()));
      hash_.update(crypto::view(crypto::sha256(text)));
      if (kind != "Pack") {
        require_known(document);
        own.push_back(std::move(document));
        continue;
      }
      if (has_head) {
        throw doc::error_at(ErrorKind::policy_invalid, document.at(),
                            "pack \"" + name + "\" has two documents of kind Pack");
      }
      has_head = true;
      take_head(document, folder, bases);
    }
    if (!has_head) {
      throw Error(ErrorKind::policy_invalid,
                  "\"" + folder.string() + "\" holds no document of kind Pack");
    }
    take(name, std::move(own), bases);
  }

  void take_head(const doc::Document& document, const fs::path& folder,
                 std::set<std::string>& bases) {
    const Head head = doc::read<Head>(document, "Pack");
    for (const std::string& base : head.extends) {
      if (base.find('/') != std::string::npos || base.starts_with('.')) {
        throw doc::error_at(ErrorKind::policy_invalid, document.at(),
                            "\"" + base + "\" is not a pack's name",
                            "`extends` names folders beside this one");
      }
      folder_of(folder.parent_path() / base, false);
      bases.insert(base);
      bases.insert(pack_.bases.at(base).begin(), pack_.bases.at(base).end());
    }
    pack_.name = head.name;
    pack_.about = head.about;
  }

  void take(const std::string& name, std::vector<doc::Document> own,
            const std::set<std::string>& bases) {
    for (const doc::Document& document : own) {
      if (speaks_alone(document.kind())) drop(document.kind(), bases);
    }
    for (doc::Document& document : own) {
      pack_.documents.push_back(std::move(document));
      pack_.owners.push_back(name);
    }
    pack_.bases.emplace(name, bases);
  }

  void drop(const std::string& kind, const std::set<std::string>& owners) {
    for (std::size_t i = pack_.documents.size(); i-- > 0;) {
      if (pack_.documents[i].kind() != kind || !owners.contains(pack_.owners[i])) continue;
      pack_.documents.erase(pack_.documents.begin() + static_cast<std::ptrdiff_t>(i));
      pack_.owners.erase(pack_.owners.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }

  Pack pack_;
  std::set<std::string> open_;
  crypto::Sha256 hash_;
};

}  // namespace

const std::vector<std::string_view>& document_kinds() {
  static const std::vector<std::string_view> kinds{"Retention",     "Requests", "TenantSettings",
                                                   "SubProcessors", "Access",   "Information",
                                                   kFixtures};
  return kinds;
}

Pack load_pack(const std::filesystem::path& folder) {
  return Loader().load(fs::weakly_canonical(folder));
}

std::string pack_schema() {
  return doc::schema<Head>("Pack", kAbout);
}

}  // namespace ccctl::policy
