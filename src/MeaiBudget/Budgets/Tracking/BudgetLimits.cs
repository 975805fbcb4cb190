using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace MeaiBudget;

/// <summary>The limits in force: those that an operator set in the ledger, else those of the application's provider, else the budgets' own.</summary>
/// <remarks>
/// The ledger's settings are read when a reservation finds that their version has changed, so that every service on a ledger obeys a
/// change at its next call. A provider is bounded in time, and a failure of it raises no limit. Thread-safe.
/// </remarks>
internal sealed partial class BudgetLimits
{
    /// <summary>How many limits of the provider are remembered. Beyond that, those that were not used for the longest time are forgotten.</summary>
    private const int RememberedLimits = 250_000;

    /// <summary>After a failure the provider is not asked for the same key for this time, or for any key if it did not answer in time.</summary>
    private static readonly TimeSpan AsksAgainAfter = TimeSpan.FromSeconds(1);

    private static readonly string Service = $"{AppDomain.CurrentDomain.FriendlyName}@{Environment.MachineName}";

    private readonly ISpendLedger _ledger;
    private readonly ILogger _logger;
    private readonly IBudgetLimitProvider? _provider;
    private readonly TimeSpan _duration;
    private readonly TimeSpan _timeout;
    private readonly KeptLimits _kept;
    private readonly ConcurrentDictionary<string, KnownLimit> _known = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, decimal?> _warned = new(StringComparer.Ordinal);
    private int _knownCount;
    private volatile CentralLimits _central = CentralLimits.None;
    private long _refreshedAt;
    private long _comparedVersion;
    private long _hangsSince;

    public BudgetLimits(ISpendLedger ledger, CostTrackerOptions options, ILogger logger)
    {
        _ledger = ledger;
        _logger = logger;
        _provider = options.LimitProvider;
        _duration = options.LimitCacheDuration;
        _timeout = options.LimitTimeout;
        _kept = new KeptLimits(ledger, () => _central);
    }

    public bool AsksProvider => _provider is not null;

    /// <summary>Gets the version of the settings that the limits follow.</summary>
    public long SettingsVersion => _central.Version;

    /// <summary>Sets the limits of budgets and keys, and whether they are stopped.</summary>
    public ValueTask ApplyAsync(List<AppliedBudget> applied, CancellationToken cancellationToken)
    {
        if (_provider is not null)
        {
            return AskAndApplyAsync(applied, cancellationToken);
        }

        ApplyCentral(applied);
        return ValueTask.CompletedTask;
    }

    /// <summary>Reads the ledger's settings again, unless that was done less than <paramref name="age"/> ago. Returns true if they changed.</summary>
    public async ValueTask<bool> RefreshAsync(TimeSpan age, CancellationToken cancellationToken)
    {
        if (age > TimeSpan.Zero && _refreshedAt != 0 && TimeProvider.System.GetElapsedTime(Volatile.Read(ref _refreshedAt)) < age)
        {
            return false;
        }

        (long version, IReadOnlyDictionary<string, string> settings) = await _ledger.ReadSettingsAsync(cancellationToken);
        Volatile.Write(ref _refreshedAt, TimeProvider.System.GetTimestamp());
        CentralLimits before = _central;
        if (version == before.Version)
        {
            return false;
        }

        _central = new CentralLimits(version, settings);
        return true;
    }

    /// <summary>
    /// Warns if the code has another limit than the ledger, and lists this service for <c>meaibudget budget list</c>. Called for requests only:
    /// a process that just reads statuses, such as a dashboard, limits no call.
    /// </summary>
    public void CompareCode(BudgetBook[] books)
    {
        CentralLimits central = _central;
        if (Volatile.Read(ref _comparedVersion) != central.Version && Interlocked.Exchange(ref _comparedVersion, central.Version) != central.Version)
        {
            WarnOfOtherCode(central, books);
        }
    }

    private void ApplyCentral(List<AppliedBudget> applied)
    {
        CentralLimits central = _central;
        if (central.IsEmpty)
        {
            return;
        }

        for (int i = 0; i < applied.Count; i++)
        {
            AppliedBudget one = applied[i];
            string budget = one.Book.Budget.Name;
            if (central.LimitOf(budget, one.LimitKey ?? one.Key) is { Amount: { } amount })
            {
                one.Limit = BudgetBook.ToNanoDollars(amount);
            }

            one.StopReason = central.StopOf(budget, one.LimitKey ?? one.Key)?.Reason;
            applied[i] = one;
        }
    }

    private async ValueTask AskAndApplyAsync(List<AppliedBudget> applied, CancellationToken cancellationToken)
    {
        for (int i = 0; i < applied.Count; i++)
        {
            AppliedBudget one = applied[i];
            one.Limit = await AskAsync(one.Book, one.LimitKey ?? one.Key, cancellationToken);
            applied[i] = one;
        }

        ApplyCentral(applied);
    }

    private async ValueTask<long?> AskAsync(BudgetBook book, string key, CancellationToken cancellationToken)
    {
        string account = book.Account(BudgetUnit.Dollars, key);
        TimeProvider clock = _ledger.Clock;
        long now = clock.GetTimestamp();
        if (_known.TryGetValue(account, out KnownLimit? known) && clock.GetElapsedTime(known.AskedAt, now) < (known.HasFailed ? Shorter(_duration) : _duration))
        {
            return known.HasFailed ? LastKnown(book, key, known) : known.Limit;
        }

        long hangsSince = Volatile.Read(ref _hangsSince);
        if (hangsSince != 0 && TimeProvider.System.GetElapsedTime(hangsSince) < AsksAgainAfter)
        {
            return LastKnown(book, key, known);
        }

        try
        {
            decimal? limit = await AskInTimeAsync(book.Budget, key, cancellationToken);
            if (limit < 0m && _logger.IsEnabled(LogLevel.Warning))
            {
                LogNegativeLimit(book.Budget.Name, key);
            }

            _kept.Keep(book.Budget.Name, key, limit is { } given ? Math.Clamp(given, 0m, 9_000_000_000m) : null);
            long? nanoDollars = limit is { } dollars ? BudgetBook.ToNanoDollars(Math.Clamp(dollars, 0m, 9_000_000_000m)) : null;
            Remember(account, new KnownLimit(nanoDollars, now, HasFailed: false));
            return nanoDollars;
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            if (exception is TimeoutException)
            {
                Volatile.Write(ref _hangsSince, TimeProvider.System.GetTimestamp());
            }

            // Falls back to the last known limit, else the configured one, so that no failure raises a limit.
            if (_logger.IsEnabled(LogLevel.Error))
            {
                LogLimitProviderFailed(book.Budget.Name, key, LoggedException.Describe(exception));
            }

            // The next call asks again, but not for a key without a known limit, which would be asked at every call.
            if (_duration > TimeSpan.Zero)
            {
                Remember(account, new KnownLimit(known?.Limit, now, HasFailed: true) { HasLimit = known is { HasLimit: true } });
            }

            return LastKnown(book, key, known);
        }
    }

    /// <summary>The limit that the provider gave last: to this process, else to another one on the ledger; else the configured one.</summary>
    private long? LastKnown(BudgetBook book, string key, KnownLimit? known) =>
        known is { HasLimit: true } ? known.Limit
        : _central.TryGetKept(book.Budget.Name, key, out decimal? kept) ? (kept is { } dollars ? BudgetBook.ToNanoDollars(dollars) : null)
        : book.Limit;

    private static TimeSpan Shorter(TimeSpan duration) => duration < AsksAgainAfter ? duration : AsksAgainAfter;

    /// <summary>Asks the provider, cancels it after the timeout, and does not wait for one that ignores the cancellation.</summary>
    private async ValueTask<decimal?> AskInTimeAsync(Budget budget, string key, CancellationToken cancellationToken)
    {
        var time = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        ValueTask<decimal?> asked = _provider!.GetLimitAsync(budget, key, time.Token);
        if (asked.IsCompletedSuccessfully)
        {
            return asked.Result;
        }

        Task<decimal?> asking = asked.AsTask();
        try
        {
            return await asking.WaitAsync(_timeout, cancellationToken);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            _ = asking.ContinueWith(static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);

            _ = CancelAsync(time);
            throw;
        }
    }

    /// <summary>Cancels on the thread pool: registrations of the provider run in it, and may take long or throw.</summary>
    private static async Task CancelAsync(CancellationTokenSource time)
    {
        await time.CancelAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        time.Dispose();
    }

    private void Remember(string account, KnownLimit limit)
    {
        // Limits are counted here, because the dictionary's own count takes all its locks.
        if (!_known.TryAdd(account, limit))
        {
            _known[account] = limit;
        }
        else if (Interlocked.Increment(ref _knownCount) > RememberedLimits)
        {
            Forget();
        }
    }

    /// <summary>Forgets the tenth that was asked for first.</summary>
    private void Forget()
    {
        KeyValuePair<string, KnownLimit>[] all = [.. _known];
        foreach (KeyValuePair<string, KnownLimit> oldest in all.OrderBy(entry => entry.Value.AskedAt).Take(all.Length / 10))
        {
            if (_known.TryRemove(oldest))
            {
                Interlocked.Decrement(ref _knownCount);
            }
        }
    }

    private void WarnOfOtherCode(CentralLimits central, BudgetBook[] books)
    {
        foreach (BudgetBook book in books)
        {
            Budget budget = book.Budget;
            bool isOther = central.LimitOf(budget.Name, "") is { } set && set.Amount != budget.Limit;
            CentralLimits.Setting? listed = central.CodeOf(budget.Name, Service);
            if (isOther && (!_warned.TryGetValue(budget.Name, out decimal? warned) || warned != central.LimitOf(budget.Name, "")!.Amount))
            {
                _warned[budget.Name] = central.LimitOf(budget.Name, "")!.Amount;
                if (_logger.IsEnabled(LogLevel.Warning))
                {
                    LogOtherCode(budget.Name, budget.Limit, central.LimitOf(budget.Name, "")!.Amount, central.LimitOf(budget.Name, "")!.Reason);
                }
            }

            if (isOther ? listed is null || listed.Amount != budget.Limit : listed is not null)
            {
                _ = ListAsync(budget, isOther);
            }
        }
    }

    private async Task ListAsync(Budget budget, bool isOther)
    {
        try
        {
            await _ledger.WriteSettingAsync(
                CentralLimits.CodeName(budget.Name, Service), isOther ? CentralLimits.Value(budget.Limit, "", _ledger.Clock.GetUtcNow()) : null, CancellationToken.None);
        }
#pragma warning disable CA1031 // The list is for operators. The limit is in force without it.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }

    private sealed record KnownLimit(long? Limit, long AskedAt, bool HasFailed)
    {
        /// <summary>Gets a value indicating whether the provider has given <see cref="Limit"/>.</summary>
        public bool HasLimit { get; init; } = true;
    }

    [LoggerMessage(EventId = 420, Level = LogLevel.Error, Message = "The limit provider failed for budget '{Budget}', key '{Key}'. The last known limit, else the configured one, is used: {Failure}")]
    private partial void LogLimitProviderFailed(string budget, string key, string failure);

    [LoggerMessage(EventId = 423, Level = LogLevel.Warning, Message = "The limit provider returned a negative limit for budget '{Budget}', key '{Key}'. It counts as zero.")]
    private partial void LogNegativeLimit(string budget, string key);

    [LoggerMessage(EventId = 424, Level = LogLevel.Warning, Message = "The code sets the limit of budget '{Budget}' to {CodeLimit} US dollars, but the ledger has {LedgerLimit} ({Reason}). The ledger's limit is in force. Change the code, or remove the ledger's limit with `meaibudget budget set`.")]
    private partial void LogOtherCode(string budget, decimal? codeLimit, decimal? ledgerLimit, string reason);
}
