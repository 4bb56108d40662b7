#!/bin/bash
# Runs inside the PostgreSQL image when the volume is new: the two log-ins and the database of docs/betrieb.md.
set -euo pipefail
psql --username "$POSTGRES_USER" --dbname postgres --set ON_ERROR_STOP=1 \
    --set owner_password="$ETAPPE_OWNER_PASSWORD" --set app_password="$ETAPPE_APP_PASSWORD" <<'SQL'
create role etappe_owner login nosuperuser nobypassrls password :'owner_password';
create role etappe_app login nosuperuser nobypassrls password :'app_password';
create database etappe owner etappe_owner encoding 'UTF8' template template0;
SQL
