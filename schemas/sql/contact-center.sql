-- The reference datastore: what a contact centre keeps, in schema public.
--
-- It is applied once, to an empty database that already has the ccctl schema. Every key begins with
-- tenant_id, so that the tables can be distributed by tenant. The four tables that grow without end
-- are partitioned by quarter; nothing points at them, because a foreign key to a partitioned table
-- would stop a partition from being dropped. There are no triggers and no cascades: an erasure must
-- be able to count what it deletes. policies/sandbox/datamap.yaml says what the columns mean.

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'contact_center') THEN
    BEGIN
      CREATE ROLE contact_center NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL;  -- another database of this cluster made it at the same moment
    END;
  END IF;
END
$$;

-- Tenants and their people -----------------------------------------------------------------------

CREATE TABLE public.tenants (
  tenant_id      text PRIMARY KEY,
  name           text NOT NULL,
  region         text NOT NULL,
  pack           text,
  status         text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'inactive', 'ended')),
  zone           text,
  contract_end date, service_end date,
  inactive_since timestamptz,
  created_at timestamptz NOT NULL, updated_at timestamptz, updated_by text
);

CREATE TABLE public.contracts (
  tenant_id     text NOT NULL REFERENCES public.tenants,
  id            uuid NOT NULL,
  number        text NOT NULL,
  kind          text NOT NULL CHECK (kind IN ('subscription', 'dpa', 'support')),
  starts_on date NOT NULL, ends_on date,
  contact_name text, contact_email text,
  created_at    timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id)
);

CREATE TABLE public.users (
  tenant_id text NOT NULL, id uuid NOT NULL,
  kind          text NOT NULL CHECK (kind IN ('administrator', 'agent', 'user', 'partner')),
  employment    text NOT NULL DEFAULT 'employee' CHECK (employment IN ('employee', 'vendor', 'contractor')),
  name text, name_folded text,
  email         text,
  phone         text,
  external_id   text,
  terminated_at timestamptz,  -- NULL: works here now
  created_at timestamptz NOT NULL, updated_at timestamptz, updated_by text,
  PRIMARY KEY (tenant_id, id)
);

-- Customers --------------------------------------------------------------------------------------

CREATE TABLE public.external_contacts (
  tenant_id text NOT NULL, id uuid NOT NULL,
  canonical_id   uuid,        -- the merge set's canonical member; NULL: this is it
  name text, name_folded text,
  email          text,        -- lower case, NFKC
  phone          text,        -- E.164, as are the next two
  work_phone     text,
  mobile         text,
  address text, address_folded text,
  external_id    text,
  twitter text, facebook text,
  language       text NOT NULL DEFAULT 'ja',
  attributes     jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL, updated_at timestamptz, updated_by text,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, canonical_id) REFERENCES public.external_contacts
);

CREATE TABLE public.custom_attributes (
  tenant_id text NOT NULL, id uuid NOT NULL,
  external_contact_id uuid NOT NULL,
  attribute_key text NOT NULL, attribute_value text,
  created_at          timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, external_contact_id) REFERENCES public.external_contacts
);

CREATE TABLE public.consents (
  tenant_id text NOT NULL, id uuid NOT NULL,
  external_contact_id uuid NOT NULL,
  purpose             text NOT NULL,
  given_at timestamptz NOT NULL, withdrawn_at timestamptz,
  evidence            text,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, external_contact_id) REFERENCES public.external_contacts
);

-- Imported for outbound campaigns, as the customer wrote it: the phone is not normalised.
CREATE TABLE public.dialer_lists (
  tenant_id text NOT NULL, id uuid NOT NULL,
  name       text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id)
);

CREATE TABLE public.dialer_contacts (
  tenant_id text NOT NULL, contact_list_id uuid NOT NULL, id text NOT NULL,
  name text, name_folded text,
  phone           text,
  email           text,
  attributes      jsonb NOT NULL DEFAULT '{}',
  created_at      timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, contact_list_id, id),
  FOREIGN KEY (tenant_id, contact_list_id) REFERENCES public.dialer_lists
);

CREATE TABLE public.do_not_contact (
  tenant_id text NOT NULL, id uuid NOT NULL,
  phone      text,
  reason     text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id)
);

-- Visitors of the web site; one becomes known when a contact is linked.
CREATE TABLE public.journey_customers (
  tenant_id           text NOT NULL,
  customer_type       text NOT NULL CHECK (customer_type IN ('cookie', 'device')),
  customer_id         text NOT NULL,
  external_contact_id uuid,
  email               text,
  consent_at          timestamptz,
  created_at          timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, customer_type, customer_id),
  FOREIGN KEY (tenant_id, external_contact_id) REFERENCES public.external_contacts
);

CREATE TABLE public.journey_events (
  tenant_id text NOT NULL, id uuid NOT NULL,
  customer_type text NOT NULL,
  customer_id   text NOT NULL,
  event         text NOT NULL,
  page          text NOT NULL,
  search_query  text,
  occurred_at   timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, customer_type, customer_id) REFERENCES public.journey_customers
);

-- Conversations ----------------------------------------------------------------------------------

CREATE TABLE public.conversations (
  tenant_id text NOT NULL, id uuid NOT NULL,
  channel    text NOT NULL CHECK (channel IN ('voice', 'email', 'chat', 'web_messaging', 'sms',
             'whatsapp', 'facebook_messenger', 'twitter_dm', 'open_messaging')),
  topic      text,
  queue      text NOT NULL,
  attributes jsonb NOT NULL DEFAULT '{}',
  started_at timestamptz NOT NULL, ended_at timestamptz,     -- NULL: still open
  PRIMARY KEY (tenant_id, id)
);

CREATE TABLE public.participants (
  tenant_id text NOT NULL, id uuid NOT NULL, conversation_id uuid NOT NULL,
  role                text NOT NULL CHECK (role IN ('customer', 'agent', 'bot')),
  external_contact_id uuid,
  contact_list_id uuid, dialer_contact_id text, user_id uuid,
  address             text,   -- the number it was reached at, E.164
  joined_at           timestamptz NOT NULL,
  left_at             timestamptz,
  PRIMARY KEY (tenant_id, id),
  CHECK (role = 'agent' OR user_id IS NULL),
  CHECK (role = 'customer' OR (external_contact_id IS NULL AND dialer_contact_id IS NULL)),
  FOREIGN KEY (tenant_id, conversation_id) REFERENCES public.conversations,
  FOREIGN KEY (tenant_id, external_contact_id) REFERENCES public.external_contacts,
  FOREIGN KEY (tenant_id, contact_list_id, dialer_contact_id) REFERENCES public.dialer_contacts,
  FOREIGN KEY (tenant_id, user_id) REFERENCES public.users
);

CREATE TABLE public.messages (
  tenant_id text NOT NULL, id uuid NOT NULL, conversation_id uuid NOT NULL,
  participant_id  uuid,       -- who wrote it; NULL: the system
  body            text,
  sent_at         timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id, sent_at),
  FOREIGN KEY (tenant_id, conversation_id) REFERENCES public.conversations,
  FOREIGN KEY (tenant_id, participant_id) REFERENCES public.participants
) PARTITION BY RANGE (sent_at);

CREATE TABLE public.emails (
  tenant_id text NOT NULL, id uuid NOT NULL, conversation_id uuid NOT NULL,
  participant_id  uuid,       -- the customer it came from or went to, whichever way
  direction       text NOT NULL CHECK (direction IN ('inbound', 'outbound')),
  from_address text, to_address text,
  subject         text,
  body            text,
  sent_at         timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, conversation_id) REFERENCES public.conversations,
  FOREIGN KEY (tenant_id, participant_id) REFERENCES public.participants
);

CREATE TABLE public.recordings (
  tenant_id text NOT NULL, id uuid NOT NULL, conversation_id uuid NOT NULL,
  storage_key     text,       -- NULL: the audio is no longer kept
  seconds         integer NOT NULL,
  created_at      timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, conversation_id) REFERENCES public.conversations
);

CREATE TABLE public.transcripts (
  tenant_id text NOT NULL, id uuid NOT NULL, conversation_id uuid NOT NULL,
  recording_id    uuid,
  content         text,
  created_at      timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, conversation_id) REFERENCES public.conversations,
  FOREIGN KEY (tenant_id, recording_id) REFERENCES public.recordings
);

-- Owner and uploader are of several types, so no foreign key can hold them.
CREATE TABLE public.attachments (
  tenant_id text NOT NULL, id uuid NOT NULL,
  owner_type    text NOT NULL CHECK (owner_type IN ('Conversation', 'ExternalContact', 'Bot')),
  owner_id      uuid,
  uploader_role text NOT NULL CHECK (uploader_role IN ('customer', 'agent', 'bot')),
  uploader_id   uuid,
  file_name     text,
  media_type text NOT NULL, bytes bigint NOT NULL,
  storage_key   text,
  created_at    timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id)
);

CREATE TABLE public.call_associated_data (
  tenant_id text NOT NULL, id uuid NOT NULL, conversation_id uuid NOT NULL,
  participant_id  uuid,       -- NULL: set for the conversation as a whole
  data_key text NOT NULL, data_value text,
  created_at      timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, conversation_id) REFERENCES public.conversations,
  FOREIGN KEY (tenant_id, participant_id) REFERENCES public.participants
);

-- Host and usage records: what was billed and carried outlives the conversation itself -----------

CREATE TABLE public.call_detail_records (
  tenant_id text NOT NULL, id uuid NOT NULL,
  conversation_id uuid,
  user_id         uuid,
  ani             text,       -- the other party's number, E.164
  dnis            text NOT NULL,  -- the tenant's own service number
  seconds         integer NOT NULL,
  started_at      timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id, started_at),
  FOREIGN KEY (tenant_id, user_id) REFERENCES public.users
) PARTITION BY RANGE (started_at);

CREATE TABLE public.usage_records (
  tenant_id text NOT NULL, id uuid NOT NULL,
  conversation_id   uuid,
  user_id           uuid,
  billed_contact_id uuid,     -- the customer whom the call was charged to, by id only
  unit              text NOT NULL CHECK (unit IN ('seconds', 'messages')),
  quantity          bigint NOT NULL,
  amount_minor bigint NOT NULL, currency text NOT NULL,
  recorded_at       timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id, recorded_at),
  FOREIGN KEY (tenant_id, user_id) REFERENCES public.users
) PARTITION BY RANGE (recorded_at);

CREATE TABLE public.login_events (
  tenant_id text NOT NULL, id uuid NOT NULL,
  user_id     uuid,
  source_ip   text,
  succeeded   boolean NOT NULL,
  occurred_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id, occurred_at),
  FOREIGN KEY (tenant_id, user_id) REFERENCES public.users
) PARTITION BY RANGE (occurred_at);

-- Support by the provider ------------------------------------------------------------------------

CREATE TABLE public.staff (
  tenant_id text NOT NULL, id uuid NOT NULL,
  name text, email text,
  country    text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id)
);

CREATE TABLE public.support_tickets (
  tenant_id text NOT NULL, id uuid NOT NULL,
  reporter_contact_id uuid, reporter_user_id uuid, staff_id uuid,
  subject             text,
  description         text,
  status              text NOT NULL CHECK (status IN ('open', 'solved', 'closed')),
  opened_at timestamptz NOT NULL, closed_at timestamptz,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, reporter_contact_id) REFERENCES public.external_contacts,
  FOREIGN KEY (tenant_id, reporter_user_id) REFERENCES public.users,
  FOREIGN KEY (tenant_id, staff_id) REFERENCES public.staff
);

CREATE TABLE public.ticket_messages (
  tenant_id text NOT NULL, id uuid NOT NULL,
  ticket_id         uuid NOT NULL,
  author_contact_id uuid, author_user_id uuid, author_staff_id uuid,
  body              text,
  sent_at           timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, ticket_id) REFERENCES public.support_tickets,
  FOREIGN KEY (tenant_id, author_contact_id) REFERENCES public.external_contacts,
  FOREIGN KEY (tenant_id, author_user_id) REFERENCES public.users,
  FOREIGN KEY (tenant_id, author_staff_id) REFERENCES public.staff
);

-- Indexes ----------------------------------------------------------------------------------------
--
-- One for each column that people are found by and for each reference, the tenant first: a
-- foreign key without a covering index makes every deletion of a parent read the whole child table.

DO $$
DECLARE root text; columns text;
BEGIN
  FOR root, columns IN VALUES
      ('users', 'name_folded'), ('users', 'email'), ('users', 'phone'), ('users', 'external_id'),
      ('external_contacts', 'canonical_id'), ('external_contacts', 'name_folded'),
      ('external_contacts', 'email'), ('external_contacts', 'phone'),
      ('external_contacts', 'work_phone'), ('external_contacts', 'mobile'),
      ('external_contacts', 'address_folded'), ('external_contacts', 'external_id'),
      ('external_contacts', 'twitter'), ('external_contacts', 'facebook'),
      ('custom_attributes', 'external_contact_id'), ('consents', 'external_contact_id'),
      ('dialer_contacts', 'name_folded'), ('do_not_contact', 'phone'),
      ('journey_customers', 'external_contact_id'), ('journey_customers', 'email'),
      ('journey_events', 'customer_type, customer_id'), ('conversations', 'started_at, id'),
      ('participants', 'conversation_id'), ('participants', 'external_contact_id'),
      ('participants', 'contact_list_id, dialer_contact_id'), ('participants', 'user_id'),
      ('participants', 'address'), ('messages', 'conversation_id'), ('messages', 'participant_id'),
      ('emails', 'conversation_id'), ('emails', 'participant_id'), ('emails', 'from_address'),
      ('emails', 'to_address'), ('emails', 'sent_at, id'), ('recordings', 'conversation_id'),
      ('recordings', 'created_at, id'), ('transcripts', 'conversation_id'),
      ('transcripts', 'recording_id'), ('attachments', 'owner_id'), ('attachments', 'uploader_id'),
      ('call_associated_data', 'conversation_id'), ('call_associated_data', 'participant_id'),
      ('call_detail_records', 'ani'), ('call_detail_records', 'conversation_id'),
      ('call_detail_records', 'user_id'), ('usage_records', 'conversation_id'),
      ('usage_records', 'user_id'), ('usage_records', 'billed_contact_id'),
      ('login_events', 'user_id'), ('support_tickets', 'reporter_contact_id'),
      ('support_tickets', 'reporter_user_id'), ('support_tickets', 'staff_id'),
      ('ticket_messages', 'ticket_id'), ('ticket_messages', 'author_contact_id'),
      ('ticket_messages', 'author_user_id'), ('ticket_messages', 'author_staff_id')
  LOOP
    EXECUTE pg_catalog.format('CREATE INDEX ON public.%I (tenant_id, %s)', root, columns);
  END LOOP;
END
$$;

-- Partitions, owner, row-level security, grants --------------------------------------------------

DO $$
DECLARE root text; quarter timestamp;
BEGIN
  FOREACH root IN ARRAY
    ARRAY['messages', 'call_detail_records', 'usage_records', 'login_events'] LOOP
    FOR quarter IN SELECT pg_catalog.generate_series(
      timestamp '2025-01-01', timestamp '2026-10-01', interval '3 months') LOOP
      EXECUTE pg_catalog.format(
        'CREATE TABLE public.%I PARTITION OF public.%I FOR VALUES FROM (%L) TO (%L)',
        root || pg_catalog.to_char(quarter, '_YYYY"q"Q'), root,
        pg_catalog.to_char(quarter, 'YYYY-MM-DD"T00:00:00Z"'),
        pg_catalog.to_char(quarter + interval '3 months', 'YYYY-MM-DD"T00:00:00Z"'));
    END LOOP;
    EXECUTE pg_catalog.format('CREATE TABLE public.%I PARTITION OF public.%I DEFAULT',
                              root || '_default', root);
  END LOOP;
END
$$;

-- A person sees the rows of the tenants that ccctl.principal gives to the log-in; partitions carry
-- no grants, so that the only way to their rows is through the root and its policy. The policy
-- compares with an array, which is computed once for each scan: of IN (SELECT …) the planner
-- believes that it hides every second row, and it builds a hash table to find out.
DO $$
DECLARE relation pg_catalog.regclass; is_root boolean;
BEGIN
  FOR relation, is_root IN
    SELECT c.oid, NOT c.relispartition FROM pg_catalog.pg_class c
    WHERE c.relnamespace = 'public'::pg_catalog.regnamespace AND c.relkind IN ('r', 'p')
  LOOP
    EXECUTE pg_catalog.format('ALTER TABLE %s OWNER TO contact_center', relation);
    CONTINUE WHEN NOT is_root;
    EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', relation);
    EXECUTE pg_catalog.format(
      'CREATE POLICY ccctl_tenant ON %s USING (tenant_id = ANY (ARRAY('
      'SELECT p.tenant_id FROM ccctl.principal p WHERE p.login = session_user)))', relation);
    EXECUTE pg_catalog.format(
      'GRANT SELECT, UPDATE, DELETE ON %s TO ccctl_officer, ccctl_admin', relation);
    EXECUTE pg_catalog.format('GRANT SELECT ON %s TO ccctl_partner', relation);
  END LOOP;
END
$$;
-- Whoever seals and prunes the logs asks for the tenant's pack, zone and dates, and nothing about people.
GRANT SELECT ON tenants TO ccctl_owner;
