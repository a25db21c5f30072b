// ccctl-docs: writes the manual pages and completions into a source tree, or says which are stale.
//
//   ccctl-docs write FOLDER     writes man/ and completions/ below FOLDER
//   ccctl-docs check FOLDER     names each file that differs from a fresh rendering; exit 3
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "cmd/help.h"

namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool write(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  file << text << std::flush;
  if (!file) std::cerr << "ccctl-docs: cannot write " << path << '\n';
  return file.good();
}

// Files that no command makes any more.
int count_strays(const fs::path& folder, const std::map<std::string, std::string>& files) {
  int strays = 0;
  for (const char* part : {"man", "completions"}) {
    if (!fs::is_directory(folder / part)) continue;
    for (const auto& entry : fs::directory_iterator(folder / part)) {
      if (files.contains(std::string(part) + "/" + entry.path().filename().string())) continue;
      std::cerr << "ccctl-docs: " << entry.path() << " belongs to no command\n";
      ++strays;
    }
  }
  return strays;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string action = argc == 3 ? argv[1] : "";
  if (action != "write" && action != "check") {
    std::cerr << "usage: ccctl-docs write|check FOLDER\n";
    return 2;
  }
  const fs::path folder(argv[2]);
  const auto files = ccctl::cmd::generated_files();
  int stale = 0;
  for (const auto& [name, text] : files) {
    if (action == "write") {
      if (!write(folder / name, text)) return 1;
    } else if (content(folder / name) != text) {
      std::cerr << "ccctl-docs: " << name << " is stale: run `ccctl-docs write` in the source\n";
      ++stale;
    }
  }
  return stale + count_strays(folder, files) == 0 ? 0 : 3;
}
