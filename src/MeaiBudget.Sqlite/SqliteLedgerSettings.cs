using Microsoft.Data.Sqlite;

namespace MeaiBudget;

/// <summary>Reads and writes the table of settings. Names are stored escaped, because SQLite ends a text at a zero character in some functions.</summary>
internal sealed class SqliteLedgerSettings : IDisposable
{
    private readonly SqliteStatement _version;
    private readonly SqliteStatement _raiseVersion;
    private readonly SqliteStatement _all;
    private readonly SqliteStatement _count;
    private readonly SqliteStatement _exists;
    private readonly SqliteStatement _put;
    private readonly SqliteStatement _delete;

    public SqliteLedgerSettings(SqliteConnection connection)
    {
        _version = new SqliteStatement(connection, "SELECT version FROM settings_version", 0);
        _raiseVersion = new SqliteStatement(connection, "UPDATE settings_version SET version = version + 1", 0);
        _all = new SqliteStatement(connection, "SELECT name, value FROM settings", 0);
        _count = new SqliteStatement(connection, "SELECT count(*) FROM settings", 0);
        _exists = new SqliteStatement(connection, "SELECT count(*) FROM settings WHERE name = $1", 1);
        _put = new SqliteStatement(connection, "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT DO UPDATE SET value = $2 WHERE value <> $2", 2);
        _delete = new SqliteStatement(connection, "DELETE FROM settings WHERE name = $1", 1);
    }

    public long Version => _version.Scalar();

    public (long Version, IReadOnlyDictionary<string, string> Settings) Read()
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        using SqliteDataReader row = _all.Read();
        while (row.Read())
        {
            settings.Add(LedgerAccountName.Unescape(row.GetString(0)), row.GetString(1));
        }

        return (Version, settings);
    }

    public long Write(string name, string? value)
    {
        string escaped = LedgerAccountName.Escape(name);
        if (value is not null && _exists.Scalar(escaped) == 0)
        {
            LedgerSettingRules.CheckCount(_count.Scalar(), name);
        }

        int changed = value is null ? _delete.Execute(escaped) : _put.Execute(escaped, value);
        if (changed > 0)
        {
            _raiseVersion.Execute();
        }

        return Version;
    }

    public void Dispose()
    {
        foreach (SqliteStatement statement in (SqliteStatement[])[_version, _raiseVersion, _all, _count, _exists, _put, _delete])
        {
            statement.Dispose();
        }
    }
}
