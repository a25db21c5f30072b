// ccctl request update: what is wrong about one data subject is put right.
#include "base/error.h"
#include "cmd/person.h"
#include "cmd/request/intake.h"
#include "cmd/request/make.h"
#include "request/rectify.h"

namespace ccctl::cmd {
namespace {

int run_update(App& app, const Args& args) {
  Making making{.prompt = "update"};
  making.replacing = [&](const subject::Finder& finder,
                         const std::optional<subject::Profile>& profile) {
    std::vector<plan::Replacement> terms;
    for (const std::string& text : args.all("set"))
      terms.push_back(request::replacement(finder, *profile, text));
    request::require_apart(terms);
    return terms;
  };
  return make_request(app, args, making);
}

}  // namespace

extern const Spec request_update;
const Spec request_update{
    .noun = "request",
    .verb = "update",
    .summary = "put right what is wrong about one data subject (GDPR Art. 16)",
    .description =
        "Replaces a value by another in every column that the person owns, the search forms with "
        "it. Tables that the data map marks `annotate` keep what was written and note the request "
        "beside it; those marked `keep` (a record of what happened) are listed and left.\n\nThe "
        "plan, the confirmation, the passes and the receipt are those of an erasure. The receipt "
        "holds pseudonyms of the old and the new value only.",
    .options = with_person_options(with_intake_options(
        with_making_options({{.name = "set",
                              .value = "KIND=NEW",
                              .help = "the new value; KIND:OLD=NEW where the person has several",
                              .repeatable = true,
                              .required = true}}))),
    .exits = {0, 4, 5, 6, 7, 11, 13},
    .examples =
        {{"ccctl request update --external-contact 7f3c --set email=taro@example.jp "
          "--dry-run",
          "the plan and its confirmation"},
         {"ccctl request update --external-contact 7f3c --set phone:03-1234-5678=+815012345678 "
          "--confirm DIGEST:ROWS",
          "one of several numbers"}},
    .run = run_update,
};

}  // namespace ccctl::cmd
