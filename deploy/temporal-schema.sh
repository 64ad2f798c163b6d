#!/bin/sh
# Creates Temporal's two databases and brings their schemas up to date. Idempotent.
set -eu

prepare() {
  database=$1 schema=$2
  sql="temporal-sql-tool --plugin postgres12 --ep $POSTGRES_SEEDS -p $DB_PORT -u $POSTGRES_USER --db $database"
  $sql create
  # Fails where the schema is there already; the next step then brings it up to date.
  $sql setup-schema -v 0.0 || echo "$database has a schema"
  $sql update-schema -d "/etc/temporal/schema/postgresql/v12/$schema/versioned"
}

prepare temporal temporal
prepare temporal_visibility visibility
