using Microsoft.Extensions.DependencyInjection;

namespace MeaiBudget;

/// <summary>Opens the ledger if the configuration has the ledger type <c>Sqlite</c>.</summary>
internal sealed class SqliteLedgerFactory(Action<SqliteSpendLedgerOptions>? configure) : ISpendLedgerFactory
{
    public string Type => "Sqlite";

    public IReadOnlyCollection<string> SpecificSettings { get; } = [nameof(LedgerSettings.Path), nameof(LedgerSettings.RecordRetention)];

    public IEnumerable<(string Setting, string Problem)> Check(LedgerSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (string.IsNullOrWhiteSpace(settings.Path))
        {
            yield return (nameof(settings.Path), "there is no path of a file. Set it, for example to \"spend.db\"; the folder must exist.");
        }
        else if (Path.GetDirectoryName(Path.GetFullPath(settings.Path)) is { } folder && !Directory.Exists(folder))
        {
            yield return (nameof(settings.Path), $"there is no folder '{folder}'. Create it, or set another path.");
        }
    }

    public ISpendLedger Open(LedgerSettings settings, IServiceProvider services)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var options = new SqliteSpendLedgerOptions();
        options.Clock = services.GetService<TimeProvider>() ?? options.Clock;
        options.RecordRetention = settings.RecordRetention ?? options.RecordRetention;
        configure?.Invoke(options);
        return SqliteSpendLedger.Open(settings.Path!, options);
    }
}
