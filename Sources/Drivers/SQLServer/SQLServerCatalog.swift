import SourceModel

/// What is asked of SQL Server's own catalogue ("Catalog views").
enum SQLServerCatalog {
    /// Is the login a sysadmin; may it change a table or the database. Of many tables some will do: each costs the
    /// server three questions.
    static let rights = """
        SELECT ISNULL(IS_SRVROLEMEMBER('sysadmin'), 0), CASE WHEN EXISTS (SELECT 1 \
        FROM sys.fn_my_permissions(NULL, 'DATABASE') WHERE permission_name IN \
        ('INSERT', 'UPDATE', 'DELETE', 'ALTER', 'CONTROL')) OR EXISTS (SELECT 1 \
        FROM (SELECT TOP (2000) name, schema_id FROM sys.tables ORDER BY object_id) t JOIN sys.schemas s \
        ON s.schema_id = t.schema_id CROSS JOIN (VALUES ('INSERT'), ('UPDATE'), ('DELETE')) p(n) \
        WHERE HAS_PERMS_BY_NAME(QUOTENAME(s.name) + '.' + QUOTENAME(t.name), 'OBJECT', p.n) = 1) THEN 1 ELSE 0 END
        """

    /// May the login see plans in the database that the session is in: 1 or 0.
    static let planning = """
        SELECT COUNT(*) FROM sys.fn_my_permissions(NULL, 'DATABASE') WHERE permission_name = 'SHOWPLAN'
        """
    static let planningOn = "SET SHOWPLAN_XML ON"
    static let planningOff = "SET SHOWPLAN_XML OFF"

    /// Begins the transaction that is always rolled back. What a statement does behind a COMMIT or a ROLLBACK of its own
    /// begins another transaction instead of standing at once. Whoever waits for a lock does not wait longer than the
    /// statement may take.
    static func begin(milliseconds: Int64) -> String {
        "SET XACT_ABORT ON; SET LOCK_TIMEOUT \(milliseconds); BEGIN TRANSACTION; "
            // Later than the first transaction: BEGIN TRANSACTION would nest in one that it begins by itself.
            + "SET IMPLICIT_TRANSACTIONS ON"
    }

    /// What the statement `@p1` with the parameters that `@p2` declares gives first: an error, or a row for each column.
    static let description = """
        SELECT error_number, error_state, error_message FROM sys.dm_exec_describe_first_result_set(@p1, @p2, 0)
        """

    /// Schema, name, kind, comment and number of rows.
    static let tables = """
        SELECT TOP (\(TableList.limit + 1)) s.name, o.name, RTRIM(o.type), CAST(e.value AS nvarchar(4000)), \
        (SELECT SUM(p.rows) FROM sys.partitions p WHERE p.object_id = o.object_id AND p.index_id IN (0, 1)) \
        FROM sys.objects o JOIN sys.schemas s ON s.schema_id = o.schema_id \
        LEFT JOIN sys.extended_properties e ON e.class = 1 AND e.major_id = o.object_id AND e.minor_id = 0 \
        AND e.name = N'MS_Description' \
        WHERE o.type IN ('U', 'V') AND o.is_ms_shipped = 0 ORDER BY s.name, o.name
        """

    /// The wanted tables, numbered from 1: each parameter is a table's name in brackets.
    private static func wanted(_ count: Int) -> String {
        let rows = (1...max(count, 1)).map { "(\($0), OBJECT_ID(@p\($0)))" }.joined(separator: ", ")
        return "FROM (VALUES \(rows)) w(i, id)"
    }

    /// Number, column, type, base type, length, precision, scale, nullability, default, comment.
    static func columns(of count: Int) -> String {
        """
        SELECT w.i, c.name, t.name, TYPE_NAME(c.system_type_id), c.max_length, c.precision, c.scale, c.is_nullable, \
        d.definition, CAST(e.value AS nvarchar(4000)) \(wanted(count)) \
        JOIN sys.columns c ON c.object_id = w.id JOIN sys.types t ON t.user_type_id = c.user_type_id \
        LEFT JOIN sys.default_constraints d ON d.object_id = c.default_object_id \
        LEFT JOIN sys.extended_properties e ON e.class = 1 AND e.major_id = c.object_id AND e.minor_id = c.column_id \
        AND e.name = N'MS_Description' ORDER BY w.i, c.column_id
        """
    }

    /// Number, index, whether it is the primary key, whether it is unique, column.
    static func indexes(of count: Int) -> String {
        """
        SELECT w.i, x.name, x.is_primary_key, x.is_unique, c.name \(wanted(count)) \
        JOIN sys.indexes x ON x.object_id = w.id AND x.name IS NOT NULL \
        JOIN sys.index_columns k ON k.object_id = x.object_id AND k.index_id = x.index_id AND k.is_included_column = 0 \
        JOIN sys.columns c ON c.object_id = k.object_id AND c.column_id = k.column_id \
        ORDER BY w.i, x.name, k.key_ordinal
        """
    }

    /// Number, foreign key, column, schema, table and column that it refers to.
    static func foreignKeys(of count: Int) -> String {
        """
        SELECT w.i, f.name, c.name, rs.name, r.name, rc.name \(wanted(count)) \
        JOIN sys.foreign_keys f ON f.parent_object_id = w.id \
        JOIN sys.foreign_key_columns k ON k.constraint_object_id = f.object_id \
        JOIN sys.columns c ON c.object_id = k.parent_object_id AND c.column_id = k.parent_column_id \
        JOIN sys.objects r ON r.object_id = f.referenced_object_id JOIN sys.schemas rs ON rs.schema_id = r.schema_id \
        JOIN sys.columns rc ON rc.object_id = k.referenced_object_id AND rc.column_id = k.referenced_column_id \
        ORDER BY w.i, f.name, k.constraint_column_id
        """
    }
}
