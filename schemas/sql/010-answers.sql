-- Exports are due as erasures are: whoever answers a request notes what is owed for it, and that it is met.

GRANT SELECT, INSERT, UPDATE ON ccctl.obligation TO ccctl_admin, ccctl_partner;
