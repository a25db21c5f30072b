-- Roles, people and their rights, the organisation.
--
-- The group roles are cluster-wide; log-ins become members of one or more. A person's tenants and
-- roles come from ccctl.principal, keyed on session_user, never from a setting that anyone may SET.

DO $$
DECLARE
  role_name text;
BEGIN
  FOREACH role_name IN ARRAY ARRAY['ccctl_owner', 'ccctl_officer', 'ccctl_admin', 'ccctl_auditor',
                               'ccctl_partner'] LOOP
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = role_name) THEN
      BEGIN
        EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN', role_name);
      EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;  -- another database of this cluster made it at the same moment
      END;
    END IF;
  END LOOP;
END
$$;

CREATE SCHEMA ccctl;
GRANT USAGE ON SCHEMA ccctl TO ccctl_owner, ccctl_officer, ccctl_admin, ccctl_auditor, ccctl_partner;

CREATE TABLE ccctl.migration (
  number     integer PRIMARY KEY,
  name       text NOT NULL,
  sha256     text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);

-- One row: the organisation whose logs these are. Origins begin with its domain (formats.md 5).
CREATE TABLE ccctl.organisation (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  domain   text NOT NULL CHECK (domain ~ '^[a-z0-9.-]+$')
);

CREATE TABLE ccctl.principal (
  tenant_id text NOT NULL,
  login     text NOT NULL,
  role      text NOT NULL CHECK (role IN ('officer', 'admin', 'auditor', 'owner',
              'partner')),      -- through whom the tenant bought the service; no other partner has a row
  PRIMARY KEY (tenant_id, login, role)
);
CREATE INDEX principal_login ON ccctl.principal (login);

GRANT SELECT ON ccctl.migration, ccctl.organisation, ccctl.principal
  TO ccctl_officer, ccctl_admin, ccctl_auditor, ccctl_partner;
ALTER TABLE ccctl.migration OWNER TO ccctl_owner;
ALTER TABLE ccctl.organisation OWNER TO ccctl_owner;
ALTER TABLE ccctl.principal OWNER TO ccctl_owner;
