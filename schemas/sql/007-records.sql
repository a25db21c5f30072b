-- Records: evidence that people enter. What a kind of record holds is a document of policies/records,
-- never a column here.
--
-- People stand here as references only (HMAC under r), which mean nothing once r is gone.

CREATE TABLE ccctl.record (
  tenant_id   text NOT NULL,
  record_id   text NOT NULL,
  kind        text NOT NULL,
  fields      text NOT NULL,             -- canonical JSON, by the kind's document
  valid_from  date NOT NULL,
  valid_until date,                      -- the last day; NULL: for ever
  evidence    text NOT NULL,             -- canonical JSON: hash and size of each file
  mark        text NOT NULL,             -- hash of all that it says: the same is entered once
  entered_by  text NOT NULL DEFAULT session_user,
  entered_at  timestamptz NOT NULL,
  revoked_by  text,
  revoked_at  timestamptz,
  revocation  text,                      -- why
  PRIMARY KEY (tenant_id, record_id),
  CHECK (valid_until >= valid_from),
  CHECK ((revoked_at IS NULL) = (revoked_by IS NULL) AND (revoked_at IS NULL) = (revocation IS NULL))
);
CREATE UNIQUE INDEX record_same ON ccctl.record (tenant_id, mark) WHERE revoked_at IS NULL;
CREATE INDEX record_of_kind ON ccctl.record (tenant_id, kind, valid_from);

-- Whom it is about: every member of the merge set at the time.
CREATE TABLE ccctl.record_subject (
  tenant_id text NOT NULL,
  record_id text NOT NULL,
  reference text NOT NULL,
  PRIMARY KEY (tenant_id, record_id, reference),
  FOREIGN KEY (tenant_id, record_id) REFERENCES ccctl.record
);
CREATE INDEX record_subject_of ON ccctl.record_subject (tenant_id, reference);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['record', 'record_subject'] LOOP
    EXECUTE pg_catalog.format('ALTER TABLE ccctl.%I OWNER TO ccctl_owner', name);
    EXECUTE pg_catalog.format('ALTER TABLE ccctl.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE pg_catalog.format('CREATE POLICY ccctl_tenant ON ccctl.%I USING (tenant_id IN '
      '(SELECT p.tenant_id FROM ccctl.principal p WHERE p.login = session_user))', name);
  END LOOP;
END
$$;

-- Who entered a record is whoever did, and nobody else.
GRANT SELECT, INSERT (tenant_id, record_id, kind, fields, valid_from, valid_until, evidence, mark, entered_at),
  UPDATE (revoked_by, revoked_at, revocation) ON ccctl.record TO ccctl_officer, ccctl_admin;
GRANT SELECT, INSERT ON ccctl.record_subject TO ccctl_officer, ccctl_admin;
GRANT SELECT ON ccctl.record, ccctl.record_subject TO ccctl_auditor;
CREATE POLICY ccctl_revoked_by ON ccctl.record AS RESTRICTIVE FOR UPDATE
  USING (revoked_at IS NULL) WITH CHECK (revoked_by = session_user);
