#!/bin/sh
# Records what a C library's crypt_r(3) returns to questions.tsv:
#   tests/vectors/crypt/record.sh                 this machine's, into libxcrypt-VERSION.tsv
#   tests/vectors/crypt/record.sh musl FOLDER     musl's, from its source: compiles src/crypt of FOLDER
#   tests/vectors/crypt/record.sh NAME OBJECT…    any other, given what to link: objects, archives or -l options
# With `-o PROGRAM` before all this, only builds the program that asks.
# Needs cc; for this machine's library libcrypt-dev. The other tables were recorded with the third form, from
# libxcrypt 4.4.10, 4.4.18 and 4.4.38 (./configure; the last with --disable-failure-tokens), from glibc 2.16 and 2.36 with the
# files of crypt/ compiled alone, and from Apple's gen/crypt.c behind a crypt_r that calls crypt. FreeBSD's has crypt_des and
# crypt_blowfish of FreeBSD 14 behind a crypt_r that chooses by `$2`, without rows that its other functions answer.
set -eu
here=$(dirname "$0")
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT

program=
if [ "${1-}" = -o ]; then
    program=$2
    shift 2
fi

case "${1-}" in
'')
    version=$(dpkg-query -W -f '${Version}' libcrypt1)
    name=libxcrypt-${version#*:} name=${name%-*}
    what="libxcrypt $version of $(. /etc/os-release && echo "$PRETTY_NAME")"
    cc -O2 -o "$build/record" "$here/record.c" -lcrypt
    ;;
musl)
    folder=$2
    version=$(cat "$folder/VERSION")
    name=musl-$version what="musl $version, src/crypt compiled alone"
    # Its files against this machine's headers, with the names that musl keeps to itself.
    cat >"$build/crypt.h" <<'HEADER'
#include <stddef.h>
#define hidden
struct crypt_data;
char *crypt_r(const char *, const char *, struct crypt_data *);
char *__crypt_des(const char *, const char *, char *), *__crypt_md5(const char *, const char *, char *);
char *__crypt_blowfish(const char *, const char *, char *);
char *__crypt_sha256(const char *, const char *, char *), *__crypt_sha512(const char *, const char *, char *);
#define weak_alias(old, new) extern __typeof(old) new __attribute__((__weak__, __alias__(#old)))
HEADER
    for file in des md5 blowfish sha256 sha512 r; do
        cc -O2 -w -c -D_GNU_SOURCE -I"$build" -include "$build/crypt.h" -o "$build/$file.o" "$folder/src/crypt/crypt_$file.c"
    done
    cc -O2 -o "$build/record" "$here/record.c" "$build"/*.o
    ;;
*)
    name=$1 what=$1
    shift
    cc -O2 -o "$build/record" "$here/record.c" "$@"
    ;;
esac

if [ -n "$program" ]; then
    mv "$build/record" "$program"
    exit
fi
{
    echo "# Recorded from crypt_r(3) of $what, $(uname -m), $(date +%Y-%m). \`=\` and the text, or \`NULL\` and errno."
    "$build/record" "$here/questions.tsv"
} >"$build/table"
mv "$build/table" "$here/$name.tsv"
echo "$here/$name.tsv: $(grep -vc '^#' "$here/$name.tsv") answers"
