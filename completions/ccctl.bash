# bash completion for ccctl; made from the program's own tables.
_ccctl() {
  local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}"
  local noun="" verb="" i
  COMPREPLY=()
  case "$prev" in
    --acknowledge) :; return ;;
    --action) :; return ;;
    --address) :; return ;;
    --anchor) :; return ;;
    --as-of) :; return ;;
    --by) :; return ;;
    --case) :; return ;;
    --category) COMPREPLY=($(compgen -W "registration host_usage generated" -- "$cur")); return ;;
    --channel) COMPREPLY=($(compgen -W "cli email tac" -- "$cur")); return ;;
    --channel-ref) :; return ;;
    --color) COMPREPLY=($(compgen -W "auto always never" -- "$cur")); return ;;
    --config) COMPREPLY=($(compgen -f -- "$cur")); return ;;
    --confirm) :; return ;;
    --contacts) :; return ;;
    --created-from) :; return ;;
    --created-to) :; return ;;
    --custodian) :; return ;;
    --data) :; return ;;
    --datastore) :; return ;;
    --dialer-contact) :; return ;;
    --domain) :; return ;;
    --email) :; return ;;
    --encrypt-to) COMPREPLY=($(compgen -f -- "$cur")); return ;;
    --evidence) COMPREPLY=($(compgen -f -- "$cur")); return ;;
    --external-contact) :; return ;;
    --field) :; return ;;
    --format) :; return ;;
    --from) :; return ;;
    --granularity) COMPREPLY=($(compgen -W "instant day" -- "$cur")); return ;;
    --identity-by) :; return ;;
    --identity-method) :; return ;;
    --import) COMPREPLY=($(compgen -f -- "$cur")); return ;;
    --index) :; return ;;
    --key) :; return ;;
    --language) COMPREPLY=($(compgen -W "ja en de" -- "$cur")); return ;;
    --leaf) :; return ;;
    --log) COMPREPLY=($(compgen -W "evidence security" -- "$cur")); return ;;
    --matter) :; return ;;
    --metrics-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
    --name) :; return ;;
    --old) COMPREPLY=($(compgen -f -- "$cur")); return ;;
    --on-behalf-of) :; return ;;
    --origin) :; return ;;
    --out) COMPREPLY=($(compgen -f -- "$cur")); return ;;
    --override) :; return ;;
    --period) :; return ;;
    --phone) :; return ;;
    --pin) COMPREPLY=($(compgen -f -- "$cur")); return ;;
    --principal) :; return ;;
    --reason) :; return ;;
    --received-at) :; return ;;
    --ref) :; return ;;
    --rendering) COMPREPLY=($(compgen -W "ocsf csv" -- "$cur")); return ;;
    --request) :; return ;;
    --requester) COMPREPLY=($(compgen -W "subject customer partner user" -- "$cur")); return ;;
    --require-match) :; return ;;
    --return) :; return ;;
    --review-on) :; return ;;
    --run-time) :; return ;;
    --sample) :; return ;;
    --seed) :; return ;;
    --set) :; return ;;
    --social) :; return ;;
    --subject) :; return ;;
    --table) :; return ;;
    --tenant) :; return ;;
    --to) :; return ;;
    --until) :; return ;;
    --user) :; return ;;
    --waive) :; return ;;
    --workers) :; return ;;
    --zone) :; return ;;
    -o|--output) COMPREPLY=($(compgen -W "table json ndjson csv" -- "$cur")); return ;;
  esac
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "${COMP_WORDS[i]}" in
      -o|--output|--out|--tenant|--datastore|--config|--color) ((i++)) ;;
      -*|help) ;;
      *) if [[ -z $noun ]]; then noun="${COMP_WORDS[i]}"
         elif [[ -z $verb ]]; then verb="${COMP_WORDS[i]}"; fi ;;
    esac
  done
  local words=""
  case "$noun $verb" in
    " ") words="subjects request hold approve retention journal audit record policy datamap db sandbox config version help" ;;
    "subjects ") words="search show suggest" ;;
    "request ") words="update export get delete plan run list show retry verify receipt extend pause refuse cancel complete-manual close" ;;
    "hold ") words="add list release" ;;
    "approve ") words="list show sign reject" ;;
    "retention ") words="plan sweep apply explain offboard replay report" ;;
    "journal ") words="status verify" ;;
    "audit ") words="export verify prove seal pin prune show" ;;
    "record ") words="add list show revoke" ;;
    "policy ") words="validate show explain diff test" ;;
    "datamap ") words="check show" ;;
    "db ") words="init migrate doctor" ;;
    "sandbox ") words="up status seed down" ;;
    "config ") words="show" ;;
    "subjects search") words="-o --help --name --address --phone --email --social --user --external-contact --dialer-contact --subject --output --out --tenant --datastore --config --quiet --color" ;;
    "subjects show") words="-o --help --name --address --phone --email --social --user --external-contact --dialer-contact --subject --output --out --tenant --datastore --config --quiet --color" ;;
    "subjects suggest") words="-o --help --name --address --phone --email --social --user --external-contact --dialer-contact --subject --output --out --tenant --datastore --config --quiet --color" ;;
    "request update") words="-o --help --name --address --phone --email --social --user --external-contact --dialer-contact --subject --received-at --channel --channel-ref --requester --on-behalf-of --identity-method --identity-by --dry-run --confirm --confirm-merge-set --case --queue --set --output --out --tenant --datastore --config --quiet --color" ;;
    "request export") words="-o --help --name --address --phone --email --social --user --external-contact --dialer-contact --subject --received-at --channel --channel-ref --requester --on-behalf-of --identity-method --identity-by --format --language --confirm-merge-set --case --encrypt-to --output --out --tenant --datastore --config --quiet --color" ;;
    "request get") words="-o --help --name --address --phone --email --social --user --external-contact --dialer-contact --subject --language --output --out --tenant --datastore --config --quiet --color" ;;
    "request delete") words="-o --help --name --address --phone --email --social --user --external-contact --dialer-contact --subject --received-at --channel --channel-ref --requester --on-behalf-of --identity-method --identity-by --dry-run --confirm --confirm-merge-set --case --queue --override --output --out --tenant --datastore --config --quiet --color" ;;
    "request plan") words="-o --help --name --address --phone --email --social --user --external-contact --dialer-contact --subject --case --require-match --import --format --output --out --tenant --datastore --config --quiet --color" ;;
    "request run") words="-o --help --received-at --channel --channel-ref --requester --on-behalf-of --identity-method --identity-by --acknowledge --ref --waive --reason --confirm --import --format --output --out --tenant --datastore --config --quiet --color" ;;
    "request list") words="-o --help --name --address --phone --email --social --user --external-contact --dialer-contact --subject --overdue --case --output --out --tenant --datastore --config --quiet --color" ;;
    "request show") words="-o --help --format --output --out --tenant --datastore --config --quiet --color" ;;
    "request retry") words="-o --help --output --out --tenant --datastore --config --quiet --color" ;;
    "request verify") words="-o --help --name --address --phone --email --social --user --external-contact --dialer-contact --subject --deep --output --out --tenant --datastore --config --quiet --color" ;;
    "request receipt") words="-o --help --output --out --tenant --datastore --config --quiet --color" ;;
    "request extend") words="-o --help --reason --by --output --out --tenant --datastore --config --quiet --color" ;;
    "request pause") words="-o --help --reason --resume --output --out --tenant --datastore --config --quiet --color" ;;
    "request refuse") words="-o --help --reason --output --out --tenant --datastore --config --quiet --color" ;;
    "request cancel") words="-o --help --reason --output --out --tenant --datastore --config --quiet --color" ;;
    "request complete-manual") words="-o --help --ref --evidence --output --out --tenant --datastore --config --quiet --color" ;;
    "request close") words="-o --help --case --waive --output --out --tenant --datastore --config --quiet --color" ;;
    "hold add") words="-o --help --name --address --phone --email --social --user --external-contact --dialer-contact --subject --matter --reason --custodian --category --data --created-from --created-to --review-on --output --out --tenant --datastore --config --quiet --color" ;;
    "hold list") words="-o --help --output --out --tenant --datastore --config --quiet --color" ;;
    "hold release") words="-o --help --reason --output --out --tenant --datastore --config --quiet --color" ;;
    "approve list") words="-o --help --open --output --out --tenant --datastore --config --quiet --color" ;;
    "approve show") words="-o --help --output --out --tenant --datastore --config --quiet --color" ;;
    "approve sign") words="-o --help --output --out --tenant --datastore --config --quiet --color" ;;
    "approve reject") words="-o --help --reason --output --out --tenant --datastore --config --quiet --color" ;;
    "retention plan") words="-o --help --as-of --fail-on-unmanaged --output --out --tenant --datastore --config --quiet --color" ;;
    "retention sweep") words="-o --help --dry-run --allow-match-all --workers --yes --as-of --run-time --metrics-file --first-run-ok --accept-shortening --accept-clock-jump --output --out --tenant --datastore --config --quiet --color" ;;
    "retention apply") words="-o --help --yes --run-time --metrics-file --first-run-ok --accept-shortening --accept-clock-jump --output --out --tenant --datastore --config --quiet --color" ;;
    "retention explain") words="-o --help --table --key --as-of --output --out --tenant --datastore --config --quiet --color" ;;
    "retention offboard") words="-o --help --return --destroy --yes --as-of --run-time --metrics-file --first-run-ok --accept-shortening --accept-clock-jump --output --out --tenant --datastore --config --quiet --color" ;;
    "retention replay") words="-o --help --reason --dry-run --output --out --tenant --datastore --config --quiet --color" ;;
    "retention report") words="-o --help --output --out --tenant --datastore --config --quiet --color" ;;
    "journal status") words="-o --help --output --out --tenant --datastore --config --quiet --color" ;;
    "journal verify") words="-o --help --output --out --tenant --datastore --config --quiet --color" ;;
    "audit export") words="-o --help --log --from --to --request --action --sample --seed --rendering --encrypt-to --output --out --tenant --datastore --config --quiet --color" ;;
    "audit verify") words="-o --help --pin --key --output --out --tenant --datastore --config --quiet --color" ;;
    "audit prove") words="-o --help --leaf --request --origin --index --old --key --output --out --tenant --datastore --config --quiet --color" ;;
    "audit seal") words="-o --help --output --out --tenant --datastore --config --quiet --color" ;;
    "audit pin") words="-o --help --output --out --tenant --datastore --config --quiet --color" ;;
    "audit prune") words="-o --help --yes --dry-run --output --out --tenant --datastore --config --quiet --color" ;;
    "audit show") words="-o --help --log --from --to --request --action --output --out --tenant --datastore --config --quiet --color" ;;
    "record add") words="-o --help --name --address --phone --email --social --user --external-contact --dialer-contact --subject --field --from --until --evidence --output --out --tenant --datastore --config --quiet --color" ;;
    "record list") words="-o --help --name --address --phone --email --social --user --external-contact --dialer-contact --subject --revoked --output --out --tenant --datastore --config --quiet --color" ;;
    "record show") words="-o --help --output --out --tenant --datastore --config --quiet --color" ;;
    "record revoke") words="-o --help --reason --output --out --tenant --datastore --config --quiet --color" ;;
    "policy validate") words="-o --help --output --out --tenant --datastore --config --quiet --color" ;;
    "policy show") words="-o --help --output --out --tenant --datastore --config --quiet --color" ;;
    "policy explain") words="-o --help --anchor --period --zone --granularity --output --out --tenant --datastore --config --quiet --color" ;;
    "policy diff") words="-o --help --impact --output --out --tenant --datastore --config --quiet --color" ;;
    "policy test") words="-o --help --output --out --tenant --datastore --config --quiet --color" ;;
    "datamap check") words="-o --help --output --out --tenant --datastore --config --quiet --color" ;;
    "datamap show") words="-o --help --output --out --tenant --datastore --config --quiet --color" ;;
    "db init") words="-o --help --domain --principal --output --out --tenant --datastore --config --quiet --color" ;;
    "db migrate") words="-o --help --dry-run --output --out --tenant --datastore --config --quiet --color" ;;
    "db doctor") words="-o --help --output --out --tenant --datastore --config --quiet --color" ;;
    "sandbox up") words="-o --help --contacts --seed --output --out --tenant --datastore --config --quiet --color" ;;
    "sandbox status") words="-o --help --output --out --tenant --datastore --config --quiet --color" ;;
    "sandbox seed") words="-o --help --contacts --seed --output --out --tenant --datastore --config --quiet --color" ;;
    "sandbox down") words="-o --help --erase --output --out --tenant --datastore --config --quiet --color" ;;
    "config show") words="-o --help --origin --output --out --tenant --datastore --config --quiet --color" ;;
    "version ") words="-o --help --output --out --tenant --datastore --config --quiet --color" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _ccctl ccctl
