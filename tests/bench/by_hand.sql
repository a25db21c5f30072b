-- Erasing one row of a merge set by hand: what somebody would write who knows the reference schema.
--
-- $1 tenant, $2 the external contact, $3 conversations in which nobody else is a customer, $4
-- participants that go, $5 telephone numbers that nobody else has. The statements run in this order
-- in one transaction, prepared; "-- gives $n" names the parameter that an answer fills, and
-- "-- objects" marks an answer of keys to remove from the object store after the commit.

SELECT 1 FROM external_contacts WHERE tenant_id = $1 AND id = $2::uuid FOR UPDATE;

SELECT 1 FROM conversations WHERE tenant_id = $1 AND id IN (
    SELECT conversation_id FROM participants
    WHERE tenant_id = $1 AND external_contact_id = $2::uuid AND role = 'customer')
  ORDER BY id FOR UPDATE;

-- gives $3
SELECT coalesce(array_agg(DISTINCT p.conversation_id), '{}') FROM participants p
  WHERE p.tenant_id = $1 AND p.external_contact_id = $2::uuid AND p.role = 'customer'
    AND NOT EXISTS (
      SELECT FROM participants o
      WHERE o.tenant_id = $1 AND o.conversation_id = p.conversation_id AND o.role = 'customer'
        AND o.external_contact_id IS DISTINCT FROM $2::uuid);

-- gives $4
SELECT coalesce(array_agg(id), '{}') FROM participants
  WHERE tenant_id = $1 AND ((external_contact_id = $2::uuid AND role = 'customer')
                            OR conversation_id = ANY ($3::uuid[]));

-- gives $5
SELECT coalesce(array_agg(e.phone), '{}') FROM external_contacts e
  WHERE e.tenant_id = $1 AND e.id = $2::uuid AND e.phone IS NOT NULL
    AND NOT EXISTS (SELECT FROM external_contacts o WHERE o.tenant_id = $1 AND o.id <> e.id
                    AND (o.phone = e.phone OR o.work_phone = e.phone OR o.mobile = e.phone))
    AND NOT EXISTS (SELECT FROM users u WHERE u.tenant_id = $1 AND u.phone = e.phone)
    AND NOT EXISTS (
      SELECT FROM dialer_contacts d WHERE d.tenant_id = $1
        AND regexp_replace(regexp_replace(translate(d.phone, '０１２３４５６７８９', '0123456789'),
                                          '[^0-9]', '', 'g'), '^0', '81') = substr(e.phone, 2));

DELETE FROM journey_events e USING journey_customers j
  WHERE j.tenant_id = $1 AND j.external_contact_id = $2::uuid AND e.tenant_id = $1
    AND e.customer_type = j.customer_type AND e.customer_id = j.customer_id;

DELETE FROM journey_customers WHERE tenant_id = $1 AND external_contact_id = $2::uuid;

DELETE FROM custom_attributes WHERE tenant_id = $1 AND external_contact_id = $2::uuid;

DELETE FROM consents WHERE tenant_id = $1 AND external_contact_id = $2::uuid;

DELETE FROM do_not_contact WHERE tenant_id = $1 AND phone = ANY ($5::text[]);

-- objects
DELETE FROM attachments
  WHERE tenant_id = $1 AND ((owner_type = 'ExternalContact' AND owner_id = $2::uuid)
                            OR (uploader_role = 'customer' AND uploader_id = $2::uuid))
  RETURNING storage_key;

UPDATE attachments SET owner_id = NULL
  WHERE tenant_id = $1 AND owner_type = 'Conversation' AND owner_id = ANY ($3::uuid[]);

DELETE FROM ticket_messages m USING support_tickets t
  WHERE t.tenant_id = $1 AND t.reporter_contact_id = $2::uuid AND m.tenant_id = $1
    AND m.ticket_id = t.id;

DELETE FROM ticket_messages WHERE tenant_id = $1 AND author_contact_id = $2::uuid;

DELETE FROM support_tickets WHERE tenant_id = $1 AND reporter_contact_id = $2::uuid;

DELETE FROM messages
  WHERE tenant_id = $1 AND (participant_id = ANY ($4::uuid[]) OR conversation_id = ANY ($3::uuid[]));

DELETE FROM emails
  WHERE tenant_id = $1 AND (participant_id = ANY ($4::uuid[]) OR conversation_id = ANY ($3::uuid[]));

DELETE FROM call_associated_data
  WHERE tenant_id = $1 AND (participant_id = ANY ($4::uuid[]) OR conversation_id = ANY ($3::uuid[]));

DELETE FROM transcripts WHERE tenant_id = $1 AND conversation_id = ANY ($3::uuid[]);

-- objects
DELETE FROM recordings WHERE tenant_id = $1 AND conversation_id = ANY ($3::uuid[])
  RETURNING storage_key;

UPDATE call_detail_records SET conversation_id = NULL
  WHERE tenant_id = $1 AND conversation_id = ANY ($3::uuid[]);

UPDATE call_detail_records SET ani = left(ani, 4)
  WHERE tenant_id = $1 AND ani = ANY ($5::text[]);

DELETE FROM usage_records
  WHERE tenant_id = $1 AND billed_contact_id = $2::uuid AND recorded_at < now() - interval '7 years';

UPDATE usage_records SET conversation_id = NULL
  WHERE tenant_id = $1 AND conversation_id = ANY ($3::uuid[]);

DELETE FROM participants WHERE tenant_id = $1 AND id = ANY ($4::uuid[]);

DELETE FROM conversations WHERE tenant_id = $1 AND id = ANY ($3::uuid[]);

UPDATE external_contacts SET canonical_id = NULL WHERE tenant_id = $1 AND canonical_id = $2::uuid;

DELETE FROM external_contacts WHERE tenant_id = $1 AND id = $2::uuid;
