-- Who reads the organisation's log, or is refused under it, says so there. What became of the other
-- logs only the sealing account tells.

DROP POLICY ccctl_append ON ccctl.pending;
CREATE POLICY ccctl_append ON ccctl.pending FOR INSERT
  WITH CHECK (
    tenant_id IN (SELECT p.tenant_id FROM ccctl.principal p WHERE p.login = session_user)
    AND pg_catalog.convert_from(line, 'UTF8')::json ->> 'actor' = session_user
    AND pg_catalog.convert_from(line, 'UTF8')::json ->> 'tenant' = tenant_id
    AND pg_catalog.convert_from(line, 'UTF8')::json ->> 'log' = log
    AND (log <> 'organisation' OR pg_catalog.convert_from(line, 'UTF8')::json ->> 'action'
         ~ '^(audit[.](shown|exported)|key[.]used|.*[.]refused)$'));
