namespace MeaiBudget;

/// <summary>Opens the ledger where configuration chooses the type <c>Redis</c>.</summary>
internal sealed class RedisLedgerFactory(Action<RedisSpendLedgerOptions>? configure) : ISpendLedgerFactory
{
    public string Type => "Redis";

    public IReadOnlyCollection<string> SpecificSettings { get; } = [nameof(LedgerSettings.ConnectionString), nameof(LedgerSettings.Name)];

    public IEnumerable<ConfigurationProblem> Check(LedgerSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (string.IsNullOrWhiteSpace(settings.ConnectionString))
        {
            yield return new(nameof(settings.ConnectionString), "there is no connection string. Write host:port,... as StackExchange.Redis reads it; one with a password belongs into the environment or user secrets.");
        }

        if (settings.Name is not null && !RedisSpendLedgerOptions.IsName(settings.Name))
        {
            yield return new(nameof(settings.Name), "a ledger's name consists of letters, digits, '-', '_' and '.'.");
        }
    }

    public ISpendLedger Open(LedgerSettings settings, IServiceProvider services)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var options = new RedisSpendLedgerOptions();
        options.Name = settings.Name ?? options.Name;
        configure?.Invoke(options);

        // A service is made without waiting; on a thread of the pool, so that no context of the caller's can be waited for.
        return Task.Run(() => RedisSpendLedger.ConnectAsync(settings.ConnectionString!, options)).GetAwaiter().GetResult();
    }
}
