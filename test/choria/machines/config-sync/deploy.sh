#!/bin/sh
[ "$1" = BROKEN ] && exit 1
printf "{\"deployed\": \"%s in %s\", \"seen\": %s}" "$1" "$MODE" "$(cat "$WATCHER_DATA" | wc -l | tr -d " ")"
