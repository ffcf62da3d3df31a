#!/bin/sh
test ! -e tripped
