#!/bin/sh
echo "$1" >>"$(dirname "$0")/log"
