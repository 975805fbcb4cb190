using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace MeaiBudget;

/// <summary>Prices, ledger and tracker as configuration wants them; budgets and prices follow it while the application runs.</summary>
internal sealed class ConfiguredSpend : IDisposable
{
    private static readonly TimeSpan LongestFlush = TimeSpan.FromSeconds(5);
    private readonly IDisposable? _subscription;

    public ConfiguredSpend(IServiceProvider services, IOptionsMonitor<MeaiBudgetOptions> monitor, ConfigurationBinding binding, MeaiBudgetPipeline pipeline)
    {
        MeaiBudgetOptions options = monitor.CurrentValue;
        Prices = PricesOf(services, monitor);
        var facts = new ConfigurationFacts(options, services);
        TimeProvider clock = services.GetService<TimeProvider>() ?? TimeProvider.System;
        ISpendLedger? shared = facts.LedgerFactory?.Open(options.Ledger, services);
        Ledger = (shared is not null && options.Ledger.Leases == true ? new LeasedSpendLedger(shared) : shared) ?? new InMemorySpendLedger(clock) { KeepsRecords = true };

        // A leased ledger keeps no records, so what it admits is written to the shared one in the background.
        History = (Ledger is LeasedSpendLedger ? shared : Ledger) as ISpendHistory;
        Tracker = new CostTracker(BudgetsOf(options), Prices, Ledger, settings =>
        {
            // Not the names of the budgets, which may change: by its name a ledger knows whose reservation it holds.
            settings.Name = binding.Section.Path;
            settings.TimeProvider = clock;
            settings.LimitProvider = services.GetService<IBudgetLimitProvider>();
            settings.LoggerFactory = services.GetService<ILoggerFactory>();
            settings.History = pipeline.HasHistory ? services.GetRequiredService<ISpendHistory>() : ReferenceEquals(History, Ledger) ? null : History;
            settings.RecordedTags.UnionWith(options.Ledger.RecordedTags);
            foreach (ICallObserver observer in services.GetServices<ICallObserver>())
            {
                settings.Observers.Add(observer);
            }
        });
        _subscription = monitor.OnChange((changed, name) =>
        {
            Tracker.Replace(BudgetsOf(changed));

            // Nothing is awaited but the price file, and a refusal is logged by the source.
            _ = Prices.ReloadAsync();
        });
    }

    public PriceCatalogSource Prices { get; }

    public ISpendLedger Ledger { get; }

    /// <summary>Gets the history of the ledger; <see langword="null"/> if it keeps none.</summary>
    public ISpendHistory? History { get; }

    public CostTracker Tracker { get; }

    public void Dispose()
    {
        _subscription?.Dispose();
        Prices.Dispose();

        // What waits for the history is written, if it answers soon.
        Tracker.WritingHistory.Wait(LongestFlush);

        // Nobody may have asked for the ledger itself; closing twice is harmless.
        if (Ledger is IDisposable ledger)
        {
            ledger.Dispose();
        }
    }

    private static IEnumerable<Budget> BudgetsOf(MeaiBudgetOptions options) => options.Budgets.Select(entry => entry.Value.ToBudget(entry.Key));

    private static PriceCatalogSource PricesOf(IServiceProvider services, IOptionsMonitor<MeaiBudgetOptions> monitor)
    {
        MeaiBudgetOptions options = monitor.CurrentValue;
        var settings = new PriceCatalogSourceOptions
        {
            LargestPriceChange = options.LargestPriceChange,
            LoggerFactory = services.GetService<ILoggerFactory>(),
            TimeProvider = services.GetService<TimeProvider>() ?? TimeProvider.System,
        };
        if (options.PriceFile is { } path)
        {
            settings.Configure = loaded => ConfiguredPrices.Over(PriceCatalog.Default.With(loaded), monitor.CurrentValue);
            return PriceCatalogSource.FromFile(path, settings);
        }

        return PriceCatalogSource.FromDelegate(
            "configuration",
            _ => ValueTask.FromResult(ConfiguredPrices.Over(PriceCatalog.Default, monitor.CurrentValue)),
            ConfiguredPrices.Over(PriceCatalog.Default, options).WithTimeProvider(settings.TimeProvider),
            settings);
    }
}
