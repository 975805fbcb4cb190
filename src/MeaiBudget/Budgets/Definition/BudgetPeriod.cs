namespace MeaiBudget;

/// <summary>The period of a budget's limit.</summary>
/// <remarks>
/// <para>Immutable and thread-safe. Periods have numbers, and ledgers store spend by number, so nothing is reset.</para>
/// <para>
/// A calendar period lasts from local midnight to local midnight, so a day has 23 or 25 hours if the clocks change. If midnight does
/// not exist on a day, the day begins at its first existing time. If midnight occurs twice, the day begins at the first one. Clock
/// hours are counted in elapsed time, so an hour that the clock shows twice counts as two hours.
/// </para>
/// <para>
/// A rolling period is stored in <see cref="BucketsPerSpan"/> buckets. A bucket counts until all of it is outside the period. The
/// counted time is therefore up to one bucket longer than the period, and never shorter.
/// </para>
/// </remarks>
public sealed record BudgetPeriod
{
    /// <summary>The number of buckets of a rolling period.</summary>
    internal const int BucketsPerSpan = 60;

    /// <summary>How long spend is stored after it stops counting, so that it is still there if a clock is set back.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromDays(1);

    /// <summary>How long the spend of a run is stored after its last call.</summary>
    private static readonly TimeSpan RunMemory = TimeSpan.FromDays(7);

    /// <summary>How long the spend of a call outside of runs is stored after its last attempt began. Shorter, because there are many more of them.</summary>
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

    /// <summary>Gets the length of a rolling period; zero for other kinds.</summary>
    public TimeSpan Span { get; private init; }

    /// <summary>Gets the first day of a week; Monday by default.</summary>
    public DayOfWeek WeekStart { get; private init; } = DayOfWeek.Monday;

    /// <summary>Creates a calendar week.</summary>
    /// <param name="start">The first day of the week.</param>
    /// <returns>The period.</returns>
    public static BudgetPeriod Week(DayOfWeek start = DayOfWeek.Monday)
    {
        if (!Enum.IsDefined(start))
        {
            throw new ArgumentOutOfRangeException(nameof(start), start, "A week begins on one of the seven days.");
        }

        return new BudgetPeriod(BudgetPeriodKind.Week) { WeekStart = start };
    }

    /// <summary>Creates a rolling period.</summary>
    /// <param name="span">The length of the period, from one second to ten years.</param>
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

    /// <summary>Returns the period at a time.</summary>
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

    /// <summary>Returns the period of a call outside of runs.</summary>
    internal static BudgetPeriodSlice CallAt(DateTimeOffset now) => RunAt(now, CallMemory);

    /// <summary>Returns the time at which a bucket of a rolling period stops counting.</summary>
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
        // Only the part of the offset below an hour moves the boundary, for example 30 minutes in India.
        long shift = timeZone.BaseUtcOffset.Ticks % TimeSpan.TicksPerHour;
        long index = (now.UtcTicks + shift) / TimeSpan.TicksPerHour;
        var start = new DateTimeOffset((index * TimeSpan.TicksPerHour) - shift, TimeSpan.Zero);
        DateTimeOffset end = start + TimeSpan.FromHours(1);
        return new BudgetPeriodSlice(index, index, start, end, end + Slack);
    }

    private BudgetPeriodSlice CalendarAt(DateTimeOffset now, TimeZoneInfo timeZone)
    {
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, timeZone).DateTime);
        long index = IndexOf(today);

        // If clocks are set back over midnight, the local date can be a day too late. The boundaries decide.
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
        var midnight = date.ToDateTime(TimeOnly.MinValue);
        TimeSpan offset;
        if (timeZone.IsAmbiguousTime(midnight))
        {
            offset = timeZone.GetAmbiguousTimeOffsets(midnight).Max();
        }
        else if (timeZone.IsInvalidTime(midnight))
        {
            // Midnight is skipped. With the offset before the change, this is the time of the change.
            offset = timeZone.GetUtcOffset(midnight.AddHours(-3));
        }
        else
        {
            offset = timeZone.GetUtcOffset(midnight);
        }

        // The rules of some zones skip midnight without reporting it as invalid. The result is then on the day before, by the skipped time.
        var start = new DateTimeOffset(midnight, offset);
        TimeSpan early = midnight - TimeZoneInfo.ConvertTime(start, timeZone).DateTime;
        return (early > TimeSpan.Zero ? start + early : start).ToUniversalTime();
    }
}
