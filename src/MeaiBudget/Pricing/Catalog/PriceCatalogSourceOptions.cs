using Microsoft.Extensions.Logging;

namespace MeaiBudget;

/// <summary>Options of <see cref="PriceCatalogSource"/>; copied when the source is created.</summary>
public sealed class PriceCatalogSourceOptions
{
    /// <summary>
    /// Gets or sets a function that changes every loaded catalog, for example <c>loaded => PriceCatalog.Default.With(loaded)</c>; <see
    /// langword="null"/> for none.
    /// </summary>
    public Func<PriceCatalog, PriceCatalog>? Configure { get; set; }

    /// <summary>Gets or sets how often a delegate is called, or a file checked even without a change event. Default: one hour.</summary>
    public TimeSpan RefreshInterval { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Gets or sets how long to wait after a file has changed before it is read. Default: 250 ms.</summary>
    public TimeSpan SettlingTime { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Gets or sets the largest factor, up or down, by which a reload may change a known price; <see langword="null"/> for no limit. Default: 5.</summary>
    public decimal? LargestPriceChange { get; set; } = 5m;

    /// <summary>Gets or sets the age of prices after which a warning is logged; <see langword="null"/> for never. Default: 60 days.</summary>
    public TimeSpan? StaleAfter { get; set; } = TimeSpan.FromDays(60);

    /// <summary>Gets or sets the largest size in bytes of a file that <see cref="PriceCatalogSource.FromUrl"/> accepts. Default: 32 MB.</summary>
    public long LargestDownload { get; set; } = 32 * 1024 * 1024;

    /// <summary>
    /// Gets the models, as <c>provider/id</c>, whose price may fall to less than half. <see cref="PriceCatalogSource.FromUrl"/> keeps the
    /// old price of any other model whose price falls so far, and logs it, because a price of zero by mistake would let everything pass.
    /// </summary>
    public ISet<string> ConfirmedModels { get; private set; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Gets or sets the clock. Default: <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Gets or sets the logger factory; <see langword="null"/> for no logging.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    internal PriceCatalogSourceOptions Clone()
    {
        var copy = (PriceCatalogSourceOptions)MemberwiseClone();
        copy.ConfirmedModels = new HashSet<string>(ConfirmedModels, StringComparer.OrdinalIgnoreCase);
        return copy;
    }

    internal PriceCatalog Prepare(PriceCatalog catalog) =>
        (Configure?.Invoke(catalog) ?? catalog).WithTimeProvider(TimeProvider);
}
