using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeaiBudget;

/// <summary>A price catalog that can change while the application runs, from a watched file or from a delegate that is called periodically.</summary>
/// <remarks>
/// Thread-safe. A file that cannot be read, or changes a price too much, is rejected as a whole: the previous catalog stays in use, and
/// the failure is logged, counted and stored in <see cref="LastFailure"/>. The metric
/// <see cref="MeaiBudgetDiagnostics.CatalogAgeMetric"/> is the age of the oldest catalog.
/// </remarks>
public sealed partial class PriceCatalogSource : IDisposable, IMeasurementSource
{
    private readonly Func<CancellationToken, ValueTask<PriceCatalog>>? _load;
    private readonly PriceCatalogSourceOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _reloading = new(1, 1);
    private readonly CancellationTokenSource _stopping = new();
    private readonly FileSystemWatcher? _watcher;
    private readonly ITimer? _timer;
    private readonly string? _path;
    private readonly bool _keepsFallenPrices;
    private (DateTime, long) _stamp;
    private volatile State _state;
    private volatile Exception? _lastFailure;
    private bool _isWarnedOfAge;
    private bool _isAgeLogged;
    private volatile bool _isDisposed;

    private PriceCatalogSource(
        string name, PriceCatalog first, Func<CancellationToken, ValueTask<PriceCatalog>>? load, PriceCatalogSourceOptions? options, string? path,
        bool keepsFallenPrices = false)
    {
        Name = name;
        _keepsFallenPrices = keepsFallenPrices;
        _options = options?.Clone() ?? new PriceCatalogSourceOptions();
        _timeProvider = _options.TimeProvider;
        _logger = _options.LoggerFactory?.CreateLogger<PriceCatalogSource>() ?? (ILogger)NullLogger.Instance;
        _load = load;
        _path = path;
        _state = new State(first, _timeProvider.GetUtcNow());
        if (path is not null)
        {
            _stamp = Stamp(path);
            _watcher = Watch(path);
        }

        if (load is not null)
        {
            _timer = _timeProvider.CreateTimer(static source => ((PriceCatalogSource)source!).OnTimer(), this, _options.RefreshInterval, _options.RefreshInterval);
        }

        MeaiBudgetDiagnostics.Observe(this);
        WarnOfAge();
    }

    /// <summary>Raised after a new catalog was loaded.</summary>
    public event EventHandler? Reloaded;

    /// <summary>Gets the name of the source, a tag of its metrics: the file's name or the given name.</summary>
    public string Name { get; }

    /// <summary>Gets the current catalog. Read it in every call, because it can change.</summary>
    public PriceCatalog Current => _state.Catalog;

    /// <summary>Gets the time when the current catalog was loaded.</summary>
    public DateTimeOffset LoadedAt => _state.LoadedAt;

    /// <summary>Gets the age of the current prices: since the date in their file, or else since they were loaded.</summary>
    public TimeSpan Age => _timeProvider.GetUtcNow() - (Current.Info.Date is { } date ? new DateTimeOffset(date, TimeOnly.MinValue, TimeSpan.Zero) : LoadedAt);

    /// <summary>Gets the exception of the last reload; <see langword="null"/> if it succeeded.</summary>
    public Exception? LastFailure => _lastFailure;

    /// <summary>Creates a source that never changes.</summary>
    /// <param name="catalog">The catalog.</param>
    public static implicit operator PriceCatalogSource(PriceCatalog catalog) => FromCatalog(catalog);

    /// <summary>Creates a source that never changes.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <returns>The source.</returns>
    public static PriceCatalogSource FromCatalog(PriceCatalog catalog)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new PriceCatalogSource("fixed", catalog, null, null, null);
    }

    /// <summary>Creates a source that reads a file, and reads it again when it changes.</summary>
    /// <param name="path">The path of the file, in any format that <see cref="PriceCatalog.Load(string)"/> reads.</param>
    /// <param name="options">The options; copied.</param>
    /// <returns>The source.</returns>
    /// <exception cref="PriceCatalogException">The file cannot be read or is invalid, and there is no previous catalog yet.</exception>
    public static PriceCatalogSource FromFile(string path, PriceCatalogSourceOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string full = Path.GetFullPath(path);
        PriceCatalog first = (options ?? new PriceCatalogSourceOptions()).Prepare(PriceCatalog.Load(full));
        return new PriceCatalogSource(Path.GetFileName(full), first, _ => ValueTask.FromResult(PriceCatalog.Load(full)), options, full);
    }

    /// <summary>Creates a source that calls a delegate periodically, for prices from a network or a database.</summary>
    /// <param name="name">The source's name, for logs and metrics.</param>
    /// <param name="load">Returns the catalog; <see cref="PriceCatalog.Load(Stream, string, IProgress{long}?)"/> reads a stream.</param>
    /// <param name="first">The catalog until the delegate has returned one; <see langword="null"/> for <see cref="PriceCatalog.Default"/>.</param>
    /// <param name="options">The options; copied.</param>
    /// <returns>The source; call <see cref="ReloadAsync"/> to load immediately.</returns>
    public static PriceCatalogSource FromDelegate(string name, Func<CancellationToken, ValueTask<PriceCatalog>> load, PriceCatalog? first = null, PriceCatalogSourceOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(load);
        return new PriceCatalogSource(name, first ?? PriceCatalog.Default, load, options, null);
    }

    /// <summary>Creates a source that downloads a price file periodically, over the catalog of the package.</summary>
    /// <remarks>
    /// A file that did not change (by its ETag) is not sent again. The last good catalog stays in use if a download fails. A price that
    /// falls to zero or below half keeps its old value until its model is one of <see cref="PriceCatalogSourceOptions.ConfirmedModels"/>.
    /// </remarks>
    /// <param name="url">The address of a file in any format that <see cref="PriceCatalog.Load(string)"/> reads.</param>
    /// <param name="client">The HTTP client, which is not disposed.</param>
    /// <param name="options">The options; copied.</param>
    /// <returns>The source, with <see cref="PriceCatalog.Default"/> until the first download; call <see cref="ReloadAsync"/> to download immediately.</returns>
    public static PriceCatalogSource FromUrl(Uri url, HttpClient client, PriceCatalogSourceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(url);
        ArgumentNullException.ThrowIfNull(client);
        PriceCatalogSourceOptions copy = options?.Clone() ?? new PriceCatalogSourceOptions();
        copy.Configure ??= PriceCatalog.Default.With;
        var download = new DownloadedPrices(client, url, copy.LargestDownload);
        return new PriceCatalogSource(url.Host, PriceCatalog.Default.WithTimeProvider(copy.TimeProvider), download.LoadAsync, copy, null, keepsFallenPrices: true);
    }

    /// <summary>Loads the catalog immediately.</summary>
    /// <param name="cancellationToken">Cancels the wait and the load.</param>
    /// <returns><see langword="true"/> if a new catalog was loaded; otherwise <see cref="LastFailure"/> has the reason.</returns>
    public async Task<bool> ReloadAsync(CancellationToken cancellationToken = default)
    {
        if (_load is null)
        {
            return false;
        }

        await _reloading.WaitAsync(cancellationToken);
        try
        {
            if (_path is not null)
            {
                _stamp = Stamp(_path);
            }

            PriceCatalog next = _options.Prepare(await _load(cancellationToken));
            next = _keepsFallenPrices ? KeepFallenPrices(Current, next) : next;
            RefuseJumps(Current, next);
            _state = new State(next, _timeProvider.GetUtcNow());
            _lastFailure = null;
            _isWarnedOfAge = false;
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            _lastFailure = exception;
            MeaiBudgetDiagnostics.RecordCatalogReload(Name, isRefused: true);
            if (_logger.IsEnabled(LogLevel.Error))
            {
                LogRefused(_logger, Name, LoggedException.Describe(exception));
            }

            return false;
        }
        finally
        {
            _reloading.Release();
        }

        MeaiBudgetDiagnostics.RecordCatalogReload(Name, isRefused: false);
        LogReloaded(_logger, Name, Current.Models.Count, Current.Info.Version);
        WarnOfAge();
        Reloaded?.Invoke(this, EventArgs.Empty);
        return true;
    }

    /// <summary>Stops watching. The current catalog stays available.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        _stopping.Cancel();
        _watcher?.Dispose();
        _timer?.Dispose();
    }

    void IMeasurementSource.MeasureCatalogAge(ICollection<TimeSpan> into)
    {
        if (!_isDisposed)
        {
            into.Add(Age);
        }
    }

    private static (DateTime, long) Stamp(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? (file.LastWriteTimeUtc, file.Length) : default;
    }

    private FileSystemWatcher? Watch(string path)
    {
        try
        {
            // Watch the whole directory, because mounted configuration is replaced by changing a link beside the file.
            var watcher = new FileSystemWatcher(Path.GetDirectoryName(path)!);
            watcher.Changed += OnFileEvent;
            watcher.Created += OnFileEvent;
            watcher.Renamed += OnFileEvent;
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or PlatformNotSupportedException)
        {
            // The system supports no watches, or has none left. The timer finds changes instead.
            return null;
        }
    }

    // Writing raises many events. A half-written file is rejected, and read again after the next event.
    private void OnFileEvent(object sender, FileSystemEventArgs e) => _timer?.Change(_options.SettlingTime, _options.RefreshInterval);

    private async void OnTimer()
    {
        if (_path is not null && Stamp(_path) == _stamp)
        {
            WarnOfAge();
            return;
        }

        try
        {
            await ReloadAsync(_stopping.Token);
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
        {
            // The source was disposed during the reload.
        }
        catch (Exception exception)
        {
            // An exception of a Reloaded handler must not end the process.
            if (_logger.IsEnabled(LogLevel.Error))
            {
                LogHandlerFailed(_logger, Name, LoggedException.Describe(exception));
            }
        }
    }

    /// <summary>Keeps the old price of models whose price fell to less than half, until somebody confirms it.</summary>
    private PriceCatalog KeepFallenPrices(PriceCatalog current, PriceCatalog next)
    {
        Dictionary<(string? Provider, string Id), PricedModel> old = PriceChange.ByKey(current);
        Dictionary<(string? Provider, string Id), PricedModel> loaded = PriceChange.ByKey(next);
        List<PricedModel> kept = [];
        foreach (IGrouping<(string? Provider, string ModelId), PriceChange> changes in PriceChange.Between(current, next, _timeProvider.GetUtcNow())
            .Where(change => change is { Before: > 0m, After: { } after, Component: <= PriceComponent.OutputImage } && after < change.Before / 2m)
            .GroupBy(change => (change.Provider, change.ModelId)))
        {
            if (_options.ConfirmedModels.Contains($"{changes.Key.Provider}/{changes.Key.ModelId}")
                || !old.TryGetValue((changes.Key.Provider, changes.Key.ModelId.ToLowerInvariant()), out PricedModel? model))
            {
                continue;
            }

            kept.Add(model with { IsOverride = loaded[(changes.Key.Provider, changes.Key.ModelId.ToLowerInvariant())].IsOverride });
            LogKept(_logger, Name, changes.First().ToString());
        }

        return kept.Count == 0 ? next : next.WithModels(kept);
    }

    private void RefuseJumps(PriceCatalog current, PriceCatalog next)
    {
        if (_options.LargestPriceChange is not { } largest)
        {
            return;
        }

        PriceChange? jump = PriceChange.Between(current, next, _timeProvider.GetUtcNow()).FirstOrDefault(change => change.Factor > largest);
        if (jump is not null)
        {
            throw new PriceCatalogException(Name, null, $"{jump} is a change by a factor of more than {largest}. If the price is correct, set PriceCatalogSourceOptions.LargestPriceChange to null or to a larger factor.", null);
        }
    }

    /// <summary>Logs once of which day the prices are, and that they are old if the source has no logger of its own to say so.</summary>
    internal void LogAge(ILogger logger)
    {
        if (Current.Date is { } date && !Interlocked.Exchange(ref _isAgeLogged, true))
        {
            LogInUse(logger, Name, date, (int)Age.TotalDays);
        }

        if (_options.LoggerFactory is null && !_isWarnedOfAge && _options.StaleAfter is { } limit && Age > limit)
        {
            _isWarnedOfAge = true;
            LogStale(logger, Name, (int)Age.TotalDays);
        }
    }

    private void WarnOfAge()
    {
        if (_options.LoggerFactory is not null && !_isWarnedOfAge && _options.StaleAfter is { } limit && Age > limit)
        {
            _isWarnedOfAge = true;
            LogStale(_logger, Name, (int)Age.TotalDays);
        }
    }

    private sealed record State(PriceCatalog Catalog, DateTimeOffset LoadedAt);
}
