-- Holds, approvals, data subjects' requests and what running them leaves behind.
--
-- tenant_id comes first in every key. Rows of other tenants are invisible: the policy compares with
-- the tenants of session_user. A request row holds no personal data; the values stand in
-- ccctl.request_term and the references to people in ccctl.request_member and ccctl.subject_ref,
-- until the request is closed.

CREATE TABLE ccctl.approval (
  tenant_id    text NOT NULL,
  approval_id  text NOT NULL,
  kind         text NOT NULL,            -- policy/approval.h; each is registered by its own room
  target       text NOT NULL,            -- the hold's id, or the subject's reference
  reason       text NOT NULL,
  requested_by text NOT NULL DEFAULT session_user,
  requested_at timestamptz NOT NULL,
  decision     text CHECK (decision IN ('approved', 'rejected')),
  decided_by   text,
  decided_at   timestamptz,
  rejection    text,                     -- why, of a rejected one
  PRIMARY KEY (tenant_id, approval_id),
  CHECK ((decision IS NOT DISTINCT FROM 'rejected') = (rejection IS NOT NULL)),
  CHECK ((decision IS NULL) = (decided_by IS NULL) AND (decision IS NULL) = (decided_at IS NULL)),
  CHECK (decided_by <> requested_by)     -- the second person is another person
);
CREATE UNIQUE INDEX approval_open ON ccctl.approval (tenant_id, kind, target) WHERE decision IS NULL;

CREATE TABLE ccctl.hold (
  tenant_id    text NOT NULL,
  hold_id      text NOT NULL,
  matter       text NOT NULL,
  reason       text NOT NULL,
  custodian    text NOT NULL,
  subject_kind text,
  category     text,
  data         text,
  created_from timestamptz,
  created_to   timestamptz,
  review_on    date,
  added_by     text NOT NULL DEFAULT session_user,
  added_at     timestamptz NOT NULL,
  released_at  timestamptz,
  grace_until  timestamptz,              -- released_at + P7D, computed by the calendar, not here
  PRIMARY KEY (tenant_id, hold_id),
  CHECK ((released_at IS NULL) = (grace_until IS NULL))
);
CREATE INDEX hold_active ON ccctl.hold (tenant_id) WHERE released_at IS NULL;

-- Whom a subject hold covers: the merge set at the time, which later members join.
CREATE TABLE ccctl.hold_subject (
  tenant_id    text NOT NULL,
  hold_id      text NOT NULL,
  subject_kind text NOT NULL,
  subject_key  text NOT NULL,            -- canonical JSON array of the key's texts, tenant left out
  PRIMARY KEY (tenant_id, hold_id, subject_kind, subject_key),
  FOREIGN KEY (tenant_id, hold_id) REFERENCES ccctl.hold
);
CREATE INDEX hold_subject_of ON ccctl.hold_subject (tenant_id, subject_kind, subject_key);

CREATE TABLE ccctl.request (
  tenant_id       text NOT NULL,
  request_id      text NOT NULL,
  request_type    text NOT NULL CHECK (request_type IN ('GDPR_EXPORT', 'GDPR_UPDATE', 'GDPR_DELETE')),
  phase           text NOT NULL CHECK (phase IN ('received', 'planned', 'searching', 'updating', 'erasing',
                    'settling', 'verifying', 'unsealed', 'completed', 'closed', 'refused', 'cancelled')),
  outcome         text CHECK (outcome IN ('complete', 'partial', 'refused', 'failed')),
  restricted      boolean NOT NULL DEFAULT false,  -- waits for the release of a subject hold
  created_by      text NOT NULL DEFAULT session_user,
  created_at      timestamptz NOT NULL,
  received_at     timestamptz NOT NULL,
  channel         text NOT NULL,
  channel_ref     text,
  requester       text,                  -- the role of whoever asked: subject, customer, partner, user
  on_behalf_of    text,
  identity_method text,
  identity_by     text,
  identity_at     timestamptz,
  verified        boolean NOT NULL,      -- identity checked, or the pack waives the check
  subject_mark    text NOT NULL,         -- a pseudonym of whom it is about: the same for a duplicate
  case_id         text,
  due_at          timestamptz NOT NULL,
  extension       text,                  -- the period by which `due_at` was put off, once
  paused_at       timestamptz,           -- the clock stands still for a clarification
  replacement     text,                  -- canonical JSON: kinds and pseudonyms of what an update replaces
  reason          text,                  -- why it was refused, cancelled or paused
  confirmation    text NOT NULL,         -- DIGEST:ROWS
  policy_digest   text NOT NULL,
  map_digest      text NOT NULL,
  plan            text NOT NULL,         -- canonical JSON, without keys
  planned_rows    bigint NOT NULL,
  settle_at       timestamptz,
  result          text,                  -- canonical JSON: the completed leaf's body
  leaf_hash       bytea,                 -- of the completed leaf
  PRIMARY KEY (tenant_id, request_id)
);
-- What is finished may be asked for again, with the same plan: rows that a hold had kept, or that an
-- import brought back. What was exported may be exported again at any time.
CREATE UNIQUE INDEX request_confirmation ON ccctl.request (tenant_id, confirmation)
  WHERE phase NOT IN ('unsealed', 'completed', 'closed', 'refused', 'cancelled') AND request_type <> 'GDPR_EXPORT';
CREATE INDEX request_confirmed ON ccctl.request (tenant_id, confirmation);
-- One live request per person and type: whatever comes to light meanwhile, it will still do. One whose
-- identity check is missing blocks nobody.
CREATE UNIQUE INDEX request_live ON ccctl.request (tenant_id, request_type, subject_mark)
  WHERE verified AND phase NOT IN ('unsealed', 'completed', 'closed', 'refused', 'cancelled');
CREATE INDEX request_of_case ON ccctl.request (tenant_id, case_id) WHERE case_id IS NOT NULL;

-- The members of the merge set, each a related request (formats.md 3); the canonical one last.
CREATE TABLE ccctl.request_member (
  tenant_id    text NOT NULL,
  request_id   text NOT NULL,
  ordinal      integer NOT NULL,
  related_id   text NOT NULL,            -- the canonical member's is the request's own id
  subject_kind text NOT NULL,
  subject_key  text,                     -- NULL once the request is closed
  reference    text NOT NULL,            -- HMAC under r: means nothing once r is gone
  planned_rows bigint NOT NULL,
  status       text NOT NULL CHECK (status IN ('INITIATED', 'SEARCHING', 'UPDATING', 'DELETING',
                 'FINALIZING', 'COMPLETED', 'ERROR')),
  PRIMARY KEY (tenant_id, request_id, ordinal),
  FOREIGN KEY (tenant_id, request_id) REFERENCES ccctl.request
);

CREATE INDEX request_member_reference ON ccctl.request_member (tenant_id, reference);

-- The subject's normalised identifiers, for verification; nowhere else, and gone with `request close`.
CREATE TABLE ccctl.request_term (
  tenant_id  text NOT NULL,
  request_id text NOT NULL,
  ordinal    integer NOT NULL,
  member     integer NOT NULL,           -- whose: request_member.ordinal
  kind       text NOT NULL,
  value      text NOT NULL,
  updated    text,                       -- of a replacement term: what it becomes
  PRIMARY KEY (tenant_id, request_id, ordinal),
  FOREIGN KEY (tenant_id, request_id) REFERENCES ccctl.request
);

-- r per subject: 32 random bytes that are erased with the subject (formats.md 5).
CREATE TABLE ccctl.subject_ref (
  tenant_id    text NOT NULL,
  subject_kind text NOT NULL,
  subject_key  text NOT NULL,
  r            bytea NOT NULL CHECK (pg_catalog.octet_length(r) = 32),
  PRIMARY KEY (tenant_id, subject_kind, subject_key)
);

-- Every deleting transaction owns a row here that was committed before it began, and locks it first;
-- `hold add` waits for each of them (formats.md 2).
CREATE TABLE ccctl.attempt (
  tenant_id  text NOT NULL,
  attempt_id text NOT NULL,
  request_id text NOT NULL,              -- the request, or the run of a sweep
  opened_at  timestamptz NOT NULL,
  position   text,                       -- of a sweep: between which keys its window lies
  PRIMARY KEY (tenant_id, attempt_id)
);

-- One row per finished transaction, written in that transaction: the last one is the cursor.
CREATE TABLE ccctl.receipt (
  tenant_id  text NOT NULL,
  request_id text NOT NULL,
  pass       integer NOT NULL,           -- 1 erases, 2 settles; of a sweep its pass
  ordinal    integer NOT NULL,           -- the member, or the window
  tallies    text NOT NULL,              -- canonical JSON: per action the table, effect and rows
  leaf_hash  bytea NOT NULL,
  at         timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, request_id, pass, ordinal)
);

-- What waits to be done outside the datastore: committed with the change that wants it.
CREATE TABLE ccctl.item (
  tenant_id   text NOT NULL,
  item_id     text NOT NULL,
  kind        text NOT NULL CHECK (kind IN ('object.delete', 'request.run', 'audit.pin')),
  request_id  text NOT NULL,
  -- Of a pin: the destination's name, in place of a request's id.
  source      text NOT NULL,             -- of an object: the table whose row pointed to it, its
  store       text NOT NULL,             -- store, and its key; else empty
  target      text NOT NULL,
  attempts    integer NOT NULL DEFAULT 0,
  due_at      timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, item_id)
);
CREATE INDEX item_of ON ccctl.item (tenant_id, request_id, due_at);
CREATE INDEX item_due ON ccctl.item (tenant_id, kind, due_at);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['approval', 'hold', 'hold_subject', 'request', 'request_member', 'request_term',
                              'subject_ref', 'attempt', 'receipt', 'item'] LOOP
    EXECUTE pg_catalog.format('ALTER TABLE ccctl.%I OWNER TO ccctl_owner', name);
    EXECUTE pg_catalog.format('ALTER TABLE ccctl.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE pg_catalog.format('CREATE POLICY ccctl_tenant ON ccctl.%I USING (tenant_id IN '
      '(SELECT p.tenant_id FROM ccctl.principal p WHERE p.login = session_user))', name);
  END LOOP;
END
$$;

GRANT SELECT, INSERT, UPDATE ON ccctl.approval, ccctl.hold TO ccctl_officer, ccctl_admin;
GRANT SELECT, INSERT ON ccctl.hold_subject TO ccctl_officer, ccctl_admin;
GRANT SELECT ON ccctl.approval, ccctl.hold, ccctl.hold_subject, ccctl.request, ccctl.receipt
  TO ccctl_auditor;
GRANT SELECT, INSERT, UPDATE ON ccctl.request, ccctl.request_member TO ccctl_officer;
GRANT SELECT, INSERT, DELETE ON ccctl.request_term TO ccctl_officer;
GRANT SELECT, INSERT, UPDATE, DELETE ON ccctl.item TO ccctl_officer;
GRANT SELECT, INSERT ON ccctl.receipt TO ccctl_officer;
-- An auditor sends checkpoints away, and touches nothing else that waits.
GRANT SELECT, INSERT, UPDATE, DELETE ON ccctl.item TO ccctl_auditor;
CREATE POLICY ccctl_pins ON ccctl.item AS RESTRICTIVE TO ccctl_auditor
  USING (kind = 'audit.pin' OR EXISTS (SELECT 1 FROM ccctl.principal p WHERE p.login = session_user
    AND p.tenant_id = item.tenant_id AND p.role IN ('officer', 'admin')));
-- A row lock (FOR UPDATE) needs the UPDATE right; the admin's `hold add` waits on attempts.
GRANT SELECT, INSERT, UPDATE, DELETE ON ccctl.attempt TO ccctl_officer;
GRANT SELECT, UPDATE ON ccctl.attempt TO ccctl_admin;
GRANT SELECT, INSERT, DELETE ON ccctl.subject_ref TO ccctl_officer;
GRANT SELECT, INSERT ON ccctl.subject_ref TO ccctl_admin, ccctl_partner;
-- An administrator or a partner may make and end exports, where the pack lets the role; of other
-- requests they see that they are there. Being an officer of another tenant changes nothing.
GRANT SELECT, INSERT, UPDATE ON ccctl.request TO ccctl_admin, ccctl_partner;
GRANT INSERT, UPDATE (status) ON ccctl.request_member TO ccctl_admin, ccctl_partner;
CREATE POLICY ccctl_export_made ON ccctl.request AS RESTRICTIVE FOR INSERT
  TO ccctl_admin, ccctl_partner
  WITH CHECK (request_type = 'GDPR_EXPORT' OR EXISTS (SELECT 1 FROM ccctl.principal p WHERE
    p.login = session_user AND p.tenant_id = request.tenant_id AND p.role = 'officer'));
CREATE POLICY ccctl_export_ended ON ccctl.request AS RESTRICTIVE FOR UPDATE
  TO ccctl_admin, ccctl_partner
  USING (request_type = 'GDPR_EXPORT' OR EXISTS (SELECT 1 FROM ccctl.principal p WHERE
    p.login = session_user AND p.tenant_id = request.tenant_id AND p.role = 'officer'));
-- Whoever reads a request sees its members by their pseudonyms, not by their keys.
GRANT SELECT (tenant_id, request_id, ordinal, related_id, subject_kind, reference, planned_rows, status)
  ON ccctl.request_member TO ccctl_admin, ccctl_auditor, ccctl_partner;
