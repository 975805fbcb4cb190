using Microsoft.Extensions.Logging;

namespace MeaiBudget;

/// <summary>Options of a <see cref="PriceCatalogSource"/>, copied when it is made.</summary>
public sealed class PriceCatalogSourceOptions
{
    /// <summary>Gets or sets what is done to every catalog that is loaded, for example <c>loaded => PriceCatalog.Default.With(loaded)</c>; <see langword="null"/> for nothing.</summary>
    public Func<PriceCatalog, PriceCatalog>? Configure { get; set; }

    /// <summary>Gets or sets how often a delegate is asked, or a file looked at even if no change was announced. One hour by default.</summary>
    public TimeSpan RefreshInterval { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Gets or sets how long a changed file is left alone before it is read. A quarter of a second by default.</summary>
    public TimeSpan SettlingTime { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Gets or sets the factor, up or down, by which a known price may move in one reload; <see langword="null"/> for any. Five by default.</summary>
    public decimal? LargestPriceChange { get; set; } = 5m;

    /// <summary>Gets or sets the age of prices at which a warning is logged; <see langword="null"/> for never. 180 days by default.</summary>
    public TimeSpan? StaleAfter { get; set; } = TimeSpan.FromDays(180);

    /// <summary>Gets or sets the clock.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Gets or sets where messages go; <see langword="null"/> for nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    internal PriceCatalogSourceOptions Clone() => (PriceCatalogSourceOptions)MemberwiseClone();

    internal PriceCatalog Prepare(PriceCatalog catalog) =>
        (Configure?.Invoke(catalog) ?? catalog).WithTimeProvider(TimeProvider);
}
