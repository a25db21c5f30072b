-- What the datastore knows of the journal outside it (formats.md 3), and keyed tombstones.
--
-- The journal is numbered segments; `journal_head` is the last one of which this datastore is known
-- to hold every leaf. A restored backup has an old head, and lacks leaves that later segments name.

CREATE TABLE ccctl.journal_head (
  tenant_id text PRIMARY KEY,
  segment   bigint NOT NULL CHECK (segment >= 1),
  line_hash bytea NOT NULL CHECK (pg_catalog.octet_length(line_hash) = 32)  -- of its last line
);

-- Leaves that the journal must get: committed with the leaf, deleted when the journal has it.
CREATE TABLE ccctl.journal_due (
  tenant_id text NOT NULL,
  leaf_hash bytea NOT NULL,
  PRIMARY KEY (tenant_id, leaf_hash)
);

-- Leaves that only the journal has, because a restore lost them, and what replay made of each.
CREATE TABLE ccctl.replayed (
  tenant_id  text NOT NULL,
  leaf_hash  bytea NOT NULL,
  outcome    text NOT NULL,
  replayed_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, leaf_hash)
);

-- Which request erased whom, answerable to somebody who brings the value, and to nobody else: the
-- hash is an HMAC under the tenant's evidence key, which stands outside the datastore.
CREATE TABLE ccctl.tombstone (
  tenant_id  text NOT NULL,
  keyed_hash bytea NOT NULL CHECK (pg_catalog.octet_length(keyed_hash) = 32),
  request_id text NOT NULL,
  erased_at  timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, keyed_hash, request_id)
);
CREATE INDEX tombstone_expiry ON ccctl.tombstone (tenant_id, expires_at);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['journal_head', 'journal_due', 'replayed', 'tombstone'] LOOP
    EXECUTE pg_catalog.format('ALTER TABLE ccctl.%I OWNER TO ccctl_owner', name);
    EXECUTE pg_catalog.format('ALTER TABLE ccctl.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE pg_catalog.format('CREATE POLICY ccctl_tenant ON ccctl.%I USING (tenant_id IN '
      '(SELECT p.tenant_id FROM ccctl.principal p WHERE p.login = session_user))', name);
  END LOOP;
END
$$;

GRANT SELECT, INSERT, UPDATE ON ccctl.journal_head TO ccctl_officer, ccctl_admin;
GRANT SELECT, INSERT, DELETE ON ccctl.journal_due TO ccctl_officer, ccctl_admin;
GRANT SELECT, INSERT ON ccctl.journal_due TO ccctl_auditor;
GRANT SELECT, INSERT ON ccctl.replayed TO ccctl_officer, ccctl_admin;
GRANT SELECT, INSERT, DELETE ON ccctl.tombstone TO ccctl_officer;
GRANT SELECT ON ccctl.journal_head, ccctl.replayed, ccctl.tombstone TO ccctl_auditor;
