#!/bin/sh
# Creates the namespace and the search attributes of lib/topology.ts. Idempotent.
set -eu

temporal operator namespace describe default >/dev/null 2>&1 ||
  temporal operator namespace create --namespace default --retention 7d

for attribute in clientId endpoint correlationId deliveryState; do
  temporal operator search-attribute create --namespace default --name "$attribute" --type Keyword || true
done
temporal operator search-attribute list --namespace default
