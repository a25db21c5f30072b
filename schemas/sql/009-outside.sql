-- How many rows no request reaches, by what the data map calls them: counted for one request, told in
-- those of the next hour.

CREATE TABLE ccctl.outside (
  tenant_id  text NOT NULL,
  what       text NOT NULL,
  rows       bigint NOT NULL,
  counted_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, what)
);

ALTER TABLE ccctl.outside OWNER TO ccctl_owner;
ALTER TABLE ccctl.outside ENABLE ROW LEVEL SECURITY;
CREATE POLICY ccctl_tenant ON ccctl.outside USING (tenant_id IN
  (SELECT p.tenant_id FROM ccctl.principal p WHERE p.login = session_user));
GRANT SELECT, INSERT, UPDATE ON ccctl.outside TO ccctl_officer, ccctl_admin, ccctl_partner;
