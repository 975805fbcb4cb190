using System.Globalization;
using Npgsql;
using StackExchange.Redis;

namespace MeaiBudget.Tool;

/// <summary>Where a ledger is, as a command names it.</summary>
/// <param name="Kind">The kind of store.</param>
/// <param name="Value">The path of the file, the connection string of Npgsql, or the configuration of StackExchange.Redis. It may have a password.</param>
internal sealed record LedgerAddress(LedgerStore Kind, string Value)
{
    /// <summary>Describes an argument that takes every ledger.</summary>
    public const string Description = "The SQLite ledger file, or a connection string of PostgreSQL (Host=...;Database=...), or redis:HOST:PORT, or env:NAME for an environment variable that has one of them (for a password).";

    /// <summary>Describes an argument that takes ledgers with tables.</summary>
    public const string DescriptionOfTables = "The SQLite ledger file, or a connection string of PostgreSQL (Host=...;Database=...), or env:NAME for an environment variable that has one of them (for a password).";

    private const string Variable = "env:";
    private const string Redis = "redis:";

    /// <summary>Reads an argument.</summary>
    /// <exception cref="ArgumentException">The argument names no ledger, or an environment variable that is not set.</exception>
    public static LedgerAddress Parse(string ledger)
    {
        if (ledger.StartsWith(Variable, StringComparison.OrdinalIgnoreCase))
        {
            string variable = ledger[Variable.Length..];
            ledger = variable.Length == 0
                ? throw new ArgumentException("'env:' names no environment variable. Use env:NAME.")
                : Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value
                ? value
                : throw new ArgumentException($"The environment variable '{variable}' is not set. Set it to a ledger file, a connection string of PostgreSQL or redis:HOST:PORT.");
        }

        if (Uri.TryCreate(ledger, UriKind.Absolute, out Uri? url) && ledger.Contains("://", StringComparison.Ordinal))
        {
            switch (url.Scheme)
            {
                case "redis" or "rediss":
                    return new LedgerAddress(LedgerStore.Redis, RedisConfiguration(url));
                case "postgres" or "postgresql":
                    return new LedgerAddress(LedgerStore.PostgreSql, PostgreSqlConnection(url));
            }
        }

        if (ledger.StartsWith(Redis, StringComparison.OrdinalIgnoreCase))
        {
            return ledger.Length > Redis.Length
                ? new LedgerAddress(LedgerStore.Redis, ledger[Redis.Length..])
                : throw new ArgumentException("'redis:' names no server. Use redis:HOST:PORT, for example redis:localhost:6379.");
        }

        return new LedgerAddress(ledger.Contains('=', StringComparison.Ordinal) && !File.Exists(ledger) ? LedgerStore.PostgreSql : LedgerStore.File, ledger);
    }

    /// <summary>Returns the path of the ledger's file.</summary>
    /// <exception cref="ArgumentException">The ledger is not a file.</exception>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    public string ToFile()
    {
        if (Kind != LedgerStore.File)
        {
            throw new ArgumentException($"This command reads ledger files of SQLite only, and this ledger is in {Kind}. 'meaibudget ledger copy' copies a ledger to a file; 'meaibudget dashboard' shows its spend.");
        }

        InputFile.Check(Value, "ledger file");
        return Value;
    }

    private static string RedisConfiguration(Uri url)
    {
        var configuration = new ConfigurationOptions { Ssl = url.Scheme == "rediss", DefaultDatabase = DatabaseOf(url) };
        configuration.EndPoints.Add(url.Host, url.Port > 0 ? url.Port : 6379);
        (configuration.User, configuration.Password) = UserOf(url);
        return configuration.ToString(includePassword: true);
    }

    private static int? DatabaseOf(Uri url)
    {
        string path = url.AbsolutePath.Trim('/');
        return path.Length == 0 ? null
            : int.TryParse(path, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number
            : throw new ArgumentException($"'{path}' is not the number of a database of Redis. Use redis://HOST:PORT/0.");
    }

    private static string PostgreSqlConnection(Uri url)
    {
        var connection = new NpgsqlConnectionStringBuilder { Host = url.Host, Database = Uri.UnescapeDataString(url.AbsolutePath.Trim('/')) };
        if (url.Port > 0)
        {
            connection.Port = url.Port;
        }

        (connection.Username, connection.Password) = UserOf(url);
        foreach (string[] option in url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Select(option => option.Split('=', 2)))
        {
            connection[Uri.UnescapeDataString(option[0])] = option.Length > 1 ? Uri.UnescapeDataString(option[1]) : "";
        }

        return connection.ConnectionString;
    }

    private static (string? User, string? Password) UserOf(Uri url)
    {
        string[] parts = [.. url.UserInfo.Split(':', 2).Select(Uri.UnescapeDataString)];
        return (parts[0].Length > 0 ? parts[0] : null, parts.Length > 1 ? parts[1] : null);
    }
}
