#!/bin/sh
# Breaks the log in known ways and demands a red test for each; see Mutations.java.
cd "$(dirname "$0")/../.." && exec java scripts/mutations/Mutations.java "$@"
