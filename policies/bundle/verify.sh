#!/bin/sh
# Verifies the checkpoint, the manifest and one proof of a bundle of `ccctl audit export`, with
# openssl and coreutils.
#
#   verify.sh FOLDER KEY [INDEX]
#
# KEY is a verifier key "NAME+KEYID+BASE64" or a file with one on each line. Take it from somewhere else
# than the bundle. It counts for all logs of its tenant. INDEX names an event of which the bundle has a proof;
# without it the last one is taken. That no event is missing is what verify.py checks.
#
# Exit 0 and a line "verified: ..." for what was checked; 1 with the reason when something is wrong; 2
# when called wrongly; 3 when the manifest has no receipt and all else is right.
set -eu
LC_ALL=C
export LC_ALL

fail() {
  printf 'verify.sh: not verified: %s\n' "$1" >&2
  exit 1
}
usage() {
  printf 'verify.sh: %s\nusage: verify.sh FOLDER KEY [INDEX]\n' "$1" >&2
  exit 2
}

[ $# -ge 2 ] && [ $# -le 3 ] || usage 'it takes a folder, a key and perhaps an index'
bundle=$1 key=$2 wanted=${3-}
[ -f "$bundle/manifest.json" ] || usage 'the folder holds no manifest.json'
umask 077
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

sha256() { openssl dgst -sha256 -binary -out "$2" "$1"; }
hex() { od -An -v -tx1 "$1" | tr -d ' \n'; }
bytes() { wc -c <"$1" | tr -d ' '; }

# decode TEXT OUT SIZE WHAT: strictly; two texts never stand for the same bytes.
decode() {
  printf '%s' "$1" | openssl base64 -d -A -out "$2" 2>/dev/null || fail "$4 is not base64"
  [ "$(openssl base64 -A -in "$2")" = "$1" ] || fail "$4 is not base64"
  [ "$(bytes "$2")" -eq "$3" ] || fail "$4 does not have $3 bytes"
}
number() {
  case $1 in
    '' | *[!0-9]* | 0?*) fail "the $2 is not a number" ;;
  esac
  [ ${#1} -le 18 ] || fail "the $2 is too large"
}

# --- the keys ------------------------------------------------------------------------------------
# key_id NAME: how a signature line calls the key in use under that name.
key_id() {
  {
    printf '%s\n\001' "$1"
    cat "$work/public"
  } >"$work/named"
  sha256 "$work/named" "$work/named.sha256"
  head -c 4 "$work/named.sha256" | od -An -tx1 | tr -d ' \n'
}
# use_key KEY: sets name, tenant and $work/public.
use_key() {
  case $1 in
    *+????????+*) ;;
    *) usage 'the key is not NAME+KEYID+BASE64' ;;
  esac
  name=${1%%+*}
  tenant=${name%/*/*}
  decode "${1#*+*+}" "$work/typed" 33 'the key'
  [ "$(head -c 1 "$work/typed" | od -An -tx1 | tr -d ' ')" = 01 ] || fail 'the key is not Ed25519'
  tail -c 32 "$work/typed" >"$work/public"
  rest=${1#*+}
  [ "${rest%%+*}" = "$(key_id "$name")" ] || fail 'the key id does not belong to the key'
}
if [ -f "$key" ]; then
  grep . "$key" >"$work/keys" || fail 'the key file is empty'
else
  printf '%s\n' "$key" >"$work/keys"
fi
while IFS= read -r key; do use_key "$key"; done <"$work/keys"

# --- checkpoints and proofs ----------------------------------------------------------------------
# checkpoint FILE: sets origin, size and $work/root; fails unless the key has signed it.
checkpoint() {
  exec 3<"$1"
  for part in origin size root blank signature; do
    IFS= read -r "$part" <&3 || fail 'a checkpoint is cut off'
  done
  exec 3<&-
  printf '%s\n%s\n%s\n\n%s\n' "$origin" "$size" "$root" "$signature" >"$work/again"
  cmp -s "$work/again" "$1" || fail 'a checkpoint holds something that is not part of it'
  number "$size" 'tree size'
  [ "${signature% *}" = "— $origin" ] || fail "the signature is not under the name '$origin'"
  decode "${signature##* }" "$work/signature" 68 'the signature'
  id=$(head -c 4 "$work/signature" | od -An -tx1 | tr -d ' \n')
  trusted=
  while [ -z "$trusted" ] && IFS= read -r key; do
    use_key "$key"
    [ "${origin%/*/*}" != "$tenant" ] || [ "$id" != "$(key_id "$origin")" ] || trusted=yes
  done <"$work/keys"
  [ "$trusted" ] || fail "the checkpoint of '$origin' is signed by none of the keys of its tenant"
  {
    # The 12 bytes before an Ed25519 key in its SubjectPublicKeyInfo (RFC 8410).
    printf '\060\052\060\005\006\003\053\145\160\003\041\000'
    cat "$work/public"
  } >"$work/key.der"
  openssl pkey -pubin -inform DER -in "$work/key.der" -out "$work/key.pem" 2>/dev/null ||
    fail 'the key is not an Ed25519 public key'
  tail -c 64 "$work/signature" >"$work/signature.raw"
  printf '%s\n%s\n%s\n' "$origin" "$size" "$root" >"$work/body"
  openssl pkeyutl -verify -pubin -inkey "$work/key.pem" -rawin -in "$work/body" \
    -sigfile "$work/signature.raw" >/dev/null 2>&1 || fail "the checkpoint's signature is false"
  decode "$root" "$work/root" 32 "the checkpoint's root"
}

# pair LEFT RIGHT: SHA256(01 | left | right) becomes the new running hash.
pair() {
  {
    printf '\001'
    cat "$1" "$2"
  } >"$work/input"
  sha256 "$work/input" "$work/r.new"
  mv "$work/r.new" "$work/r"
}

# prove LEAF PROOF: the leaf's bytes stand where the proof says, in the tree that it signs.
prove() {
  [ "$(head -n 1 "$2")" = 'c2sp.org/tlog-proof@v1' ] || fail 'a proof is no C2SP tlog-proof'
  sed '1,/^$/d' "$2" >"$work/note"
  sed '/^$/,$d' "$2" | tail -n +2 >"$work/head"
  checkpoint "$work/note"
  index=$(head -n 1 "$work/head")
  case $index in
    'index '*) index=${index#index } ;;
    *) fail 'a proof has no index' ;;
  esac
  number "$index" index
  [ "$index" -lt "$size" ] || fail 'the leaf lies outside the tree'
  tail -n +2 "$work/head" >"$work/hashes"
  {
    printf '\000'
    cat "$1"
  } >"$work/input"
  sha256 "$work/input" "$work/r"
  fn=$index
  sn=$((size - 1))
  while IFS= read -r hash; do
    [ "$sn" -ne 0 ] || fail 'a proof is too long for its tree'
    decode "$hash" "$work/p" 32 'a hash of a proof'
    if [ $((fn & 1)) -eq 1 ] || [ "$fn" -eq "$sn" ]; then
      pair "$work/p" "$work/r"
      while [ $((fn & 1)) -eq 0 ] && [ "$fn" -ne 0 ]; do
        fn=$((fn >> 1))
        sn=$((sn >> 1))
      done
    else
      pair "$work/r" "$work/p"
    fi
    fn=$((fn >> 1))
    sn=$((sn >> 1))
  done <"$work/hashes"
  [ "$sn" -eq 0 ] || fail 'a proof is too short for its tree'
  cmp -s "$work/r" "$work/root" || fail 'a leaf and its proof do not lead to the signed root'
}

# --- the manifest: its files, and its receipt ----------------------------------------------------
manifest=$bundle/manifest.json
# member NAME: the text of a member that has a line of its own, or stands on the line read.
member() { sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"; }
grep '^{"bytes":' "$manifest" >"$work/files" || fail 'the manifest lists no files'
while IFS= read -r line; do
  file=$(printf '%s\n' "$line" | member name)
  [ -f "$bundle/$file" ] || fail "$file is missing"
  sha256 "$bundle/$file" "$work/digest"
  [ "$(hex "$work/digest")" = "$(printf '%s\n' "$line" | member sha256)" ] ||
    fail "$file is not the file that the manifest lists"
done <"$work/files"
if [ -f "$bundle/manifest.receipt" ]; then
  head -n 1 "$bundle/manifest.receipt" | tr -d '\n' >"$work/leaf"
  tail -n +3 "$bundle/manifest.receipt" >"$work/proof"
  prove "$work/leaf" "$work/proof"
  sha256 "$manifest" "$work/digest"
  case $(cat "$work/leaf") in
    '{"action":"audit.exported",'*"\"manifest\":\"$(hex "$work/digest")\""*) ;;
    *) fail 'the manifest is not the one that its receipt is about' ;;
  esac
  printf 'verified: the manifest, by event %s of %s\n' "$index" "$origin"
fi

# --- the checkpoint and one proof of each log ----------------------------------------------------
grep '^{"first":\|^{"folder":' "$manifest" >"$work/shards" || :
met=
while IFS= read -r line; do
  folder=$bundle/$(printf '%s\n' "$line" | member folder)
  checkpoint "$folder/checkpoint"
  [ "$origin" = "$(printf '%s\n' "$line" | member origin)" ] ||
    fail 'a checkpoint is of another log than the manifest says'
  printf 'verified: the checkpoint of %s, %s events\n' "$origin" "$size"
  rows=$(printf '%s\n' "$line" | member rows)
  : >"$work/names"
  [ ! -d "$folder/proofs" ] || ls "$folder/proofs" | sort >"$work/names"
  if [ ! -s "$work/names" ]; then
    [ "$rows" = 0 ] || fail "there is no proof of an event of $origin"
    continue
  fi
  if [ -n "$wanted" ]; then
    number "$wanted" index
    place=$(grep -n "^0*$wanted[.]tlog-proof\$" "$work/names" | cut -d: -f1)
    [ -n "$place" ] || continue
    met=1
  else
    place=$(wc -l <"$work/names" | tr -d ' ')
  fi
  proof=$folder/proofs/$(sed -n "${place}p" "$work/names")
  # Of single events each has a proof, in the same order; of a range the last one has.
  [ "$(wc -l <"$work/names")" -gt 1 ] || place='$'
  sed -n "${place}p" "$folder/events.jsonl" | tr -d '\n' >"$work/leaf"
  prove "$work/leaf" "$proof"
  cmp -s "$work/note" "$folder/checkpoint" || fail 'a proof is of another tree than the checkpoint'
  printf 'verified: event %s of %s\n' "$index" "$origin"
done <"$work/shards"
[ -z "$wanted" ] || [ -n "$met" ] || fail "there is no proof of event $wanted"
[ -f "$bundle/manifest.receipt" ] || {
  printf 'incomplete: there is no manifest.receipt\n'
  exit 3
}
