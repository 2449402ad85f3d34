#!/bin/sh
echo hello from the guest
