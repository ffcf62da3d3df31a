#!/bin/sh
used=$(cat used)
if [ "$used" -gt "$1" ]; then echo "DISK CRITICAL|used=$used%;$1"; exit 2; fi
echo "DISK OK|used=$used%;$1"
