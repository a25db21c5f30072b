# bash completion for ccctl; made from the program's own tables.
_ccctl() {
  local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}"
  local noun="" verb="" i
  COMPREPLY=()
  case "$prev" in
    --color) COMPREPLY=($(compgen -W "auto always never" -- "$cur")); return ;;
    --config) COMPREPLY=($(compgen -f -- "$cur")); return ;;
    --contacts) :; return ;;
    --datastore) :; return ;;
    --domain) :; return ;;
    --key) :; return ;;
    --out) COMPREPLY=($(compgen -f -- "$cur")); return ;;
    --pin) COMPREPLY=($(compgen -f -- "$cur")); return ;;
    --principal) :; return ;;
    --seed) :; return ;;
    --tenant) :; return ;;
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
    " ") words="audit datamap db sandbox config version help" ;;
    "audit ") words="verify seal" ;;
    "datamap ") words="check show" ;;
    "db ") words="init migrate doctor" ;;
    "sandbox ") words="up status seed down" ;;
    "config ") words="show" ;;
    "audit verify") words="-o --help --pin --key --output --out --tenant --datastore --config --quiet --color" ;;
    "audit seal") words="-o --help --output --out --tenant --datastore --config --quiet --color" ;;
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
