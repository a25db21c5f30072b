// What PostgreSQL's catalog says of partitions; internal to this room.
#pragma once

#include <string_view>

namespace ccctl::run {

// Of root $1 and column $2.
inline constexpr std::string_view kReplaceable = R"(
SELECT c.oid, n.nspname, c.relname, b.bound,
  (pg_catalog.regexp_match(b.bound, 'FROM \(''([^'']+)''\) TO'))[1],
  (pg_catalog.regexp_match(b.bound, 'TO \(''([^'']+)''\)$'))[1]
FROM pg_catalog.pg_class r
JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = r.oid AND p.partstrat = 'r' AND p.partnatts = 1
JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum = p.partattrs[0] AND a.attname = $2::text
JOIN pg_catalog.pg_inherits i ON i.inhparent = r.oid
JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relkind = 'r' AND c.relpersistence = 'p'
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (SELECT pg_catalog.pg_get_expr(c.relpartbound, c.oid) AS bound) b
WHERE r.oid = $1::oid AND r.relkind = 'p' AND NOT r.relispartition
  AND b.bound ~ '^FOR VALUES FROM \(''[^'']+''\) TO \(''[^'']+''\)$'
  AND pg_catalog.to_jsonb(i) ->> 'inhdetachpending' IS DISTINCT FROM 'true'
  -- rights, and sight of every row
  AND pg_catalog.pg_has_role(current_user, r.relowner, 'USAGE')
  AND pg_catalog.pg_has_role(current_user, c.relowner, 'USAGE')
  AND pg_catalog.has_schema_privilege(current_user, n.oid, 'CREATE')
  AND pg_catalog.has_schema_privilege(c.relowner, n.oid, 'CREATE')
  AND NOT pg_catalog.row_security_active(r.oid) AND NOT pg_catalog.row_security_active(c.oid)
  AND EXISTS (SELECT FROM pg_catalog.pg_index x WHERE x.indrelid = c.oid AND x.indisprimary AND x.indimmediate)
  -- what a copy would not have, or what a deletion would have told
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint f WHERE f.contype = 'f' AND (f.confrelid IN (r.oid, c.oid)
    OR f.conrelid = c.oid AND f.conparentid = 0))
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid IN (r.oid, c.oid) AND NOT t.tgisinternal)
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_rewrite w WHERE w.ev_class IN (r.oid, c.oid))
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_policy y WHERE y.polrelid = c.oid)
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute x WHERE x.attrelid = c.oid AND x.attidentity <> '')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_publication u WHERE u.puballtables)
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_publication_tables u JOIN pg_catalog.pg_namespace s ON
    s.nspname = u.schemaname JOIN pg_catalog.pg_class t ON t.relnamespace = s.oid AND t.relname = u.tablename
    WHERE t.oid IN (r.oid, c.oid))
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    AND d.refobjid = c.oid AND (d.classid IN ('pg_catalog.pg_rewrite'::pg_catalog.regclass,
    'pg_catalog.pg_proc'::pg_catalog.regclass) OR EXISTS (SELECT FROM pg_catalog.pg_class q WHERE d.classid =
    'pg_catalog.pg_class'::pg_catalog.regclass AND q.oid = d.objid AND q.relkind = 'S')))
  -- to attach the copy the default partition is read through
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_class d WHERE d.oid = p.partdefid AND (d.relkind <> 'r' OR
    pg_catalog.pg_relation_size(d.oid) > 8388608))
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_extension e WHERE e.extname = 'citus')
ORDER BY c.oid)";

// Everything about relation $1 but its rows, in one text. Of an attached one ($2) also its names,
// its foreign keys and what it is a partition of.
inline constexpr std::string_view kStructure = R"(
SELECT pg_catalog.jsonb_build_array(
(SELECT pg_catalog.to_jsonb(c) - '{oid,relname,reltype,relfilenode,relpages,reltuples,relallvisible,reltoastrelid,relhasindex,relfrozenxid,relminmxid,relacl,reloptions,relispartition,relpartbound,relhastriggers,relhasrules,relchecks,relnatts,relrewrite,relhassubclass}'::text[]
  FROM pg_catalog.pg_class c WHERE c.oid = $1::oid),
(SELECT pg_catalog.jsonb_agg(o::text ORDER BY o::text) FROM pg_catalog.pg_class c, pg_catalog.unnest(c.relacl) o
  WHERE c.oid = $1::oid),
(SELECT pg_catalog.jsonb_agg(o ORDER BY o) FROM pg_catalog.pg_class c, pg_catalog.unnest(c.reloptions) o
  WHERE c.oid = $1::oid),
(SELECT pg_catalog.jsonb_agg(o ORDER BY o) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_class t ON
  t.oid = c.reltoastrelid, pg_catalog.unnest(t.reloptions) o WHERE c.oid = $1::oid),
(SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(pg_catalog.to_jsonb(a) -
  '{attrelid,attnum,attinhcount,attislocal,attcacheoff,atthasmissing,attmissingval,attacl,attoptions}'::text[],
  (SELECT pg_catalog.jsonb_agg(o::text ORDER BY o::text) FROM pg_catalog.unnest(a.attacl) o),
  (SELECT pg_catalog.jsonb_agg(o ORDER BY o) FROM pg_catalog.unnest(a.attoptions) o WHERE o LIKE 'n\_distinct%'),
  pg_catalog.pg_get_expr(d.adbin, d.adrelid), pg_catalog.col_description(a.attrelid, a.attnum)) ORDER BY a.attnum)
  FROM pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped),
(SELECT pg_catalog.jsonb_agg(k.said ORDER BY k.said) FROM (SELECT pg_catalog.jsonb_build_array(k.contype,
  pg_catalog.pg_get_constraintdef(k.oid), k.convalidated, k.condeferrable, k.condeferred, k.contype = 'c' AND k.connoinherit,
  pg_catalog.obj_description(k.oid, 'pg_constraint'), CASE WHEN $2::boolean OR k.contype = 'c' THEN k.conname END)
  AS said FROM pg_catalog.pg_constraint k WHERE k.conrelid = $1::oid AND k.conname <> 'ccctl_bounds'
  AND ($2::boolean OR k.contype <> 'f')) k),
(SELECT pg_catalog.jsonb_agg(x.said ORDER BY x.said) FROM (SELECT pg_catalog.jsonb_build_array(
  pg_catalog.regexp_replace(pg_catalog.pg_get_indexdef(x.indexrelid), '^CREATE (UNIQUE )?INDEX .*? USING ', ''),
  x.indisunique, x.indisprimary, x.indisexclusion, x.indimmediate, x.indisclustered, x.indisvalid, x.indisreplident,
  q.reltablespace, q.reloptions, pg_catalog.obj_description(q.oid, 'pg_class'), CASE WHEN $2::boolean THEN q.relname
  END, CASE WHEN $2::boolean THEN (SELECT h.inhparent FROM pg_catalog.pg_inherits h WHERE h.inhrelid = q.oid) END,
  (SELECT pg_catalog.jsonb_agg(a.attstattarget ORDER BY a.attnum) FROM pg_catalog.pg_attribute a WHERE a.attrelid =
  q.oid)) AS said FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class q ON q.oid = x.indexrelid
  WHERE x.indrelid = $1::oid) x),
(SELECT pg_catalog.jsonb_agg(s.stxname ORDER BY s.stxname) FROM pg_catalog.pg_statistic_ext s
  WHERE s.stxrelid = $1::oid),
(SELECT pg_catalog.jsonb_agg(t.tgname ORDER BY t.tgname) FROM pg_catalog.pg_trigger t WHERE t.tgrelid = $1::oid
  AND NOT t.tgisinternal AND t.tgname <> 'ccctl_watch'),
(SELECT pg_catalog.jsonb_agg(y.polname ORDER BY y.polname) FROM pg_catalog.pg_policy y WHERE y.polrelid = $1::oid),
(SELECT pg_catalog.jsonb_agg(w.rulename ORDER BY w.rulename) FROM pg_catalog.pg_rewrite w
  WHERE w.ev_class = $1::oid),
(SELECT pg_catalog.jsonb_agg(u.prpubid ORDER BY u.prpubid) FROM pg_catalog.pg_publication_rel u
  WHERE u.prrelid = $1::oid),
(SELECT pg_catalog.jsonb_agg(l.label ORDER BY l.label) FROM pg_catalog.pg_seclabel l WHERE l.objoid = $1::oid
  AND l.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass),
CASE WHEN $2::boolean THEN pg_catalog.to_jsonb(pg_catalog.obj_description($1::oid, 'pg_class')) END,
CASE WHEN $2::boolean THEN (SELECT pg_catalog.jsonb_agg(h.inhparent) FROM pg_catalog.pg_inherits h
  WHERE h.inhrelid = $1::oid) END)::text)";

// The statements that give table $1 (by name) what CREATE TABLE … (LIKE …) does not take from table
// $2, in their order.
inline constexpr std::string_view kCarry = R"(
WITH o AS (SELECT * FROM pg_catalog.pg_class WHERE oid = $2::oid)
SELECT s.ddl FROM (
SELECT 1 AS n, 0 AS m, 'ALTER TABLE ' || $1::text || ' OWNER TO ' || pg_catalog.quote_ident(r.rolname) AS ddl
  FROM o JOIN pg_catalog.pg_roles r ON r.oid = o.relowner WHERE r.rolname <> current_user
UNION ALL SELECT 2, 0, 'ALTER TABLE ' || $1::text || ' SET (' || (SELECT pg_catalog.string_agg(
  pg_catalog.quote_ident(pg_catalog.split_part(x, '=', 1)) || ' = ' || pg_catalog.quote_literal(pg_catalog.substr(x,
  pg_catalog.strpos(x, '=') + 1)), ', ') FROM pg_catalog.unnest(o.reloptions) x) || ')' FROM o
  WHERE o.reloptions IS NOT NULL
UNION ALL SELECT 3, 0, 'ALTER TABLE ' || $1::text || ' ENABLE ROW LEVEL SECURITY' FROM o WHERE o.relrowsecurity
UNION ALL SELECT 4, 0, 'ALTER TABLE ' || $1::text || ' FORCE ROW LEVEL SECURITY' FROM o WHERE o.relforcerowsecurity
UNION ALL SELECT 5, 0, 'ALTER TABLE ' || $1::text || ' REPLICA IDENTITY ' || CASE o.relreplident WHEN 'f' THEN 'FULL'
  ELSE 'NOTHING' END FROM o WHERE o.relreplident IN ('f', 'n')
UNION ALL SELECT 6, a.attnum, 'ALTER TABLE ' || $1::text || ' ALTER COLUMN ' || pg_catalog.quote_ident(a.attname) ||
  ' SET STATISTICS ' || a.attstattarget FROM o JOIN pg_catalog.pg_attribute a ON a.attrelid = o.oid AND a.attnum > 0
  AND NOT a.attisdropped AND a.attstattarget >= 0
UNION ALL SELECT 7, g.n::integer, 'GRANT ' || g.privilege_type || ' ON TABLE ' || $1::text || ' TO ' || CASE g.grantee WHEN 0
  THEN 'PUBLIC' ELSE pg_catalog.quote_ident(r.rolname) END || CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE
  '' END FROM o CROSS JOIN LATERAL pg_catalog.aclexplode(o.relacl) WITH ORDINALITY g(grantor, grantee,
  privilege_type, is_grantable, n) LEFT JOIN pg_catalog.pg_roles r ON r.oid = g.grantee WHERE g.grantee <> o.relowner
UNION ALL SELECT 8, a.attnum, 'GRANT ' || g.privilege_type || ' (' || pg_catalog.quote_ident(a.attname) ||
  ') ON TABLE ' || $1::text || ' TO ' || CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(r.rolname)
  END || CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END FROM o JOIN pg_catalog.pg_attribute a ON
  a.attrelid = o.oid AND NOT a.attisdropped CROSS JOIN LATERAL pg_catalog.aclexplode(a.attacl) g LEFT JOIN
  pg_catalog.pg_roles r ON r.oid = g.grantee
UNION ALL SELECT 9, 0, 'ALTER TABLE ' || $1::text || ' ADD CONSTRAINT ccctl_bounds CHECK (' ||
  pg_catalog.pg_get_partition_constraintdef(o.oid) || ')' FROM o) s ORDER BY s.n, s.m)";

// Indexes of the copy $1 and of the partition $2 that are alike, as names.
inline constexpr std::string_view kSameIndexes = R"(
WITH x AS (SELECT x.indrelid, q.relname, k.said, pg_catalog.row_number() OVER (PARTITION BY x.indrelid, k.said ORDER BY
  q.oid) AS nth FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class q ON q.oid = x.indexrelid CROSS JOIN LATERAL
  (SELECT pg_catalog.jsonb_build_array(pg_catalog.regexp_replace(pg_catalog.pg_get_indexdef(x.indexrelid),
  '^CREATE (UNIQUE )?INDEX .*? USING ', ''), x.indisunique, x.indisprimary, x.indisexclusion, x.indimmediate,
  q.reltablespace, q.reloptions, pg_catalog.obj_description(q.oid, 'pg_class')) AS said) k
  WHERE x.indrelid IN ($1::oid, $2::oid))
SELECT a.relname, b.relname FROM x a JOIN x b ON b.indrelid = $2::oid AND b.said = a.said AND b.nth = a.nth
WHERE a.indrelid = $1::oid ORDER BY 1)";

// Transactions of this database that may have a snapshot; of other roles' PostgreSQL may not tell.
inline constexpr std::string_view kSnapshots = R"(
SELECT l.virtualxid FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'virtualxid' AND l.granted AND l.mode = 'ExclusiveLock' AND l.pid <> pg_catalog.pg_backend_pid()
  AND a.datname = pg_catalog.current_database() AND a.usesysid IS NOT NULL AND (a.backend_xmin IS NOT NULL
  OR NOT pg_catalog.pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')))";

}  // namespace ccctl::run
