-- Sweeps: destruction records, the rules that ran, leases.

-- One per run that deletes (P-10), opened before its first window; every receipt of the run refers to
-- it, and no window commits without it.
CREATE TABLE ccctl.destruction (
  tenant_id     text NOT NULL,
  run_id        text NOT NULL,
  kind          text NOT NULL CHECK (kind IN ('sweep', 'offboard', 'apply')),
  method        text NOT NULL,           -- how rows and objects are destroyed, in words
  plan_digest   text NOT NULL,
  saved_plan    text,                    -- of an applied one: the digest of its file
  policy_digest text NOT NULL,
  map_digest    text NOT NULL,
  as_of         timestamptz NOT NULL,    -- one for the whole run, however often it is resumed
  planned_rows  bigint NOT NULL,
  pass          integer NOT NULL DEFAULT 1,  -- the one at work; those before it are done
  opened_by     text NOT NULL DEFAULT session_user,
  opened_at     timestamptz NOT NULL,
  closed_at     timestamptz,
  outcome       text CHECK (outcome IN ('complete', 'partial', 'abandoned')),
  rows          bigint,                  -- rows gone, when closed
  backups_gone_at timestamptz,           -- of rows that were purged: from when no backup holds any
  leaf_hash     bytea,                   -- of the leaf that closed it
  PRIMARY KEY (tenant_id, run_id),
  CHECK ((closed_at IS NULL) = (outcome IS NULL))
);
-- An interrupted run is carried on before another one begins.
CREATE UNIQUE INDEX destruction_open ON ccctl.destruction (tenant_id) WHERE closed_at IS NULL;

-- Rules and settings by which the tenant's data was swept, as they were; those with the newest
-- `last_at` ran last. A rule in another wording is another digest.
CREATE TABLE ccctl.swept_rule (
  tenant_id text NOT NULL,
  rule_id   text NOT NULL,
  digest    text NOT NULL,
  rule      text NOT NULL,               -- canonical JSON
  last_at   timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, rule_id, digest)
);

-- The datastore's clock at the last run that was not given an instant.
CREATE TABLE ccctl.sweep_clock (
  tenant_id text PRIMARY KEY,
  last_at   timestamptz NOT NULL
);

-- Rows that wait for the second stage of a rule with stages: soft-deleted where the site's application
-- is blind to them, else only scheduled. A site's own mark on a row without one is the site's. What is
-- purged has none: when its last copy goes stands in the receipt and in the destruction record.
CREATE TABLE ccctl.stage (
  tenant_id   text NOT NULL,
  table_name  text NOT NULL,             -- as the data map calls it
  key         text NOT NULL,             -- JSON array of the key's texts, tenant left out
  stage       text NOT NULL CHECK (stage IN ('soft-deleted', 'scheduled')),
  marked      boolean NOT NULL,          -- the mark that hides it is ours, and goes with a restoration
  acted_at    timestamptz NOT NULL,      -- by the run's instant,
  next_at     timestamptz NOT NULL,      -- and the end of the period from there
  made_at     timestamptz NOT NULL,      -- the same by the datastore's clock, for a run that is not
  ready_at    timestamptz NOT NULL,      -- given an instant
  rule_id     text NOT NULL,
  rule_digest text NOT NULL,
  run_id      text NOT NULL,
  PRIMARY KEY (tenant_id, table_name, key)
);

-- Plans that were saved in a file, by the file's SHA-256.
CREATE TABLE ccctl.saved_plan (
  tenant_id   text NOT NULL,
  digest      text NOT NULL,
  plan_digest text NOT NULL,
  as_of       timestamptz NOT NULL,
  expires_at  timestamptz NOT NULL,
  rows        bigint NOT NULL,
  saved_by    text NOT NULL DEFAULT session_user,
  saved_at    timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, digest)
);

-- The rows of the plan that is being applied: nothing else goes.
CREATE TABLE ccctl.planned (
  tenant_id  text NOT NULL,
  table_name text NOT NULL,
  key        text NOT NULL,              -- as in ccctl.stage
  act        text NOT NULL,              -- remove, anonymise, hide, purge
  PRIMARY KEY (tenant_id, table_name, key)
);

-- What erasures had to leave, because a hold or the law kept it: a sweep takes it as soon as neither
-- does any more, by the erasure's own rules.
CREATE TABLE ccctl.restricted (
  tenant_id  text NOT NULL,
  table_name text NOT NULL,
  key        text NOT NULL,              -- as in ccctl.stage
  request_id text NOT NULL,
  until      timestamptz,                -- when the law lets the table's last row go; NULL: not known
  PRIMARY KEY (tenant_id, table_name, key, request_id)
);
CREATE INDEX restricted_by ON ccctl.restricted (tenant_id, request_id);

-- The requests that had to, until the last of these rows has gone.
CREATE TABLE ccctl.restricting (
  tenant_id  text NOT NULL,
  request_id text NOT NULL,
  receipt    bytea NOT NULL,             -- the leaf that told of them
  PRIMARY KEY (tenant_id, request_id)
);

-- One holder at a time. Who takes it over raises `fence`; what an earlier holder still does is
-- refused by it.
CREATE TABLE ccctl.lease (
  tenant_id  text NOT NULL,
  name       text NOT NULL,
  holder     text NOT NULL,
  fence      bigint NOT NULL,
  backend    integer NOT NULL,           -- the holder's; when it is gone, so is the holder
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, name)
);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['destruction', 'swept_rule', 'sweep_clock', 'stage', 'saved_plan',
    'planned', 'restricted', 'restricting', 'lease'] LOOP
    EXECUTE pg_catalog.format('ALTER TABLE ccctl.%I OWNER TO ccctl_owner', name);
    EXECUTE pg_catalog.format('ALTER TABLE ccctl.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE pg_catalog.format('CREATE POLICY ccctl_tenant ON ccctl.%I USING (tenant_id IN '
      '(SELECT p.tenant_id FROM ccctl.principal p WHERE p.login = session_user))', name);
  END LOOP;
END
$$;

GRANT SELECT, INSERT, UPDATE ON ccctl.destruction, ccctl.swept_rule, ccctl.sweep_clock, ccctl.lease
  TO ccctl_officer, ccctl_admin;
GRANT SELECT, INSERT, DELETE ON ccctl.planned TO ccctl_officer, ccctl_admin;
GRANT SELECT, INSERT ON ccctl.saved_plan TO ccctl_officer, ccctl_admin;
GRANT SELECT ON ccctl.saved_plan TO ccctl_auditor;
GRANT SELECT, INSERT, DELETE ON ccctl.stage TO ccctl_officer, ccctl_admin;
GRANT SELECT ON ccctl.destruction, ccctl.swept_rule, ccctl.sweep_clock TO ccctl_auditor;
GRANT SELECT, INSERT, UPDATE (until), DELETE ON ccctl.restricted TO ccctl_officer;
GRANT SELECT, DELETE ON ccctl.restricted TO ccctl_admin;
GRANT SELECT, INSERT, DELETE ON ccctl.restricting TO ccctl_officer;
GRANT SELECT, DELETE ON ccctl.restricting TO ccctl_admin;
GRANT SELECT ON ccctl.restricting TO ccctl_auditor, ccctl_partner;
GRANT SELECT (tenant_id, table_name, request_id, until) ON ccctl.restricted
  TO ccctl_auditor, ccctl_partner;
-- How much waits, and until when; keys may be personal.
GRANT SELECT (tenant_id, table_name, stage, acted_at, next_at, rule_id, run_id) ON ccctl.stage
  TO ccctl_auditor;
GRANT SELECT (tenant_id, table_name) ON ccctl.stage TO ccctl_partner;
-- What a sweep of the administrator's needs besides the rights on the site's own tables.
GRANT INSERT, DELETE ON ccctl.attempt TO ccctl_admin;
GRANT SELECT, INSERT ON ccctl.receipt TO ccctl_admin;
GRANT SELECT, INSERT, UPDATE, DELETE ON ccctl.item TO ccctl_admin;
GRANT DELETE ON ccctl.subject_ref TO ccctl_admin;
