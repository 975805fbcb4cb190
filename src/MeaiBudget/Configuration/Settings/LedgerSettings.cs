namespace MeaiBudget;

/// <summary>The ledger that stores the spend, in configuration.</summary>
public sealed class LedgerSettings
{
    /// <summary>The type of the ledger in the memory of the process.</summary>
    internal const string InMemory = "InMemory";

    /// <summary>Gets or sets the type: <c>InMemory</c>, <c>Sqlite</c>, <c>Redis</c>, <c>PostgreSql</c>, or the type of a factory of your own. Default: InMemory, unless a ledger package was added.</summary>
    public string? Type { get; set; }

    /// <summary>Gets or sets the file. For Sqlite.</summary>
    public string? Path { get; set; }

    /// <summary>Gets or sets the connection string, which may hold a password. Use the environment, user secrets or a vault. For Redis and PostgreSql.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>Gets or sets the ledger's name on its server. Default: <c>default</c>. For Redis and PostgreSql.</summary>
    public string? Name { get; set; }

    /// <summary>Gets or sets how long records of calls are kept for reports. Default: 400 days. For Sqlite and PostgreSql.</summary>
    public TimeSpan? RecordRetention { get; set; }

    /// <summary>Gets or sets a value indicating whether the process leases slices of busy accounts, so that it asks the server for few calls (<see cref="LeasedSpendLedger"/>). Such calls leave no records. Default: false. For Redis and PostgreSql.</summary>
    public bool? Leases { get; set; }

    /// <summary>Gets the names of tags that are stored for reports, besides those by which budgets are partitioned.</summary>
    public IList<string> RecordedTags { get; } = [];

    /// <summary>The names of the settings that are set and that not every type uses.</summary>
    internal IEnumerable<string> SpecificSettings()
    {
        if (Path is not null)
        {
            yield return nameof(Path);
        }

        if (ConnectionString is not null)
        {
            yield return nameof(ConnectionString);
        }

        if (Name is not null)
        {
            yield return nameof(Name);
        }

        if (Leases is not null)
        {
            yield return nameof(Leases);
        }

        if (RecordRetention is not null)
        {
            yield return nameof(RecordRetention);
        }
    }
}
