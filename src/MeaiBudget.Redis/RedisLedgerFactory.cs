namespace MeaiBudget;

/// <summary>Opens the ledger if the configuration has the ledger type <c>Redis</c>.</summary>
internal sealed class RedisLedgerFactory(Action<RedisSpendLedgerOptions>? configure) : ISpendLedgerFactory
{
    public string Type => "Redis";

    public IReadOnlyCollection<string> SpecificSettings { get; } = [nameof(LedgerSettings.ConnectionString), nameof(LedgerSettings.Name), nameof(LedgerSettings.Leases)];

    public IEnumerable<(string Setting, string Problem)> Check(LedgerSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (string.IsNullOrWhiteSpace(settings.ConnectionString))
        {
            yield return (nameof(settings.ConnectionString), "there is no connection string. Set it in the format of StackExchange.Redis (host:port,...). Store one with a password in the environment or in user secrets.");
        }

        if (settings.Name is not null && !RedisSpendLedgerOptions.IsName(settings.Name))
        {
            yield return (nameof(settings.Name), "a ledger's name consists of letters, digits, '-', '_' and '.'. Change the name.");
        }
    }

    public ISpendLedger Open(LedgerSettings settings, IServiceProvider services)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var options = new RedisSpendLedgerOptions();
        options.Name = settings.Name ?? options.Name;
        configure?.Invoke(options);

        // The factory is synchronous, so it blocks. The connection runs on the thread pool, so that it cannot deadlock with a context of the caller.
        return Task.Run(() => RedisSpendLedger.ConnectAsync(settings.ConnectionString!, options)).GetAwaiter().GetResult();
    }
}
