#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# merge.sh MSGCAT OUTPUT HEADER.po ROOM.po...
# msgcat wants to know the character set of each file; a room's file need not repeat the header for that.
set -eu
msgcat=$1 output=$2 header=$3
shift 3
parts=$output.parts
rm -rf "$parts"
mkdir -p "$parts"
for file; do
    part=$parts/$(basename "$file")
    if grep -q '^"Content-Type:' "$file"; then
        cat "$file" >"$part"
    else
        { cat "$header"; echo; cat "$file"; } >"$part"
    fi
done
"$msgcat" --use-first --no-wrap --to-code=UTF-8 --output-file="$output" "$parts"/*.po
