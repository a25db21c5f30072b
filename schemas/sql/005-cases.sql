-- Cases, deadlines, sub-processors, corrections and rates: what stands around data subjects' requests.
--
-- No value of a person stands here: identifiers are pseudonyms under a key that goes with the case.

-- Everything that is due at an instant, of whatever kind; `target` says of what.
CREATE TABLE ccctl.obligation (
  tenant_id     text NOT NULL,
  obligation_id text NOT NULL,
  kind          text NOT NULL CHECK (kind IN ('request.answer', 'request.target', 'sub_processor')),
  target        text NOT NULL,           -- the request's id
  detail        text NOT NULL,           -- of a sub-processor: which; else empty
  due_at        timestamptz NOT NULL,
  met_at        timestamptz,
  PRIMARY KEY (tenant_id, obligation_id)
);
CREATE INDEX obligation_due ON ccctl.obligation (tenant_id, due_at) WHERE met_at IS NULL;
CREATE INDEX obligation_of ON ccctl.obligation (tenant_id, target);

-- What each active sub-processor has to do for a request (W-57).
CREATE TABLE ccctl.request_step (
  tenant_id  text NOT NULL,
  request_id text NOT NULL,
  processor  text NOT NULL,
  state      text NOT NULL CHECK (state IN ('open', 'done', 'waived')),
  reference  text,                       -- of the acknowledgement
  reason     text,                       -- of the waiver
  decided_by text,
  decided_at timestamptz,
  PRIMARY KEY (tenant_id, request_id, processor),
  FOREIGN KEY (tenant_id, request_id) REFERENCES ccctl.request,
  CHECK ((state = 'open') = (decided_at IS NULL))
);

-- Several requests about what one person supplied (G-27).
CREATE TABLE ccctl.request_case (
  tenant_id  text NOT NULL,
  case_id    text NOT NULL,
  created_by text NOT NULL DEFAULT session_user,
  created_at timestamptz NOT NULL,
  closed_at  timestamptz,
  waived     text,                       -- why it was closed without full coverage
  PRIMARY KEY (tenant_id, case_id)
);

-- One supplied identifier, looked up once; `mark` is its pseudonym.
CREATE TABLE ccctl.case_criterion (
  tenant_id text NOT NULL,
  case_id   text NOT NULL,
  mark      text NOT NULL,
  kind      text NOT NULL,
  looked_up timestamptz NOT NULL,
  matches   integer NOT NULL,
  PRIMARY KEY (tenant_id, case_id, mark),
  FOREIGN KEY (tenant_id, case_id) REFERENCES ccctl.request_case
);

-- A person whom a criterion found, and the request that was made for that person under it. An
-- empty reference: nobody, but rows that are found by the value itself.
CREATE TABLE ccctl.case_subject (
  tenant_id  text NOT NULL,
  case_id    text NOT NULL,
  mark       text NOT NULL,
  reference  text NOT NULL,
  request_id text,
  PRIMARY KEY (tenant_id, case_id, mark, reference),
  FOREIGN KEY (tenant_id, case_id, mark) REFERENCES ccctl.case_criterion
);

-- Rows that stay as they were written though a request found them wrong (`rectify: annotate`).
CREATE TABLE ccctl.annotation (
  tenant_id  text NOT NULL,
  request_id text NOT NULL,
  source     text NOT NULL,              -- the table
  row_key    text NOT NULL,              -- canonical JSON array of the key's texts, tenant left out
  PRIMARY KEY (tenant_id, request_id, source, row_key),
  FOREIGN KEY (tenant_id, request_id) REFERENCES ccctl.request
);
CREATE INDEX annotation_of ON ccctl.annotation (tenant_id, source, row_key);

-- One bucket of tokens per tenant and kind (G-11): how many there were at that instant.
CREATE TABLE ccctl.rate_bucket (
  tenant_id text NOT NULL,
  kind      text NOT NULL CHECK (kind IN ('subjects', 'requests')),
  tokens    double precision NOT NULL,
  at        timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, kind)
);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['obligation', 'request_step', 'request_case', 'case_criterion', 'case_subject',
                              'annotation', 'rate_bucket'] LOOP
    EXECUTE pg_catalog.format('ALTER TABLE ccctl.%I OWNER TO ccctl_owner', name);
    EXECUTE pg_catalog.format('ALTER TABLE ccctl.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE pg_catalog.format('CREATE POLICY ccctl_tenant ON ccctl.%I USING (tenant_id IN '
      '(SELECT p.tenant_id FROM ccctl.principal p WHERE p.login = session_user))', name);
  END LOOP;
END
$$;

GRANT SELECT, INSERT, UPDATE ON ccctl.obligation, ccctl.request_step, ccctl.request_case,
  ccctl.case_criterion, ccctl.case_subject, ccctl.rate_bucket TO ccctl_officer;
GRANT SELECT, INSERT ON ccctl.annotation TO ccctl_officer;
GRANT SELECT ON ccctl.obligation, ccctl.request_step, ccctl.request_case, ccctl.case_criterion,
  ccctl.case_subject, ccctl.annotation TO ccctl_admin, ccctl_auditor;
