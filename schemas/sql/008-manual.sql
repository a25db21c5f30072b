-- Requests that people carry out outside (G-45): by which statement of work, shown by which file. What was
-- asked for counts once its approval is signed.

ALTER TABLE ccctl.request DROP CONSTRAINT request_outcome_check;
ALTER TABLE ccctl.request ADD CONSTRAINT request_outcome_check
  CHECK (outcome IN ('complete', 'partial', 'refused', 'failed', 'manual'));

CREATE TABLE ccctl.request_manual (
  tenant_id   text NOT NULL,
  approval_id text NOT NULL,
  request_id  text NOT NULL,
  reference   text NOT NULL,             -- of the statement of work
  sha256      bytea NOT NULL CHECK (pg_catalog.octet_length(sha256) = 32),
  bytes       bigint NOT NULL CHECK (bytes > 0),
  PRIMARY KEY (tenant_id, approval_id),
  FOREIGN KEY (tenant_id, request_id) REFERENCES ccctl.request,
  FOREIGN KEY (tenant_id, approval_id) REFERENCES ccctl.approval
);

ALTER TABLE ccctl.request_manual OWNER TO ccctl_owner;
ALTER TABLE ccctl.request_manual ENABLE ROW LEVEL SECURITY;
CREATE POLICY ccctl_tenant ON ccctl.request_manual USING (tenant_id IN
  (SELECT p.tenant_id FROM ccctl.principal p WHERE p.login = session_user));
GRANT SELECT, INSERT ON ccctl.request_manual TO ccctl_officer;
GRANT SELECT ON ccctl.request_manual TO ccctl_admin, ccctl_auditor;
