using System.Globalization;

namespace MeaiBudget;

/// <summary>Hours of the day in which a price applies, in a time zone, on all days or some days of the week. Immutable.</summary>
internal sealed record DailyWindow
{
    private readonly TimeZoneInfo? _zone;

    /// <summary>Creates a window.</summary>
    /// <param name="from">The first minute.</param>
    /// <param name="to">The end, exclusive. If it is earlier than the start, the window spans midnight.</param>
    public DailyWindow(TimeOnly from, TimeOnly to)
    {
        From = from;
        To = to;
    }

    /// <summary>Gets the first minute.</summary>
    public TimeOnly From { get; }

    /// <summary>Gets the end, exclusive.</summary>
    public TimeOnly To { get; }

    /// <summary>Gets the days of the week on which the window begins, a bit for each <see cref="DayOfWeek"/>; zero for every day.</summary>
    public int Days { get; init; }

    /// <summary>Gets the zone: <c>+08:00</c>, which needs no time zone data, or an IANA name; <see langword="null"/> for UTC.</summary>
    /// <exception cref="TimeZoneNotFoundException">The zone is unknown on this machine.</exception>
    public string? Zone
    {
        get;
        init
        {
            field = value;
            _zone = value is null ? null : OfName(value);
        }
    }

    internal bool Holds(DateTimeOffset at)
    {
        DateTimeOffset local = _zone is null ? at.ToUniversalTime() : TimeZoneInfo.ConvertTime(at, _zone);
        var time = TimeOnly.FromTimeSpan(local.TimeOfDay);
        if (!time.IsBetween(From, To))
        {
            return false;
        }

        // After midnight, a window that spans it began on the day before.
        DayOfWeek began = From > To && time < To ? local.AddDays(-1).DayOfWeek : local.DayOfWeek;
        return Days == 0 || (Days & (1 << (int)began)) != 0;
    }

    private static TimeZoneInfo OfName(string name)
    {
        if (name is ['+' or '-', ..]
            && TimeSpan.TryParseExact(name[1..], "hh\\:mm", CultureInfo.InvariantCulture, out TimeSpan offset) && offset <= TimeSpan.FromHours(14))
        {
            return TimeZoneInfo.CreateCustomTimeZone(name, name[0] == '-' ? -offset : offset, name, name);
        }

        return TimeZoneInfo.FindSystemTimeZoneById(name);
    }
}
