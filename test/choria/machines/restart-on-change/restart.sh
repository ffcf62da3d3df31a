#!/bin/sh
cat app.conf >>restarts
