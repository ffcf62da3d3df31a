#!/bin/sh
load=$(cat now)
echo "LOAD OK|load1=$load;5;10 load5=1.5"
