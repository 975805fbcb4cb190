using System.Globalization;

namespace MeaiBudget;

/// <summary>Writes amounts, shares and times for people.</summary>
internal static class ConsoleText
{
    public const string None = "\u2013";

    public const string NoHistory = "No ledger keeps a history, so spend over time and calls of other processes are not shown. Use a ledger in memory, on SQLite or on PostgreSQL with records, or give the tracker a history.";

    public const string NoCalls = "The history keeps sums by the hour and no single calls, so only the last 1,000 calls of this process are listed. To list all calls, give the application a history on SQLite or PostgreSQL with UseHistory or CostTrackerOptions.History.";

    public const string NoAccounts = "The sums of the history have no budgets and keys, so spend by budget and refusals by budget are not known. Group by a tag instead, or give the application a history on SQLite or PostgreSQL with UseHistory or CostTrackerOptions.History.";

    /// <summary>Writes dollars with as many digits as the amount needs to be told from zero.</summary>
    public static string Money(decimal? amount)
    {
        if (amount is not { } value)
        {
            return None;
        }

        decimal size = Math.Abs(value);
        string format = size == 0m || size >= 1m ? "#,##0.00" : size >= 0.01m ? "0.00##" : size >= 0.000001m ? "0.00####" : "0.00#######";
        return (value < 0m ? "\u2212$" : "$") + size.ToString(format, CultureInfo.InvariantCulture);
    }

    /// <summary>Writes an average with three digits that count.</summary>
    public static string Each(decimal? amount) => amount is not { } value || value >= 1m || value <= 0m
        ? Money(amount)
        : "$" + value.ToString(value >= 0.01m ? "0.0000" : value >= 0.0001m ? "0.000000" : "0.00000000", CultureInfo.InvariantCulture);

    /// <summary>Writes how an amount differs from an earlier one, which is more than zero.</summary>
    public static string Change(decimal before, decimal now)
    {
        decimal percent = Math.Round(((now / before) - 1m) * 100m);
        return percent == 0m ? "same" : (percent > 0m ? "+" : "\u2212") + Math.Abs(percent).ToString("#,##0", CultureInfo.InvariantCulture) + " %";
    }

    public static string Count(long value) => value.ToString("#,##0", CultureInfo.InvariantCulture);

    /// <summary>Writes a share of a limit. What is not zero never reads as 0 %, and only a spent limit reads as 100 %.</summary>
    public static string Share(decimal? share)
    {
        if (share is not { } value)
        {
            return None;
        }

        decimal percent = value * 100m;
        percent = percent is > 0m and < 1m ? 1m : percent is > 99m and < 100m ? 99m : Math.Round(percent);
        return percent.ToString("#,##0", CultureInfo.InvariantCulture) + " %";
    }

    public static string Moment(DateTimeOffset? at, TimeZoneInfo zone) => at is { } moment
        ? TimeZoneInfo.ConvertTime(moment, zone).ToString("d MMM HH:mm", CultureInfo.InvariantCulture) + " " + ZoneOf(moment, zone)
        : None;

    public static string Clock(DateTimeOffset at, TimeZoneInfo zone) => TimeZoneInfo.ConvertTime(at, zone).ToString("d MMM HH:mm:ss", CultureInfo.InvariantCulture);

    public static string ZoneOf(DateTimeOffset at, TimeZoneInfo zone)
    {
        TimeSpan offset = zone.GetUtcOffset(at);
        return offset == TimeSpan.Zero ? "UTC" : string.Create(CultureInfo.InvariantCulture, $"UTC{(offset < TimeSpan.Zero ? '\u2212' : '+')}{offset:hh\\:mm}");
    }

    /// <summary>Writes a length of time in its two largest units.</summary>
    public static string Length(TimeSpan time)
    {
        time = time.Duration();
        return time.TotalDays >= 2 ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalDays} d {time.Hours} h")
            : time.TotalHours >= 1 ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours} h {time.Minutes} min")
            : time.TotalMinutes >= 1 ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes} min")
            : time.TotalSeconds >= 1 ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.#} s")
            : string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0} ms");
    }
}
