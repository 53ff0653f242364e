#!/bin/sh
# SPDX-License-Identifier: MIT
# Every public header must compile alone, as C11 and as C++.
#   check_headers.sh SOURCE_ROOT
set -eu
root=$1
count=0
for header in "$root"/include/reelvec/*.h; do
    name=reelvec/$(basename "$header")
    printf '#include "%s"\n' "$name" | ${CC:-cc} -std=c11 -pedantic -Wall -Wextra -Werror -I"$root/include" -fsyntax-only -x c -
    printf '#include "%s"\n' "$name" | ${CXX:-c++} -std=c++17 -pedantic -Wall -Wextra -Werror -I"$root/include" -fsyntax-only -x c++ -
    count=$((count + 1))
done
test "$count" -ge 17
echo "$count public headers compile alone as C11 and C++"
