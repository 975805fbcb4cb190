namespace MeaiBudget;

/// <summary>A time of the console: today, yesterday, 7 or 30 days, by hour or by day.</summary>
internal sealed record ConsoleRange(string Name, string Label, DateTimeOffset From, DateTimeOffset To, bool IsByHour)
{
    public static readonly string[] Names = ["today", "yesterday", "7d", "30d"];

    public static ConsoleRange Of(string? name, DateTimeOffset now, TimeZoneInfo zone)
    {
        DateTime today = TimeZoneInfo.ConvertTime(now, zone).Date;
        DateTimeOffset tomorrow = StartOf(today.AddDays(1), zone);
        return name switch
        {
            "yesterday" => new(name, "Yesterday", StartOf(today.AddDays(-1), zone), StartOf(today, zone), true),
            "7d" => new(name, "7 days", StartOf(today.AddDays(-6), zone), tomorrow, false),
            "30d" => new(name, "30 days", StartOf(today.AddDays(-29), zone), tomorrow, false),
            _ => new("today", "Today", StartOf(today, zone), tomorrow, true),
        };
    }

    /// <summary>Returns the time before this one that is as long, and its name; <see langword="null"/> for the longest time.</summary>
    public (ConsoleRange Range, string Label)? Before(TimeZoneInfo zone)
    {
        (int days, string label) = Name switch { "today" => (1, "Yesterday"), "yesterday" => (1, "The day before"), "7d" => (7, "7 days before"), _ => (0, "") };
        DateTime first = TimeZoneInfo.ConvertTime(From, zone).Date;
        return days == 0 ? null : (this with { From = StartOf(first.AddDays(-days), zone), To = From }, label);
    }

    public static string LabelOf(string name) => name switch { "yesterday" => "Yesterday", "7d" => "7 days", "30d" => "30 days", _ => "Today" };

    /// <summary>Returns the first moment of a day, also where clocks are set over midnight.</summary>
    private static DateTimeOffset StartOf(DateTime day, TimeZoneInfo zone)
    {
        while (zone.IsInvalidTime(day))
        {
            day = day.AddMinutes(15);
        }

        return new DateTimeOffset(day, zone.IsAmbiguousTime(day) ? zone.GetAmbiguousTimeOffsets(day).Max() : zone.GetUtcOffset(day)).ToUniversalTime();
    }
}
