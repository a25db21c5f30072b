-- Exports are due, and limited, as erasures are: whoever answers a request notes what is owed for it, that it
-- is met, and how many there were in a minute.

GRANT SELECT, INSERT, UPDATE ON ccctl.obligation, ccctl.rate_bucket TO ccctl_admin, ccctl_partner;
