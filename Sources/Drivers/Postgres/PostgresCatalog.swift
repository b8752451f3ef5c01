import SourceModel

/// What is asked of PostgreSQL's catalogue ("System Catalogs"). Everything is restricted to what the login may read.
enum PostgresCatalog {
    /// Schema, name, kind, comment and estimate of rows. Partitions are left out: their whole is there.
    static let tables = """
        select n.nspname, c.relname, c.relkind::text, pg_catalog.obj_description(c.oid, 'pg_class'), \
        case when c.reltuples >= 0 and c.relkind in ('r', 'm', 'p') then c.reltuples::bigint end::text \
        from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
        where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition \
        and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)' \
        and pg_catalog.has_schema_privilege(n.oid, 'USAGE') \
        and (pg_catalog.has_table_privilege(c.oid, 'SELECT') or pg_catalog.has_any_column_privilege(c.oid, 'SELECT')) \
        order by 1, 2 limit \(TableList.limit + 1)
        """

    /// The wanted tables, numbered from 1: `$1` their schemas, `$2` their names.
    private static let wanted = """
        from unnest($1::text[], $2::text[]) with ordinality as w(s, n, i) \
        join pg_catalog.pg_namespace ns on ns.nspname = w.s \
        join pg_catalog.pg_class c on c.relnamespace = ns.oid and c.relname = w.n
        """

    /// Number, name, type, type's id, nullability, default, comment.
    static let columns = """
        select w.i, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.atttypid::text, not a.attnotnull, \
        pg_catalog.pg_get_expr(d.adbin, d.adrelid), pg_catalog.col_description(c.oid, a.attnum) \(wanted) \
        join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped \
        left join pg_catalog.pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum \
        where pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT') order by w.i, a.attnum
        """

    /// Number, kind (`p` or `f`), name, columns, and what a foreign key refers to.
    static let constraints = """
        select w.i, k.contype::text, k.conname, \(keyColumns("k.conrelid", "k.conkey")), rs.nspname, r.relname, \
        \(keyColumns("k.confrelid", "k.confkey")) \(wanted) \
        join pg_catalog.pg_constraint k on k.conrelid = c.oid and k.contype in ('p', 'f') \
        left join pg_catalog.pg_class r on r.oid = k.confrelid \
        left join pg_catalog.pg_namespace rs on rs.oid = r.relnamespace order by w.i, k.conname
        """

    /// Number, name, uniqueness, columns or expressions.
    static let indexes = """
        select w.i, x.relname, ix.indisunique, pg_catalog.array_to_json(array( \
        select coalesce((select a.attname::text from pg_catalog.pg_attribute a \
        where a.attrelid = ix.indrelid and a.attnum = ix.indkey[o - 1] and a.attnum > 0), \
        pg_catalog.pg_get_indexdef(ix.indexrelid, o, true)) \
        from generate_series(1, ix.indnatts::int) o))::text \(wanted) \
        join pg_catalog.pg_index ix on ix.indrelid = c.oid join pg_catalog.pg_class x on x.oid = ix.indexrelid \
        order by w.i, x.relname
        """

    private static func keyColumns(_ relation: String, _ numbers: String) -> String {
        """
        pg_catalog.array_to_json(array(select a.attname from unnest(\(numbers)) with ordinality as o(n, i) \
        join pg_catalog.pg_attribute a on a.attrelid = \(relation) and a.attnum = o.n order by o.i))::text
        """
    }
}
