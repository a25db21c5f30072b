-- The audit log (formats.md 5): events wait in ccctl.pending; sealing numbers them as leaves of a
-- shard's Merkle tree and signs a checkpoint over it.
--
-- Group roles append to ccctl.pending and read; only the owner, as which the sealing account works,
-- writes the rest. Nobody's UPDATE or DELETE is granted anywhere here: what the owner does against
-- these rows is what `audit verify` finds.

-- An appended event. The identity orders events of one log; it is no high-water mark, because a
-- transaction may commit a smaller one later.
CREATE TABLE ccctl.pending (
  tenant_id   text NOT NULL,
  log         text NOT NULL CHECK (log IN ('security', 'evidence', 'organisation')),
  id          bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  line        bytea NOT NULL CHECK (pg_catalog.octet_length(line) BETWEEN 2 AND 60000),
  leaf_hash   bytea NOT NULL,
  appended_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  PRIMARY KEY (tenant_id, log, id),
  CHECK ((tenant_id = '*') = (log = 'organisation')),
  -- Sealing trusts this hash, so that it need not read the lines.
  CONSTRAINT pending_leaf_hash CHECK (leaf_hash = pg_catalog.sha256('\x00'::bytea || line))
);
CREATE INDEX pending_by_hash ON ccctl.pending (tenant_id, leaf_hash);

-- A tree. The organisation's own stands under the tenant "*". `period` is the last part of the origin: 2026, 2026-11, or 2026.2 for a second shard of
-- the same period. `public_key` is the raw Ed25519 key that signs it; another key opens a new shard.
CREATE TABLE ccctl.shard (
  tenant_id  text NOT NULL,
  log        text NOT NULL CHECK (log IN ('security', 'evidence', 'organisation')),
  period     text NOT NULL CHECK (period ~ '^[0-9]{4}(-[0-9]{2})?([.][0-9]+)?$'),
  origin     text NOT NULL,
  public_key bytea NOT NULL CHECK (pg_catalog.octet_length(public_key) = 32),
  size       bigint NOT NULL DEFAULT 0 CHECK (size >= 0),
  opened_at  timestamptz NOT NULL,
  sealed_at  timestamptz NOT NULL,      -- of the newest checkpoint; at first opened_at
  -- When its checkpoint last went into the organisation's log.
  recorded_at timestamptz NOT NULL DEFAULT '-infinity',
  closed_at  timestamptz,
  pruned_at  timestamptz CHECK (pruned_at >= closed_at),  -- its leaves are gone, its checkpoints stay
  PRIMARY KEY (tenant_id, log, period)
);
CREATE INDEX shard_idle ON ccctl.shard (sealed_at) WHERE closed_at IS NULL;
CREATE INDEX shard_recorded ON ccctl.shard (recorded_at) WHERE closed_at IS NULL;
CREATE UNIQUE INDEX shard_open ON ccctl.shard (tenant_id, log) WHERE closed_at IS NULL;

CREATE TABLE ccctl.leaf (
  tenant_id  text NOT NULL,
  log        text NOT NULL,
  period     text NOT NULL,
  leaf_index bigint NOT NULL CHECK (leaf_index >= 0),
  line       bytea NOT NULL,
  leaf_hash  bytea NOT NULL,
  PRIMARY KEY (tenant_id, log, period, leaf_index)
);
-- Not unique: two equal events of one microsecond are two leaves, and must not stop the sealing.
CREATE INDEX leaf_by_hash ON ccctl.leaf (tenant_id, leaf_hash);

-- Hashes of the complete subtrees of 2^level leaves that start at leaf node_index * 2^level, so that
-- a proof or the next sealing reads O(log n) rows. Level 0 stands in ccctl.leaf.
CREATE TABLE ccctl.node (
  tenant_id  text NOT NULL,
  log        text NOT NULL,
  period     text NOT NULL,
  level      smallint NOT NULL CHECK (level >= 1),
  node_index bigint NOT NULL CHECK (node_index >= 0),
  hash       bytea NOT NULL,
  PRIMARY KEY (tenant_id, log, period, level, node_index)
);

-- Signed checkpoints as published, byte for byte.
CREATE TABLE ccctl.checkpoint (
  tenant_id text NOT NULL,
  log       text NOT NULL,
  period    text NOT NULL,
  size      bigint NOT NULL CHECK (size > 0),
  note      text NOT NULL,
  consistency bytea,                    -- of a pruned shard: the proof that this one led to the last
  signed_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, log, period, size)
);

-- Verifier keys as published ("NAME+KEYID+KEY"), one per shard, because the name is the origin.
CREATE TABLE ccctl.log_key (
  tenant_id  text NOT NULL,
  origin     text NOT NULL,
  key        text NOT NULL,
  valid_from timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, origin, key)
);

-- One row, locked by whoever seals: two sealers would sign two trees of the same size.
CREATE TABLE ccctl.sealer (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row)
);
INSERT INTO ccctl.sealer DEFAULT VALUES;

-- Only these columns: the identity and the time are the datastore's.
GRANT INSERT (tenant_id, log, line, leaf_hash) ON ccctl.pending
  TO ccctl_officer, ccctl_admin, ccctl_auditor, ccctl_partner;
GRANT SELECT ON ccctl.pending, ccctl.shard, ccctl.leaf, ccctl.node, ccctl.checkpoint, ccctl.log_key
  TO ccctl_officer, ccctl_admin, ccctl_auditor, ccctl_partner;

ALTER TABLE ccctl.pending ENABLE ROW LEVEL SECURITY;
ALTER TABLE ccctl.shard ENABLE ROW LEVEL SECURITY;
ALTER TABLE ccctl.leaf ENABLE ROW LEVEL SECURITY;
ALTER TABLE ccctl.node ENABLE ROW LEVEL SECURITY;
ALTER TABLE ccctl.checkpoint ENABLE ROW LEVEL SECURITY;
ALTER TABLE ccctl.log_key ENABLE ROW LEVEL SECURITY;

CREATE POLICY ccctl_tenant ON ccctl.pending FOR SELECT
  USING (tenant_id IN (SELECT p.tenant_id FROM ccctl.principal p WHERE p.login = session_user));
-- Who appends by hand appends under the own name, in the own tenant, or not at all.
CREATE POLICY ccctl_append ON ccctl.pending FOR INSERT
  WITH CHECK (
    log <> 'organisation' AND tenant_id IN (SELECT p.tenant_id FROM ccctl.principal p WHERE p.login = session_user)
    AND pg_catalog.convert_from(line, 'UTF8')::json ->> 'actor' = session_user
    AND pg_catalog.convert_from(line, 'UTF8')::json ->> 'tenant' = tenant_id
    AND pg_catalog.convert_from(line, 'UTF8')::json ->> 'log' = log);
CREATE POLICY ccctl_tenant ON ccctl.shard FOR SELECT
  USING (tenant_id IN (SELECT p.tenant_id FROM ccctl.principal p WHERE p.login = session_user));
CREATE POLICY ccctl_tenant ON ccctl.leaf FOR SELECT
  USING (tenant_id IN (SELECT p.tenant_id FROM ccctl.principal p WHERE p.login = session_user));
CREATE POLICY ccctl_tenant ON ccctl.node FOR SELECT
  USING (tenant_id IN (SELECT p.tenant_id FROM ccctl.principal p WHERE p.login = session_user));
CREATE POLICY ccctl_tenant ON ccctl.checkpoint FOR SELECT
  USING (tenant_id IN (SELECT p.tenant_id FROM ccctl.principal p WHERE p.login = session_user));
CREATE POLICY ccctl_tenant ON ccctl.log_key FOR SELECT
  USING (tenant_id IN (SELECT p.tenant_id FROM ccctl.principal p WHERE p.login = session_user));

ALTER TABLE ccctl.pending OWNER TO ccctl_owner;
ALTER TABLE ccctl.shard OWNER TO ccctl_owner;
ALTER TABLE ccctl.leaf OWNER TO ccctl_owner;
ALTER TABLE ccctl.node OWNER TO ccctl_owner;
ALTER TABLE ccctl.checkpoint OWNER TO ccctl_owner;
ALTER TABLE ccctl.log_key OWNER TO ccctl_owner;
ALTER TABLE ccctl.sealer OWNER TO ccctl_owner;
