using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace MeaiBudget;

/// <summary>Opens the ledger if the configuration has the ledger type <c>PostgreSql</c>.</summary>
internal sealed class PostgreSqlLedgerFactory(Action<PostgreSqlSpendLedgerOptions>? configure) : ISpendLedgerFactory
{
    public string Type => "PostgreSql";

    public IReadOnlyCollection<string> SpecificSettings { get; } = [nameof(LedgerSettings.ConnectionString), nameof(LedgerSettings.Name), nameof(LedgerSettings.Leases), nameof(LedgerSettings.RecordRetention)];

    public IEnumerable<(string Setting, string Problem)> Check(LedgerSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (settings.Name is not null && !PostgreSqlSpendLedgerOptions.IsName(settings.Name))
        {
            yield return (nameof(settings.Name), "a ledger's name consists of letters, digits, '-', '_' and '.'. Change the name.");
        }
    }

    public ISpendLedger Open(LedgerSettings settings, IServiceProvider services)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var options = new PostgreSqlSpendLedgerOptions();
        options.Name = settings.Name ?? options.Name;
        options.RecordRetention = settings.RecordRetention ?? options.RecordRetention;
        configure?.Invoke(options);
        NpgsqlDataSource? dataSource = services.GetService<NpgsqlDataSource>();
        if (string.IsNullOrWhiteSpace(settings.ConnectionString) && dataSource is null)
        {
            throw new InvalidOperationException(
                "The ledger of the type PostgreSql has no connection. Set MeaiBudget:Ledger:ConnectionString in the format of Npgsql (Host=...;Database=...;Username=...), with a password in the environment or in user secrets, or register an NpgsqlDataSource.");
        }

        // The factory is synchronous, so it blocks. The connection runs on the thread pool, so that it cannot deadlock with a context of the caller.
        return Task.Run(() => string.IsNullOrWhiteSpace(settings.ConnectionString)
            ? PostgreSqlSpendLedger.OpenAsync(dataSource!, options)
            : PostgreSqlSpendLedger.OpenAsync(settings.ConnectionString, options)).GetAwaiter().GetResult();
    }
}
