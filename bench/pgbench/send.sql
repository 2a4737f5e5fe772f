-- The statements that the server runs for one message that is sent alone, in their order, with their round trips.
-- Messages that come together share what stands between begin and commit; here each pays for itself.
-- Ids are counted as in bench/src/world.rs. Given by the caller: clinics, people, and turn as 0. One run for each copy of the seeded database.

\set turn :turn + 1
\set clinic random(1, :clinics)
\set person random(0, :people - 1)
\set staff random(0, 1)
\set chat :person
\if :staff
\set chat :person / 8
\endif
\set organization :clinic * 1048576
\set author :organization + :person
\set chat :organization + :chat
\set author_kind 3 - :staff
\set session_kind 6 - :staff

-- Whose token it is.
select o.settings, s.status as staff_status, s.roles as staff_roles, p.portal_allowed from session t
join organization o on o.id = t.organization_id
left join staff_member s on t.person_kind = 'STAFF' and s.organization_id = t.organization_id and s.id = t.person_id
left join patient p on t.person_kind = 'PATIENT' and p.organization_id = t.organization_id and p.id = t.person_id
where t.organization_id = ('00000001-0000-7000-8000-' || lpad(to_hex(:organization::bigint), 12, '0'))::uuid
  and t.id = ('0000000' || :session_kind::text || '-0000-7000-8000-' || lpad(to_hex(:author::bigint), 12, '0'))::uuid
  and t.person_kind = (array['PATIENT', 'STAFF'])[:staff::int + 1]
  and t.person_id = ('0000000' || :author_kind::text || '-0000-7000-8000-' || lpad(to_hex(:author::bigint), 12, '0'))::uuid
  and t.revoked_at is null;

begin;

-- Whether the author may write, and whether the idempotency key was used; locks the conversation.
select v.column1 as n, c.*, p.portal_allowed, p.enrolled_at is not null as enrolled,
  p.email is not null as has_email, p.phone is not null as has_phone, o.settings, s.status as staff_status,
  s.roles as staff_roles, s.name as staff_name, s.profession as staff_profession, p.name as patient_name,
  exists (select 1 from panel_member tm where tm.organization_id = c.organization_id and tm.patient_id = c.patient_id and tm.staff_id = v.column4) as on_panel,
  exists (select 1 from participant tp where tp.organization_id = c.organization_id
    and tp.conversation_id = c.id and tp.staff_id = v.column4) as participates,
  (exists (select 1 from patient_program pp where pp.organization_id = p.organization_id and pp.patient_id = p.id)
    and not exists (select 1 from patient_program pp where pp.organization_id = p.organization_id
    and pp.patient_id = p.id and not exists (select 1 from staff_restriction r where r.organization_id = pp.organization_id
    and r.staff_id = v.column4 and r.program_id = pp.program_id))) as hidden,
  m.organization_id as m_organization_id, m.id as m_id, m.conversation_id as m_conversation_id, m.seq as m_seq,
  m.visible_seq as m_visible_seq, m.author_kind as m_author_kind, m.author_id as m_author_id,
  m.author_ordinal as m_author_ordinal, m.kind as m_kind, m.channel as m_channel, m.title as m_title, m.body as m_body, m.html as m_html,
  m.template_id as m_template_id, m.template_language as m_template_language, m.template_version as m_template_version, m.attachment_count as m_attachment_count,
  m.idempotency_key as m_idempotency_key, m.position as m_position, m.created_at as m_created_at
from (values (0,
  ('00000004-0000-7000-8000-' || lpad(to_hex(:chat::bigint), 12, '0'))::uuid,
  (array['PATIENT', 'STAFF'])[:staff::int + 1],
  ('0000000' || :author_kind::text || '-0000-7000-8000-' || lpad(to_hex(:author::bigint), 12, '0'))::uuid,
  :turn::text || '-' || :client_id::text)) as v
join conversation c on c.id = v.column2
  and c.organization_id = ('00000001-0000-7000-8000-' || lpad(to_hex(:organization::bigint), 12, '0'))::uuid
join patient p on p.organization_id = c.organization_id and p.id = c.patient_id
join organization o on o.id = c.organization_id
left join staff_member s on v.column3 = 'STAFF' and s.id = v.column4
  and s.organization_id = ('00000001-0000-7000-8000-' || lpad(to_hex(:organization::bigint), 12, '0'))::uuid
left join message m on m.conversation_id = c.id and m.author_kind = v.column3 and m.idempotency_key = v.column5
  and m.organization_id = ('00000001-0000-7000-8000-' || lpad(to_hex(:organization::bigint), 12, '0'))::uuid
order by c.id for update of c;

-- Whom it concerns.
select f.conversation_id, f.kind, f.participates, f.staff_id, s.roles, s.status = 'ACTIVE' as active, s.notify_new_message,
  s.notify_unread,
  (exists (select 1 from patient_program pp where pp.organization_id = p.organization_id and pp.patient_id = p.id)
    and not exists (select 1 from patient_program pp where pp.organization_id = p.organization_id
    and pp.patient_id = p.id and not exists (select 1 from staff_restriction r where r.organization_id = pp.organization_id
    and r.staff_id = f.staff_id and r.program_id = pp.program_id))) as hidden
from (select c.id as conversation_id, c.kind, c.patient_id, f.staff_id, false as participates
    from conversation c join panel_member f on f.organization_id = ('00000001-0000-7000-8000-' || lpad(to_hex(:organization::bigint), 12, '0'))::uuid
      and f.patient_id = c.patient_id
    where c.organization_id = ('00000001-0000-7000-8000-' || lpad(to_hex(:organization::bigint), 12, '0'))::uuid
      and c.id in (('00000004-0000-7000-8000-' || lpad(to_hex(:chat::bigint), 12, '0'))::uuid)
  union all select c.id as conversation_id, c.kind, c.patient_id, f.staff_id, true as participates
    from conversation c join participant f on f.organization_id = ('00000001-0000-7000-8000-' || lpad(to_hex(:organization::bigint), 12, '0'))::uuid
      and f.conversation_id = c.id
    where c.organization_id = ('00000001-0000-7000-8000-' || lpad(to_hex(:organization::bigint), 12, '0'))::uuid
      and c.id in (('00000004-0000-7000-8000-' || lpad(to_hex(:chat::bigint), 12, '0'))::uuid)) as f
join patient p on p.organization_id = ('00000001-0000-7000-8000-' || lpad(to_hex(:organization::bigint), 12, '0'))::uuid
  and p.id = f.patient_id
join staff_member s on s.organization_id = ('00000001-0000-7000-8000-' || lpad(to_hex(:organization::bigint), 12, '0'))::uuid
  and s.id = f.staff_id;

-- How many messages the author has written here.
insert into read_cursor (organization_id, conversation_id, person_kind, person_id, seq, visible_seq, own_total, own_seen, reminded_seq)
values (('00000001-0000-7000-8000-' || lpad(to_hex(:organization::bigint), 12, '0'))::uuid,
  ('00000004-0000-7000-8000-' || lpad(to_hex(:chat::bigint), 12, '0'))::uuid,
  (array['PATIENT', 'STAFF'])[:staff::int + 1],
  ('0000000' || :author_kind::text || '-0000-7000-8000-' || lpad(to_hex(:author::bigint), 12, '0'))::uuid,
  0, 0, 1, 0, 0)
on conflict (organization_id, conversation_id, person_kind, person_id)
do update set own_total = read_cursor.own_total + excluded.own_total
returning conversation_id, person_id, own_total;

-- The numbers of the conversation. The server knows them from the lock; here they are counted on.
update conversation set activity_at = now(), seq = conversation.seq + v.column2, visible_seq = conversation.visible_seq + v.column3,
  last_author_kind = v.column4, replies = v.column5
from (values (('00000004-0000-7000-8000-' || lpad(to_hex(:chat::bigint), 12, '0'))::uuid, 1::bigint, 1::bigint,
  (array['PATIENT', 'STAFF'])[:staff::int + 1], null::text)) as v
where conversation.id = v.column1
  and conversation.organization_id = ('00000001-0000-7000-8000-' || lpad(to_hex(:organization::bigint), 12, '0'))::uuid;

-- Whom to notify: the patient of a clinic's message; the panel of a patient's, at once and once more if it stays unread.
\if :staff
insert into notification (organization_id, id, purpose, recipient_kind, recipient_id, patient_id, conversation_id, seq,
  coalesce_key, status, due_at, attempts, created_at)
values (('00000001-0000-7000-8000-' || lpad(to_hex(:organization::bigint), 12, '0'))::uuid,
  ('01' || lpad(to_hex(:turn::int), 6, '0') || '-0000-7000-8000-' || lpad(to_hex(:client_id::bigint), 12, '0'))::uuid,
  'NEW_CLINIC_MESSAGE', 'PATIENT',
  ('00000003-0000-7000-8000-' || lpad(to_hex(:chat::bigint), 12, '0'))::uuid,
  ('00000003-0000-7000-8000-' || lpad(to_hex(:chat::bigint), 12, '0'))::uuid,
  ('00000004-0000-7000-8000-' || lpad(to_hex(:chat::bigint), 12, '0'))::uuid,
  1, 'patient ' || :chat::text, 'PENDING', now() + interval '2 minutes', 0, now())
on conflict (organization_id, coalesce_key) do update set attempts = notification.attempts;
\else
insert into notification (organization_id, id, purpose, recipient_kind, recipient_id, patient_id, conversation_id, seq,
  coalesce_key, status, due_at, attempts, created_at)
values (('00000001-0000-7000-8000-' || lpad(to_hex(:organization::bigint), 12, '0'))::uuid,
  ('01' || lpad(to_hex(:turn::int), 6, '0') || '-0000-7000-8000-' || lpad(to_hex(:client_id::bigint), 12, '0'))::uuid,
  'NEW_PATIENT_MESSAGE', null, null,
  ('00000003-0000-7000-8000-' || lpad(to_hex(:chat::bigint), 12, '0'))::uuid,
  ('00000004-0000-7000-8000-' || lpad(to_hex(:chat::bigint), 12, '0'))::uuid,
  1, 'staff ' || :chat::text, 'PENDING', now(), 0, now()),
  (('00000001-0000-7000-8000-' || lpad(to_hex(:organization::bigint), 12, '0'))::uuid,
  ('02' || lpad(to_hex(:turn::int), 6, '0') || '-0000-7000-8000-' || lpad(to_hex(:client_id::bigint), 12, '0'))::uuid,
  'UNREAD_REMINDER', null, null,
  ('00000003-0000-7000-8000-' || lpad(to_hex(:chat::bigint), 12, '0'))::uuid,
  ('00000004-0000-7000-8000-' || lpad(to_hex(:chat::bigint), 12, '0'))::uuid,
  1, 'reminder ' || :chat::text, 'PENDING', now() + interval '1 day', 0, now())
on conflict (organization_id, coalesce_key) do update set attempts = notification.attempts;
\endif

-- The position: from here to the commit the organization's log is locked.
update event_log set head = head + 1
where organization_id = ('00000001-0000-7000-8000-' || lpad(to_hex(:organization::bigint), 12, '0'))::uuid returning head \gset

insert into message (organization_id, id, conversation_id, seq, visible_seq, author_kind, author_id, author_ordinal,
  kind, channel, title, body, html, template_id, template_language, template_version, attachment_count, idempotency_key, position, created_at)
values (('00000001-0000-7000-8000-' || lpad(to_hex(:organization::bigint), 12, '0'))::uuid,
  ('01' || lpad(to_hex(:turn::int), 6, '0') || '-0000-7000-8000-' || lpad(to_hex(:client_id::bigint), 12, '0'))::uuid,
  ('00000004-0000-7000-8000-' || lpad(to_hex(:chat::bigint), 12, '0'))::uuid,
  :head::bigint, :head::bigint,
  (array['PATIENT', 'STAFF'])[:staff::int + 1],
  ('0000000' || :author_kind::text || '-0000-7000-8000-' || lpad(to_hex(:author::bigint), 12, '0'))::uuid,
  1, 'MESSAGE', 'PORTAL', null, repeat('I feel a little better than yesterday. ', 8)::varchar(300), null, null, null, null, 0,
  :turn::text || '-' || :client_id::text, :head::bigint, now());

insert into event (organization_id, position, kind, conversation_id, patient_id, message_id, actor_kind, actor_id,
  subject_kind, subject_id, session_id, audience, created_at)
values (('00000001-0000-7000-8000-' || lpad(to_hex(:organization::bigint), 12, '0'))::uuid,
  :head::bigint, 'MESSAGE_POSTED',
  ('00000004-0000-7000-8000-' || lpad(to_hex(:chat::bigint), 12, '0'))::uuid,
  ('00000003-0000-7000-8000-' || lpad(to_hex(:chat::bigint), 12, '0'))::uuid,
  ('01' || lpad(to_hex(:turn::int), 6, '0') || '-0000-7000-8000-' || lpad(to_hex(:client_id::bigint), 12, '0'))::uuid,
  (array['PATIENT', 'STAFF'])[:staff::int + 1],
  ('0000000' || :author_kind::text || '-0000-7000-8000-' || lpad(to_hex(:author::bigint), 12, '0'))::uuid,
  null, null, null, decode(repeat('01', 136), 'hex'), now());

commit;
