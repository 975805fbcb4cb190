namespace MeaiBudget;

/// <summary>What a budget's limit is counted over, and where its boundaries lie.</summary>
/// <remarks>
/// <para>Immutable and thread-safe. Periods are numbered, and spend is kept by number, so there is nothing to reset.</para>
/// <para>
/// A calendar period runs from local midnight to local midnight, 23 or 25 hours on the days on which the clocks change. Where
/// midnight does not exist the day begins at the first moment that does; where it comes twice, at the first. Clock hours are
/// counted in real time, so that an hour that the clock shows twice is two hours.
/// </para>
/// <para>
/// A rolling period is kept in <see cref="BucketsPerSpan"/> buckets; each counts until it lies wholly outside, so at most one
/// bucket's length more than the span is counted, never less.
/// </para>
/// </remarks>
public sealed record BudgetPeriod
{
    /// <summary>How many buckets a rolling period is kept in.</summary>
    internal const int BucketsPerSpan = 60;

    /// <summary>How much longer spend is kept than it counts: a clock that is set back finds it again.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromDays(1);

    /// <summary>How long a run that makes no call is remembered.</summary>
    private static readonly TimeSpan RunMemory = TimeSpan.FromDays(7);

    /// <summary>How long a call outside any run is remembered after its last attempt began; there are many more of these.</summary>
    private static readonly TimeSpan CallMemory = TimeSpan.FromHours(6);

    private BudgetPeriod(BudgetPeriodKind kind) => Kind = kind;

    /// <summary>Gets a clock hour.</summary>
    public static BudgetPeriod Hour { get; } = new(BudgetPeriodKind.Hour);

    /// <summary>Gets a calendar day.</summary>
    public static BudgetPeriod Day { get; } = new(BudgetPeriodKind.Day);

    /// <summary>Gets a calendar month.</summary>
    public static BudgetPeriod Month { get; } = new(BudgetPeriodKind.Month);

    /// <summary>Gets one run.</summary>
    public static BudgetPeriod Run { get; } = new(BudgetPeriodKind.Run);

    /// <summary>Gets the kind.</summary>
    public BudgetPeriodKind Kind { get; }

    /// <summary>Gets the length of a rolling period; zero for every other kind.</summary>
    public TimeSpan Span { get; private init; }

    /// <summary>Gets the day on which a week begins.</summary>
    public DayOfWeek WeekStart { get; private init; } = DayOfWeek.Monday;

    /// <summary>Makes a calendar week.</summary>
    /// <param name="start">The day on which it begins.</param>
    /// <returns>The period.</returns>
    public static BudgetPeriod Week(DayOfWeek start = DayOfWeek.Monday)
    {
        if (!Enum.IsDefined(start))
        {
            throw new ArgumentOutOfRangeException(nameof(start), start, "A week begins on one of the seven days.");
        }

        return new BudgetPeriod(BudgetPeriodKind.Week) { WeekStart = start };
    }

    /// <summary>Makes a rolling period.</summary>
    /// <param name="span">How far it looks back, from one second to ten years.</param>
    /// <returns>The period.</returns>
    public static BudgetPeriod Rolling(TimeSpan span)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(span, TimeSpan.FromSeconds(1));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(span, TimeSpan.FromDays(3660));
        return new BudgetPeriod(BudgetPeriodKind.Rolling) { Span = span };
    }

    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        BudgetPeriodKind.Rolling => $"the last {Span}",
        BudgetPeriodKind.Week => $"week from {WeekStart}",
        _ => Kind.ToString().ToLowerInvariant(),
    };

    /// <summary>The period that a moment lies in.</summary>
    internal BudgetPeriodSlice At(DateTimeOffset now, TimeZoneInfo timeZone)
    {
        switch (Kind)
        {
            case BudgetPeriodKind.Hour:
                return HourAt(now, timeZone);
            case BudgetPeriodKind.Rolling:
                return RollingAt(now);
            case BudgetPeriodKind.Run:
                return RunAt(now, RunMemory);
            default:
                return CalendarAt(now, timeZone);
        }
    }

    /// <summary>The period of a call that is a run of its own.</summary>
    internal static BudgetPeriodSlice CallAt(DateTimeOffset now) => RunAt(now, CallMemory);

    /// <summary>When a bucket of a rolling period no longer counts.</summary>
    internal DateTimeOffset OutsideAt(long bucket) => new(((bucket + 1) * BucketTicks) + Span.Ticks, TimeSpan.Zero);

    private long BucketTicks => Math.Max(1, Span.Ticks / BucketsPerSpan);

    private static BudgetPeriodSlice RunAt(DateTimeOffset now, TimeSpan memory) =>
        new(0, 0, now, null, now > DateTimeOffset.MaxValue - memory ? DateTimeOffset.MaxValue : now + memory);

    private BudgetPeriodSlice RollingAt(DateTimeOffset now)
    {
        long index = now.UtcTicks / BucketTicks;
        long first = Math.Max(0, now.UtcTicks - Span.Ticks) / BucketTicks;
        return new BudgetPeriodSlice(first, index, now - Span, null, OutsideAt(index) + Slack);
    }

    private static BudgetPeriodSlice HourAt(DateTimeOffset now, TimeZoneInfo timeZone)
    {
        // Only the part of the offset below an hour moves the boundary: half past, in India.
        long shift = timeZone.BaseUtcOffset.Ticks % TimeSpan.TicksPerHour;
        long index = (now.UtcTicks + shift) / TimeSpan.TicksPerHour;
        var start = new DateTimeOffset((index * TimeSpan.TicksPerHour) - shift, TimeSpan.Zero);
        DateTimeOffset end = start + TimeSpan.FromHours(1);
        return new BudgetPeriodSlice(index, index, start, end, end + Slack);
    }

    private BudgetPeriodSlice CalendarAt(DateTimeOffset now, TimeZoneInfo timeZone)
    {
        DateOnly today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, timeZone).DateTime);
        long index = IndexOf(today);

        // Where clocks are set back over midnight the local date is not the last word: the boundaries are.
        while (now < StartOf(index, timeZone))
        {
            index--;
        }

        DateTimeOffset end = StartOf(index + 1, timeZone);
        while (now >= end)
        {
            index++;
            end = StartOf(index + 1, timeZone);
        }

        return new BudgetPeriodSlice(index, index, StartOf(index, timeZone), end, end + Slack);
    }

    private long IndexOf(DateOnly date) => Kind switch
    {
        BudgetPeriodKind.Day => date.DayNumber,
        BudgetPeriodKind.Week => WeekOf(date),
        _ => (date.Year * 12L) + date.Month - 1,
    };

    // Day 0 (1 January of year 1) was a Monday.
    private long WeekOf(DateOnly date) => (date.DayNumber - ((int)WeekStart + 6) % 7 + 7) / 7;

    private DateTimeOffset StartOf(long index, TimeZoneInfo timeZone)
    {
        DateOnly date = Kind switch
        {
            BudgetPeriodKind.Day => DateOnly.FromDayNumber((int)index),
            BudgetPeriodKind.Week => DateOnly.FromDayNumber((int)((index - 1) * 7) + ((int)WeekStart + 6) % 7),
            _ => new DateOnly((int)(index / 12), (int)(index % 12) + 1, 1),
        };
        DateTime midnight = date.ToDateTime(TimeOnly.MinValue);
        TimeSpan offset;
        if (timeZone.IsAmbiguousTime(midnight))
        {
            offset = timeZone.GetAmbiguousTimeOffsets(midnight).Max();
        }
        else if (timeZone.IsInvalidTime(midnight))
        {
            // Midnight is skipped: with the offset that was in force just before, this is the moment of the change.
            offset = timeZone.GetUtcOffset(midnight.AddHours(-3));
        }
        else
        {
            offset = timeZone.GetUtcOffset(midnight);
        }

        // Some zones' rules skip midnight without calling it invalid; the moment then lies on the day before, by as much as is skipped.
        var start = new DateTimeOffset(midnight, offset);
        TimeSpan early = midnight - TimeZoneInfo.ConvertTime(start, timeZone).DateTime;
        return (early > TimeSpan.Zero ? start + early : start).ToUniversalTime();
    }
}
