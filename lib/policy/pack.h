// A policy pack: a folder of YAML documents that a tenant names.
//
// This room reads the folder and knows the document kind Pack only; the other kinds (Retention,
// Requests …) are read by the rooms whose business they are, through read_all().
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "doc/reader.h"

namespace ccctl::policy {

struct Pack {
  std::string name;
  std::string about;
  std::string
      digest;  // hex SHA-256 over the names and bytes of its documents, the extended packs' too
  std::vector<doc::Document> documents;  // extended packs first
  std::vector<std::string> owners;       // of each document, the pack whose folder it stood in
  std::map<std::string, std::set<std::string>> bases;  // of each pack loaded, all that it extends

  template <class T>
  std::vector<T> read_all(std::string_view kind) const {
    std::vector<T> all;
    for (const doc::Document& document : documents) {
      if (document.kind() == kind) all.push_back(doc::read<T>(document, kind));
    }
    return all;
  }
};

// Reads every *.yaml of the folder. Data maps may lie beside a pack and are not part of it;
// fixtures (PolicyTest) are read for the pack itself only, and do not count for the digest. Of a
// kind of which one document speaks for a pack (Requests), a pack's own replaces those of the packs
// that it extends. Throws policy_invalid with file:line:column, for a kind of document that nobody
// reads too; a folder without a Pack document is none. `extends` names packs by their folder beside
// this one; a pack reached twice loads once, a circle is refused.
Pack load_pack(const std::filesystem::path& folder);

// The kinds of document that a pack may hold, besides Pack and DataMap. Their readers stand in the
// rooms whose business they are.
const std::vector<std::string_view>& document_kinds();

std::string pack_schema();

}  // namespace ccctl::policy
