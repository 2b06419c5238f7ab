#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Installs a build into a folder of its own and uses it as a stranger would: `try-install.sh BUILD PLACE`.
# A program is compiled by pkg-config against the shared and the static libraries, and the names that the
# shared ones show are looked at; so is one in C++. Every command has its man page. Last line: `N passed, N failed`.
set -u
build=$1
place=$2
passed=0
failed=0
skipped=0

check() {
    what=$1
    shift
    if "$@" >"$place/out" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $what"
        tail -n 20 "$place/out"
    fi
}

only_ours() {
    names=$(nm -D --defined-only "$1" | awk '$2 != "A" {print $3}' | sed 's/@.*//')
    [ -n "$names" ] && ! echo "$names" | grep -v '^sv_'
}

rm -rf "$place"
mkdir -p "$place"
check "meson install" meson install -C "$build" --no-rebuild --destdir "$place"
pc=$(find "$place" -name seven.pc)
[ -n "$pc" ] || { echo "FAIL no seven.pc"; echo "$passed passed, $((failed + 1)) failed"; exit 1; }
export PKG_CONFIG_PATH="$(dirname "$pc")" PKG_CONFIG_SYSROOT_DIR="$place"
libs=$(dirname "$(dirname "$pc")")

cat >"$place/user.c" <<'C'
#include <seven/seven.h>
#include <stdio.h>

int main(void)
{
    return puts(sv_drop_name(SV_DROP_TCP_PAWS)) < 0 || sv_err_text(SV_ERR_RESET)[0] == 0;
}
C
pages() { # each command that --help lists
    env LD_LIBRARY_PATH="$libs" "$(find "$place" -path '*/bin/seven')" --help |
        sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' |
        while read -r name; do
            [ -n "$(find "$place" -name "seven-$name.1*")" ] || echo "no man page of $name"
        done
}
no_page_missing() { ! pages | grep .; }
check "man pages" no_page_missing
check "shared link" cc "$place/user.c" -o "$place/user" $(pkg-config --cflags --libs seven)
check "shared run" env LD_LIBRARY_PATH="$libs" "$place/user"
if command -v c++ >/dev/null 2>&1; then
    cat >"$place/user.cc" <<'C'
#include <seven/seven.h>
#include <seven/http.h>
#include <seven/nat.h>

int main()
{
    const sv_addr any = sv_addr_v4(0, 0, 0, 0);
    char text[SV_ADDR_TEXT];
    return sv_addr_text(&any, text)[0] != '0' || sv_http_result_name(SV_HTTP_DONE)[0] == 0;
}
C
    # shellcheck disable=SC2046
    check "C++ link" c++ -Wall -Wextra -Werror "$place/user.cc" -o "$place/user-cc" $(pkg-config --cflags --libs seven)
    check "C++ run" env LD_LIBRARY_PATH="$libs" "$place/user-cc"
else
    echo "skip: C++: no compiler for it"
    skipped=$((skipped + 1))
fi
check "static link" cc "$place/user.c" -o "$place/user-static" $(pkg-config --cflags seven) \
    "$libs/libseven.a" "$libs/libseven-core.a" $(pkg-config --static --libs-only-l seven | sed 's/-lseven[^ ]*//g')
check "static run" "$place/user-static"
if command -v cmake >/dev/null 2>&1; then
    cat >"$place/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.13)
project(user C)
find_package(seven REQUIRED)
add_executable(user user.c)
target_link_libraries(user seven::seven)
CMAKE
    check "cmake configure" cmake -S "$place" -B "$place/cmake" -Dseven_DIR="$libs/cmake/seven"
    check "cmake build" cmake --build "$place/cmake"
    check "cmake run" env LD_LIBRARY_PATH="$libs" "$place/cmake/user"
else
    skipped=3
    echo "skip: cmake is not installed"
fi
for library in "$libs"/libseven-core.so.0 "$libs"/libseven.so.0; do
    check "only sv_ names in $(basename "$library")" only_ours "$library"
done
echo "$passed passed, $failed failed$([ $skipped = 0 ] || echo ", $skipped skipped")"
[ "$failed" = 0 ]
